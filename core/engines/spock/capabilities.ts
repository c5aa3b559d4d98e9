/**
 * What is there and may be used, asked of the catalogs themselves: a role without grants reads it as well, and no
 * version string is trusted. pg_attribute and pg_proc are visible to all; USAGE on the schema is asked for apart, since
 * a privilege on a relation is worth nothing without it.
 */
import type { Capabilities, Row, RowsBySection, Section } from '#core/engines/engine.ts';
import { booleanOf, numberOf, textOf } from '#core/engines/read.ts';

/** Relations outside schema spock whose columns differ between versions of PostgreSQL, or that a DBA may have shut. */
const systemRelations = [
  'pg_replication_slots',
  'pg_stat_replication',
  'pg_replication_origin_status',
  'pg_database',
  'pg_prepared_xacts',
  'pg_stat_archiver',
  'pg_available_extensions',
];

/** Functions outside schema spock that a DBA may have revoked. */
const systemFunctions = [
  'pg_control_system',
  'pg_walfile_name',
  'pg_current_wal_lsn',
  'pg_stat_get_activity',
  'pg_stat_get_wal_senders',
  'pg_get_replication_slots',
  'pg_stat_get_replication_slot',
  // Behind pg_replication_origin_status; a view's functions are called with the reader's own rights.
  'pg_show_replication_origin_status',
  // Behind pg_prepared_xacts, pg_stat_archiver and pg_available_extensions.
  'pg_prepared_xact',
  'pg_stat_get_archiver',
  'pg_available_extensions',
  'pg_extension_update_paths',
];

const quotedList = (words: readonly string[]) => words.map((word) => `'${word}'`).join(', ');

export function capabilityStatements(): Section[] {
  return [
    {
      name: 'server',
      sql: `SELECT current_setting('server_version_num') AS server_version_num,
  current_setting('server_version') AS server_version, current_database()::text AS database,
  current_user::text AS "user", current_setting('is_superuser') = 'on' AS superuser,
  pg_has_role(current_user, 'pg_read_all_stats', 'USAGE') AS reads_all_stats,
  (SELECT extversion FROM pg_extension WHERE extname = 'spock') AS extension_version`,
    },
    {
      name: 'columns',
      sql: `SELECT n.nspname::text AS schema, c.relname::text AS relation, a.attname::text AS "column",
  has_schema_privilege(n.oid, 'USAGE') AND has_column_privilege(c.oid, a.attnum, 'SELECT') AS allowed
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relkind IN ('r', 'v') AND (n.nspname = 'spock'
  OR n.nspname = 'pg_catalog' AND c.relname IN (${quotedList(systemRelations)}))`,
    },
    {
      name: 'functions',
      sql: `SELECT n.nspname::text AS schema, p.proname::text AS function,
  bool_and(has_schema_privilege(n.oid, 'USAGE') AND has_function_privilege(p.oid, 'EXECUTE')) AS allowed
FROM pg_proc p
JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname IN ('spock', 'snowflake')
  OR n.nspname = 'tricorder_status' AND p.proname = 'subscription_status' AND p.pronargs = 0
  OR n.nspname = 'pg_catalog' AND p.proname IN (${quotedList(systemFunctions)})
GROUP BY 1, 2`,
    },
  ];
}

export function decodeCapabilities(rows: RowsBySection): Capabilities {
  const server: Row = rows.server?.[0] ?? {};
  const columns = new Map<string, Set<string>>();
  const refusedColumns = new Map<string, Set<string>>();
  for (const row of rows.columns ?? []) {
    const to = booleanOf(row, 'allowed') === true ? columns : refusedColumns;
    const relation = `${textOf(row, 'schema')}.${textOf(row, 'relation')}`;
    const known = to.get(relation) ?? new Set();
    to.set(relation, known.add(textOf(row, 'column') ?? ''));
  }
  const functions = new Set<string>();
  const refusedFunctions = new Set<string>();
  for (const row of rows.functions ?? []) {
    const to = booleanOf(row, 'allowed') === true ? functions : refusedFunctions;
    to.add(`${textOf(row, 'schema')}.${textOf(row, 'function')}`);
  }
  const found: Omit<Capabilities, 'unseen'> = {
    serverVersionNum: numberOf(server, 'server_version_num') ?? 0,
    serverVersion: (textOf(server, 'server_version') ?? '').split(' ')[0] ?? '',
    extensionVersion: textOf(server, 'extension_version'),
    database: textOf(server, 'database') ?? '',
    user: textOf(server, 'user') ?? '',
    superuser: booleanOf(server, 'superuser') ?? false,
    readsAllStats: booleanOf(server, 'reads_all_stats') ?? false,
    columns,
    refusedColumns,
    functions,
    refusedFunctions,
  };
  return { ...found, unseen: unseenBy(found) };
}

/** Relations of schema spock that the screen shows; those that are there and refused are named as not visible. */
const shownRelations = [
  'node',
  'node_interface',
  'local_node',
  'subscription',
  'replication_set',
  'replication_set_table',
  'replication_set_seq',
  'local_sync_status',
  'channel_summary_stats',
  'exception_log',
  'resolutions',
];

const shownFunctions = ['sub_show_status', 'get_apply_worker_status'];

/** Columns of those relations that no question asks for: that a role may not read them takes nothing from the screen. */
const neverAsked = new Set(['spock.node.info', 'spock.exception_log.ddl_user']);

function unseenBy(found: Omit<Capabilities, 'unseen'>): string[] {
  const unseen: string[] = [];
  for (const name of shownRelations) {
    const refused = found.refusedColumns.get(`spock.${name}`);
    if (refused === undefined) continue;
    if (!found.columns.has(`spock.${name}`)) unseen.push(`spock.${name}`);
    else {
      const columns = [...refused].map((column) => `spock.${name}.${column}`);
      unseen.push(...columns.filter((column) => !neverAsked.has(column)));
    }
  }
  if (found.refusedFunctions.has('spock.get_channel_stats') && !unseen.includes(channels)) {
    unseen.push(channels);
  }
  for (const name of shownFunctions) {
    if (name === 'sub_show_status' && found.functions.has(statusFunction)) continue;
    if (found.refusedFunctions.has(`spock.${name}`)) unseen.push(`spock.${name}()`);
  }
  if (!found.readsAllStats && !found.superuser) unseen.push('pg_stat_replication');
  if (!readsOrigins(found)) unseen.push('pg_replication_origin_status');
  return unseen;
}

const channels = 'spock.channel_summary_stats';

/** It takes the view and the function behind it. */
export function readsOrigins({
  columns,
  refusedFunctions,
}: Pick<Capabilities, 'columns' | 'refusedFunctions'>): boolean {
  return (
    columns.get('pg_catalog.pg_replication_origin_status')?.has('local_id') === true &&
    !refusedFunctions.has('pg_catalog.pg_show_replication_origin_status')
  );
}

/**
 * A SECURITY DEFINER function that a DBA may make for a watching role, so that it need not be given sub_show_status(),
 * which tells passwords: `RETURNS TABLE (subscription_name text, status text, provider_node text)`.
 */
export const statusFunction = 'tricorder_status.subscription_status';

/** The columns of `wanted` that may be selected from a relation, in their order; null when it cannot be read at all. */
export function columnsOf(
  capabilities: Capabilities,
  relation: string,
  wanted: readonly string[],
): string[] | null {
  const there = capabilities.columns.get(relation);
  if (there === undefined) return null;
  const usable = wanted.filter((column) => there.has(column));
  return usable.length === 0 ? null : usable;
}
