/**
 * What the console asks of a replication engine: its questions as text and its answers decoded. No I/O: a poll is one
 * simple-query batch that somebody else sends, in one round trip.
 */

import type { Conflict, Exception } from '#core/contract/history.ts';
import type { EngineName } from '#core/model/engine-name.ts';
import type { EngineSettings } from '#core/model/engine-settings.ts';
import type { FastFacts, SlotFacts, SlowFacts } from '#core/model/facts.ts';
import type { NodeError } from '#core/model/snapshot.ts';
import type { Changes } from './changes.ts';
import type { EngineWords } from './engine-words.ts';
import type { ExceptionKey, OriginName, RowFilter } from './inbox.ts';

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
  name: EngineName;
  /** What it knows of changes: statements, checks, undo, and what to wait for. */
  changes: Changes;
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
  /** Whose slot it is, of the database in which the node is; null: none of the engine's. */
  slotUse(slot: SlotFacts, database: string | null): SlotUse | null;
  /** The subscription whose copy a session of this application_name makes the snapshot for; null: it is of no copy. */
  copyOf(applicationName: string): string | null;
  /** Whether a subscription's worker is shown to this role, so that none seen is none there. */
  showsWorkers(capabilities: Capabilities): boolean;
  /** Of the slow questions those that name the addresses of the nodes. */
  interfaceStatements(capabilities: Capabilities): Section[];
  /** Why a server that answers cannot be watched; null: it can. */
  unfitness(capabilities: Capabilities): Unfitness | null;
  /** What is wrong where the engine is there and no node of its own can be read; `where` names the database. */
  withoutNode(capabilities: Capabilities, where: string): Refused;
  inbox: EngineInbox;
  mark: EngineMark;
  settings: EngineSettings;
  words: EngineWords;
}

export interface Unfitness {
  code: NodeError['code'];
  message: string;
}

/** Why something cannot be done, and what is done about it. */
export interface Refused {
  code: string;
  message: string;
  remedy: string;
}

/** A mark that a node sends on the way that rows take, and that nobody sees but the receivers' workers. */
export interface EngineMark {
  /** A statement that writes one WAL message. */
  sql: string;
  /** Why the role may not send one from the node, or the node cannot; null: it may. */
  refused(node: string, capabilities: Capabilities): Refused | null;
  /** What is said where the node then does not know the function after all. */
  notThere(node: string, version: string | null): Refused;
}

/** `subscription`: one that a subscription reads from; `group`: kept for the nodes together, advanced by the engine itself. */
export type SlotUse = 'subscription' | 'group';

/** The engine of a cluster, or of a subscription, by the name that these have. */
export type EngineOf<E extends Engine = Engine> = (name: EngineName) => E;

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

/** What an engine asks a node for of its recorded conflicts and of the changes that it could not apply, page by page. */
export interface EngineInbox {
  conflicts: {
    /** A sentence, where there is no section: why not. */
    unread: string;
    /** Null: this node's conflicts cannot be read. `beforeId`: the page begins below it. Newest first, by ids that grow. */
    section(
      capabilities: Capabilities,
      filter: RowFilter,
      beforeId: number | null,
      limit: number,
    ): Section | null;
    decode(row: Row, origin: OriginName): Omit<Conflict, 'node'>;
  };
  exceptions: {
    unread: string;
    /** Null: this node's exceptions cannot be read. */
    section(
      capabilities: Capabilities,
      filter: RowFilter,
      node: string,
      after: ExceptionKey | null,
      limit: number,
    ): Section | null;
    keyOf(row: Row, node: string): ExceptionKey;
    decode(row: Row, origin: OriginName): Omit<Exception, 'node'>;
  };
}
