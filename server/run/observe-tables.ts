/** Tables and sequences of a server, from the rows of table-questions.ts; and which tables have rows, asked in a bounded way. */
import type { Row } from '#core/engines/engine.ts';
import type { ServerSequence, ServerTable } from '#core/model/observed-server.ts';
import type { NodeFailure } from '#server/postgres/failure.ts';
import { COUNTED_ROWS, countSome } from './table-questions.ts';

/** Relations asked about in one statement. */
const AT_ONCE = 400;
/** For all tables of a server; what has not been read by then is said not to be known. */
const ROWS_WITHIN_MS = 10_000;

type ColumnRow = [name: string, type: string, notNull: boolean, delta: boolean, generated: string];
type FilledRow = [schema: string, name: string, pid: number | null];

/** A table, and the relations in which its rows may be. */
export interface TableRead {
  table: ServerTable;
  filled: { schema: string; name: string }[];
}

const listOf = (value: unknown): string[] => ((value ?? []) as unknown[]).map(String);

export function tablesOf(rows: readonly Row[], members: readonly Row[]): TableRead[] {
  const sets = new Map<string, string[]>();
  for (const row of members) {
    const key = JSON.stringify([row.schema, row.table]);
    sets.set(key, [...(sets.get(key) ?? []), String(row.set)]);
  }
  return rows.map((row) => {
    const filled = (row.filled ?? []) as FilledRow[];
    const key = listOf(row.key);
    const table: ServerTable = {
      schema: String(row.schema),
      table: String(row.table),
      columns: ((row.columns ?? []) as ColumnRow[]).map(([name, type, notNull, delta, generated]) => ({
        name,
        type,
        notNull,
        delta,
        generated: generated === 's' ? 'stored' : generated === 'v' ? 'virtual' : null,
      })),
      key,
      identityFull: row.identity_full === true,
      keyUnused: row.key_unused === 'nothing' || row.key_unused === 'deferrable' ? row.key_unused : null,
      owner: String(row.owner),
      rows: row.rows === null ? null : Number(row.rows),
      bytes: Number(row.bytes ?? 0),
      hasRows: filled.length > 0,
      rowsUnread: row.pid === null ? null : `locked by a session (pid ${String(row.pid)})`,
      constraints: listOf(row.constraints),
      alwaysTriggers: listOf(row.always_triggers),
      foreignPartitions: listOf(row.foreign_partitions),
      sets: sets.get(JSON.stringify([row.schema, row.table])) ?? [],
    };
    return { table, filled: filled.map(([schema, name]) => ({ schema, name })) };
  });
}

type UseRow = [
  schema: string,
  table: string,
  column: string,
  type: string,
  how: string,
  hangs: string[] | null,
];

/** `functions`: whose text says nextval, with that text. */
export function sequencesOf(rows: readonly Row[], functions: readonly Row[]): ServerSequence[] {
  const words = functions.map(({ name, text }) => ({
    name: String(name),
    words: new Set(String(text).match(/[\p{L}\p{N}_$]+/gu) ?? []),
  }));
  return rows.map((row) => {
    const sequence = String(row.sequence);
    const uses = ((row.uses ?? []) as UseRow[]).map(
      ([schema, table, column, type, how, hangs]) =>
        ({
          schema,
          table,
          column,
          type,
          how: how === 'identity' || how === 'owned' ? how : 'default',
          dependents: hangs ?? [],
        }) as const,
    );
    const first = uses[0];
    return {
      schema: String(row.schema),
      sequence,
      usedBy: first === undefined ? null : `${first.schema}.${first.table}.${first.column}`,
      uses: uses.map((use) => ({ ...use, dependents: [...use.dependents] })),
      functions: words.filter((each) => each.words.has(sequence)).map(({ name }) => name),
      snowflake: row.snowflake === true,
    };
  });
}

/** Answers the rows of a statement that may not take longer, and not wait for a lock. */
export type AskRows = (
  text: string,
) => Promise<{ ok: true; rows: Row[] } | { ok: false; error: NodeFailure; lost: boolean }>;

/**
 * Corrects `hasRows` and `rows` of tables that take space on disk. Where one of many cannot be read, the many are asked in
 * halves, so that the one is known by name and the others are read. Null: done; else the connection is lost.
 */
export async function readRows(read: readonly TableRead[], ask: AskRows): Promise<NodeFailure | null> {
  const end = Date.now() + ROWS_WITHIN_MS;
  const wanted = read.flatMap((each) =>
    each.table.rowsUnread === null ? each.filled.map((relation) => ({ each, relation })) : [],
  );
  const counted = new Map<TableRead, number>();
  const queue: (typeof wanted)[] = [];
  for (let from = 0; from < wanted.length; from += AT_ONCE) queue.push(wanted.slice(from, from + AT_ONCE));
  for (let some = queue.shift(); some !== undefined; some = queue.shift()) {
    if (Date.now() > end) {
      for (const { each } of some) each.table.rowsUnread ??= 'there was no time left to read it';
      continue;
    }
    const answer = await ask(countSome(some.map(({ relation }) => relation)));
    if (answer.ok) {
      const row = answer.rows[0] ?? {};
      for (const [index, { each }] of some.entries()) {
        counted.set(each, (counted.get(each) ?? 0) + Number(row[String(index)] ?? 0));
      }
      continue;
    }
    if (answer.lost) return answer.error;
    // A role that may not read one table may not read others either.
    if (some.length === 1 || answer.error.sqlstate === '42501') {
      for (const { each } of some) each.table.rowsUnread ??= answer.error.message;
      continue;
    }
    const half = Math.ceil(some.length / 2);
    queue.unshift(some.slice(0, half), some.slice(half));
  }
  for (const each of read) {
    const { table } = each;
    if (table.rowsUnread !== null) continue;
    const rows = counted.get(each) ?? 0;
    table.hasRows = rows > 0;
    if (rows <= COUNTED_ROWS) table.rows = rows;
    else if (table.rows !== null) table.rows = Math.max(table.rows, COUNTED_ROWS + 1);
  }
  return null;
}
