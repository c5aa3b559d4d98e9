/**
 * What the console asks of a replication engine: its questions as text and its answers decoded. No I/O: a poll is one
 * simple-query batch that somebody else sends, in one round trip.
 */
import type { FastFacts, SlowFacts } from '#core/model/facts.ts';

/** One SELECT and the name by which its rows are known to the decoder. */
export interface Section {
  name: string;
  sql: string;
}

export type Row = Record<string, unknown>;
/** A section that was not asked has no entry; one that gave no row has an empty list. */
export type RowsBySection = Readonly<Record<string, readonly Row[] | undefined>>;

/** What a node has and what the console's role may use of it. Asked once per connection and after a refusal. */
export interface Capabilities {
  serverVersionNum: number;
  serverVersion: string;
  /** pg_extension.extversion; null: the extension is not in this database. */
  extensionVersion: string | null;
  database: string;
  user: string;
  superuser: boolean;
  /** Member of pg_read_all_stats: sees the walsenders of others. */
  readsAllStats: boolean;
  /** `schema.relation` → columns that are there and may be selected. */
  columns: ReadonlyMap<string, ReadonlySet<string>>;
  /** `schema.relation` → columns that are there and may **not** be selected. */
  refusedColumns: ReadonlyMap<string, ReadonlySet<string>>;
  /** `schema.function` that may be executed. */
  functions: ReadonlySet<string>;
  refusedFunctions: ReadonlySet<string>;
  /** What the screen would show and this role may not read, by its catalog name. */
  unseen: readonly string[];
}

export interface Engine {
  name: 'spock';
  capabilityStatements(): Section[];
  /** Throws never; an extension that is not there gives `extensionVersion: null`. */
  decodeCapabilities(rows: RowsBySection): Capabilities;
  /** Without `more`, all of it but the rows sent. */
  fastStatements(capabilities: Capabilities, more?: FastQuestions): Section[];
  decodeFast(capabilities: Capabilities, rows: RowsBySection): FastFacts;
  /** `previous` saves reading the tables again while no catalog was written; `tables` false leaves them out altogether. */
  slowStatements(capabilities: Capabilities, previous: SlowFacts | null, tables?: boolean): Section[];
  decodeSlow(capabilities: Capabilities, rows: RowsBySection, previous: SlowFacts | null): SlowFacts;
  /** Of the sections that `seldom` adds: the rows of the last time stand until they are asked again. */
  isSeldomAsked(section: string): boolean;
  /** Changes when something happened that only the slow poll tells: then do not wait 15 s for it. */
  slowMark(facts: FastFacts): string;
}

/** What a fast poll asks beside the questions of every second. */
export interface FastQuestions {
  /** Count the rows that leave the node, which costs more with each table. */
  sentRows: boolean;
  /** What stays as it is for the length of a connection, or would cost more with each table: see `isSeldomAsked`. */
  seldom: boolean;
}

export interface BatchTimeouts {
  statementMs: number;
  lockMs: number;
}

/** By its text, the name under which a question is prepared on a connection that nobody else uses. */
export type PreparedNames = ReadonlyMap<string, string>;

export interface Batch {
  text: string;
  /** Takes the array of results that node-postgres gives for `text`. */
  rows(results: readonly { rows: Row[] }[]): RowsBySection;
  /** What it prepares: known to the connection once the batch has succeeded. */
  prepares: PreparedNames;
}

/**
 * One simple-query batch. SET LOCAL and not SET: behind pgbouncer a session's settings would leak to others. Names are
 * resolved in pg_catalog only, and times come in one notation whatever the role or the database has set. When it
 * fails, the connection stands in an aborted transaction: send ROLLBACK before anything else.
 *
 * With `prepared`, what the connection has prepared so far, each question is parsed and planned once a connection
 * instead of in each poll, which is most of what a poll costs. Only for a connection without a pooler behind it.
 */
export function buildBatch(
  sections: readonly Section[],
  timeouts: BatchTimeouts,
  prepared: PreparedNames | null = null,
): Batch {
  const head = [
    'BEGIN READ ONLY',
    `SET LOCAL statement_timeout = ${milliseconds(timeouts.statementMs)}`,
    `SET LOCAL lock_timeout = ${milliseconds(timeouts.lockMs)}`,
    'SET LOCAL search_path = pg_catalog',
    "SET LOCAL datestyle = 'ISO'",
    "SET LOCAL intervalstyle = 'postgres'",
    // Compiling a catalog query would take longer than the query.
    'SET LOCAL jit = off',
    // A plan outlives the moment it was made for: a log that was empty then may hold a million rows now.
    ...(prepared === null ? [] : ['SET LOCAL enable_seqscan = off']),
  ];
  const statements = [...head];
  const positions = new Map<string, number>();
  const prepares = new Map<string, string>();
  for (const { name, sql } of sections) {
    if (prepared === null) statements.push(sql);
    else {
      const known = prepared.get(sql) ?? `tricorder_${name}_${prepared.size + prepares.size}`;
      if (!prepared.has(sql)) {
        statements.push(`PREPARE ${known} AS ${sql}`);
        prepares.set(sql, known);
      }
      statements.push(`EXECUTE ${known}`);
    }
    positions.set(name, statements.length - 1);
  }
  return {
    text: [...statements, 'COMMIT'].join(';\n'),
    rows: (results) =>
      Object.fromEntries([...positions].map(([name, position]) => [name, results[position]?.rows ?? []])),
    prepares,
  };
}

function milliseconds(value: number): number {
  if (!Number.isInteger(value) || value <= 0) {
    throw new Error(`A time-out must be a whole number of milliseconds over 0, not ${value}.`);
  }
  return value;
}

/**
 * True for errors that mean that the catalogs or the grants are no longer what they were when the capabilities were
 * asked: ask them again, then poll again.
 */
export function capabilitiesAreStale(sqlstate: string | null): boolean {
  return sqlstate !== null && ['42501', '42P01', '42703', '42883', '3F000', '42704'].includes(sqlstate);
}
