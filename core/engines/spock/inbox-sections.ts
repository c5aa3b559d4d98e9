/**
 * The questions behind the inbox: pages of spock.resolutions and spock.exception_log, newest first, by keysets on their
 * primary keys (id; remote_origin, remote_commit_ts, command_counter, retry_errored_at), so that a page costs the same
 * at a million rows. Only columns that are there and may be read are asked for.
 */
import type { Capabilities, Section } from '#core/engines/engine.ts';
import type { ExceptionKey, RowFilter } from '#core/engines/inbox.ts';
import { quoteIdent, quoteLiteral, unquoteQualified } from '#core/engines/quote.ts';
import { EXCEPTION_ORIGINS } from './exception-origins.ts';

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
    ...(beforeId === null ? [] : [`r.id < ${Math.trunc(beforeId)}`]),
    ...(filter.since === undefined ? [] : [`r.log_time >= ${quoteLiteral(filter.since)}::timestamptz`]),
    ...(filter.type === undefined ? [] : [`conflict_type = ${quoteLiteral(filter.type)}`]),
    ...(filter.table === undefined ? [] : [relationCondition(filter.table)]),
  ];
  return {
    name: 'conflicts',
    sql: `SELECT ${columns.join(', ')} FROM spock.resolutions r${where.length === 0 ? '' : ` WHERE ${where.join(' AND ')}`}
ORDER BY r.id DESC LIMIT ${limit}`,
  };
}

/**
 * Null: this node's exception_log cannot be read. The origins are found by leaps over the key's first column, also
 * those that are no node any more; of each the newest rows are read along the key.
 */
export function exceptionsSection(
  capabilities: Capabilities,
  filter: RowFilter,
  node: string,
  after: ExceptionKey | null,
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
  if (columns.length === 0) return null;
  const where = [
    'l.remote_origin = o.id',
    ...(after === null ? [] : startConditions(node, after)),
    ...(filter.since === undefined
      ? []
      : [`l.remote_commit_ts >= ${quoteLiteral(filter.since)}::timestamptz`]),
    ...(filter.type === undefined ? [] : [`l.operation = ${quoteLiteral(filter.type)}`]),
    ...(filter.table === undefined ? [] : [tableCondition(filter.table)]),
  ];
  return {
    name: 'exceptions',
    sql: `${EXCEPTION_ORIGINS}
SELECT ${columns.join(', ')}, ${statusColumn(capabilities)} AS status
FROM o CROSS JOIN LATERAL (
  SELECT * FROM spock.exception_log l WHERE ${where.join(' AND ')}
  ORDER BY l.remote_commit_ts DESC, l.command_counter DESC, l.retry_errored_at DESC LIMIT ${limit}
) e
WHERE o.id IS NOT NULL`,
  };
}

function statusColumn(capabilities: Capabilities): string {
  if (!capabilities.columns.get('spock.exception_status_detail')?.has('status')) return 'NULL';
  return `(SELECT d.status FROM spock.exception_status_detail d WHERE d.remote_origin = e.remote_origin
  AND d.remote_commit_ts = e.remote_commit_ts AND d.command_counter = e.command_counter
  AND d.retry_errored_at = e.retry_errored_at)`;
}

/** spock.exception_log has both names as they are. */
function tableCondition(text: string): string {
  const names = tablesMeant(text).map(([schema, table]) =>
    schema === null
      ? `l.table_name = ${quoteLiteral(table)}`
      : `l.table_schema = ${quoteLiteral(schema)} AND l.table_name = ${quoteLiteral(table)}`,
  );
  return `(${names.join(' OR ')})`;
}

/** spock.resolutions has one text, each name quoted where SQL would need it: by the server's own rule. */
function relationCondition(text: string): string {
  const ident = (name: string) => `quote_ident(${quoteLiteral(name)})`;
  const names = tablesMeant(text).map(([schema, table]) =>
    schema === null
      ? `relname = ${ident(table)} OR right(relname, length(${ident(table)}) + 1) = '.' || ${ident(table)}`
      : `relname = ${ident(schema)} || '.' || ${ident(table)}`,
  );
  return `(${names.join(' OR ')})`;
}

/**
 * What a filter's text may mean: names as SQL writes them, with quotes; a table's name, dots and all; or a schema and a table
 * on both sides of one of its dots.
 */
function tablesMeant(text: string): [schema: string | null, table: string][] {
  const written = text.includes('"') ? unquoteQualified(text) : null;
  const split = [...text.matchAll(/\./g)].map(({ index }): [string, string] => [
    text.slice(0, index),
    text.slice(index + 1),
  ]);
  return [
    ...(written === null ? [] : [written]),
    [null, text],
    ...split.filter(([schema, table]) => schema !== '' && table !== ''),
  ];
}

function startConditions(node: string, after: ExceptionKey): string[] {
  const at = `${quoteLiteral(after.at)}::timestamptz`;
  // Of one moment, a node whose name sorts before has given all, one that sorts after has given nothing.
  if (node < after.node) return [`l.remote_commit_ts < ${at}`];
  if (node > after.node) return [`l.remote_commit_ts <= ${at}`];
  const origin = `${Math.trunc(after.origin)}::oid`;
  const row = `(${Math.trunc(after.commandCounter)}, ${quoteLiteral(after.retryAt)}::timestamptz)`;
  return [
    `l.remote_commit_ts <= ${at}`,
    `(l.remote_commit_ts < ${at} OR o.id > ${origin} OR (o.id = ${origin} AND (l.command_counter, l.retry_errored_at) < ${row}))`,
  ];
}
