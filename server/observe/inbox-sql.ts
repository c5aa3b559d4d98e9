/**
 * The questions behind the inbox: pages of spock.resolutions and spock.exception_log, newest first, by keysets on their
 * primary keys (id; remote_origin, remote_commit_ts, command_counter, retry_errored_at), so that a page costs the same
 * at a million rows. Only columns that are there and may be read are asked for.
 */
import type { Capabilities, Section } from '#core/engines/engine.ts';
import { quoteIdent, quoteLiteral } from '#core/engines/quote.ts';

export interface RowFilter {
  /** `schema.table`, or a table's name alone. */
  table?: string | undefined;
  /** conflict_type; for exceptions the operation. */
  type?: string | undefined;
  /** RFC 3339. */
  since?: string | undefined;
}

/** UTC with microseconds: sorts as text and loses nothing on its way through a cursor. */
const instant = (column: string) =>
  `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS ${quoteIdent(column)}`;

function columnsOf(
  capabilities: Capabilities,
  relation: string,
  wanted: Record<string, (name: string) => string>,
) {
  const there = capabilities.columns.get(`spock.${relation}`);
  return Object.entries(wanted)
    .filter(([name]) => there?.has(name))
    .map(([name, expression]) => expression(name));
}

const plain = (name: string) => quoteIdent(name);
const text = (name: string) => `${quoteIdent(name)}::text`;

/** Null: this node's resolutions cannot be read. `beforeId`: the page begins below it. */
export function conflictsSection(
  capabilities: Capabilities,
  filter: RowFilter,
  beforeId: number | null,
  limit: number,
): Section | null {
  const columns = columnsOf(capabilities, 'resolutions', {
    id: text,
    log_time: instant,
    relname: plain,
    idxname: plain,
    conflict_type: plain,
    conflict_resolution: plain,
    local_origin: text,
    local_tuple: plain,
    local_xid: text,
    local_timestamp: instant,
    remote_origin: text,
    remote_tuple: plain,
    remote_xid: text,
    remote_timestamp: instant,
    remote_lsn: text,
  });
  if (!columns.includes(text('id')) || !columns.includes(instant('log_time'))) return null;
  const where = [
    ...(beforeId === null ? [] : [`id < ${Math.trunc(beforeId)}`]),
    ...(filter.since === undefined ? [] : [`log_time >= ${quoteLiteral(filter.since)}::timestamptz`]),
    ...(filter.type === undefined ? [] : [`conflict_type = ${quoteLiteral(filter.type)}`]),
    ...(filter.table === undefined
      ? []
      : [
          filter.table.includes('.')
            ? `relname = ${quoteLiteral(filter.table)}`
            : `(relname = ${quoteLiteral(filter.table)} OR right(relname, ${filter.table.length + 1}) = ${quoteLiteral(`.${filter.table}`)})`,
        ]),
  ];
  return {
    name: 'conflicts',
    sql: `SELECT ${columns.join(', ')} FROM spock.resolutions${where.length === 0 ? '' : ` WHERE ${where.join(' AND ')}`}
ORDER BY id DESC LIMIT ${limit}`,
  };
}

/** Where a page of one origin's exceptions begins. `at` and `retryAt` as `instant` writes them. */
export type ExceptionStart =
  | { kind: 'newest' }
  /** Rows of this very moment are still to come. */
  | { kind: 'from'; at: string }
  | { kind: 'before'; at: string }
  | { kind: 'after-row'; at: string; commandCounter: number; retryAt: string };

/** Null: this node's exception_log cannot be read. */
export function exceptionsSection(
  capabilities: Capabilities,
  filter: RowFilter,
  origins: readonly { id: string; start: ExceptionStart }[],
  limit: number,
): Section | null {
  const columns = columnsOf(capabilities, 'exception_log', {
    remote_origin: text,
    remote_commit_ts: instant,
    command_counter: plain,
    retry_errored_at: instant,
    remote_xid: text,
    table_schema: plain,
    table_name: plain,
    operation: plain,
    local_tup: text,
    remote_old_tup: text,
    remote_new_tup: text,
    ddl_statement: plain,
    error_message: plain,
  });
  if (columns.length === 0 || origins.length === 0) return null;
  const where = [
    ...(filter.since === undefined ? [] : [`remote_commit_ts >= ${quoteLiteral(filter.since)}::timestamptz`]),
    ...(filter.type === undefined ? [] : [`operation = ${quoteLiteral(filter.type)}`]),
    ...(filter.table === undefined ? [] : [tableCondition(filter.table)]),
  ];
  const parts = origins.map(({ id, start }) => {
    const conditions = [`remote_origin = ${Number(id)}::oid`, ...startCondition(start), ...where];
    return `(SELECT * FROM spock.exception_log WHERE ${conditions.join(' AND ')}
ORDER BY remote_commit_ts DESC, command_counter DESC, retry_errored_at DESC LIMIT ${limit})`;
  });
  const statusColumns = capabilities.columns.get('spock.exception_status_detail');
  const status = statusColumns?.has('status')
    ? `(SELECT d.status FROM spock.exception_status_detail d WHERE d.remote_origin = e.remote_origin
  AND d.remote_commit_ts = e.remote_commit_ts AND d.command_counter = e.command_counter
  AND d.retry_errored_at = e.retry_errored_at)`
    : 'NULL';
  return {
    name: 'exceptions',
    sql: `SELECT ${columns.join(', ')}, ${status} AS status
FROM (${parts.join(' UNION ALL ')}) e`,
  };
}

function tableCondition(table: string): string {
  const dot = table.indexOf('.');
  if (dot < 0) return `table_name = ${quoteLiteral(table)}`;
  return `(table_schema || '.' || table_name) = ${quoteLiteral(table)}`;
}

function startCondition(start: ExceptionStart): string[] {
  if (start.kind === 'newest') return [];
  const at = `${quoteLiteral(start.at)}::timestamptz`;
  if (start.kind === 'from') return [`remote_commit_ts <= ${at}`];
  if (start.kind === 'before') return [`remote_commit_ts < ${at}`];
  return [
    `(remote_commit_ts, command_counter, retry_errored_at) < (${at}, ${Math.trunc(start.commandCounter)}, ${quoteLiteral(start.retryAt)}::timestamptz)`,
  ];
}
