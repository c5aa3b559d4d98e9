/**
 * What a planner asks a node, each question for itself, so that one relation that is locked hides no more than its own answer.
 * They fire nothing: no trigger, no function of users, no row filter that calls more than PostgreSQL's own.
 */

import { quoteLiteral } from '#core/engines/quote.ts';
import type { TableName } from '#core/engines/units.ts';

/** Asked first; what it says is capable decides the others. Fails where the database has no extension. */
export const NODE = `SELECT e.extversion, current_database() AS database, pg_backend_pid() AS pid, pg_is_in_recovery() AS recovery,
    nullif(current_setting('spock.readonly', true), 'off') AS read_only,
    (SELECT nullif(setting::bigint, -1) * 1048576 FROM pg_settings WHERE name = 'max_slot_wal_keep_size')::float8 AS slot_keep,
    (SELECT n.node_name FROM spock.local_node l JOIN spock.node n ON n.node_id = l.node_id) AS node_name,
    (SELECT coalesce(json_agg(n.node_name), '[]') FROM spock.node n) AS knows,
    (SELECT json_object_agg(n.node_name, n.node_id::text) FROM spock.node n) AS node_ids,
    (SELECT has_function_privilege(p.oid, 'EXECUTE') FROM pg_proc p WHERE p.oid = to_regprocedure('spock.get_apply_worker_status()')) AS has_workers,
    (SELECT bool_and(has_function_privilege(p.oid, 'EXECUTE')) FROM pg_proc p WHERE p.pronamespace = to_regnamespace('spock') AND p.proname = 'sub_show_status') AS has_status,
    (SELECT has_function_privilege(p.oid, 'EXECUTE') FROM pg_proc p WHERE p.oid = to_regprocedure('tricorder_status.subscription_status()')) AS tells_status,
    (SELECT c.relkind::text FROM pg_class c WHERE c.oid = to_regclass('spock.progress') AND has_table_privilege(c.oid, 'SELECT')) AS progress,
    EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass('spock.subscription') AND attname = 'sub_skip_lsn' AND NOT attisdropped) AS has_skip,
    (SELECT coalesce(json_agg(a.attname), '[]') FROM pg_attribute a WHERE a.attrelid = to_regclass('spock.subscription') AND a.attname IN ('sub_apply_delay', 'sub_skip_schema') AND has_column_privilege(a.attrelid, a.attnum, 'SELECT')) AS options,
    to_regprocedure('spock.sub_alter_options(name, jsonb)') IS NOT NULL AS alters_options,
    EXISTS (SELECT FROM pg_proc p WHERE p.pronamespace = to_regnamespace('spock') AND p.proname = 'slot_enable_failover') AS marks_failover,
    current_setting('server_version_num')::int AS server_version
  FROM pg_extension e WHERE e.extname = 'spock'`;

/** Who asks, and which of the engine's functions are refused to it. */
export const ROLE = `SELECT r.rolname::text AS role, r.rolsuper AS superuser, r.rolreplication AS replication,
    (SELECT coalesce(json_agg(DISTINCT p.proname), '[]') FROM pg_proc p WHERE p.pronamespace = to_regnamespace('spock') AND NOT has_function_privilege(p.oid, 'EXECUTE')) AS refused
  FROM pg_roles r WHERE r.rolname = current_user`;

export interface Capable {
  hasWorkers: boolean;
  hasSkip: boolean;
  hasProgress: boolean;
  /** Columns of spock.subscription that hold its options. */
  options: readonly string[];
  /** By Spock's own function; by that of a watching role (watching-role.ts), where Spock's is refused; null: by neither. */
  status: 'spock' | 'told' | null;
}

const STATUS = {
  spock: '(SELECT st.status FROM spock.sub_show_status(s.sub_name) st)',
  told: '(SELECT st.status FROM tricorder_status.subscription_status() st WHERE st.subscription_name = s.sub_name)',
};

export const subscriptions = ({
  hasWorkers,
  hasSkip,
  options,
  status,
}: Omit<Capable, 'hasProgress'>): string =>
  `SELECT s.sub_name, n.node_name AS provider, s.sub_enabled, s.sub_slot_name,
    to_json(coalesce(s.sub_replication_sets, '{}')) AS sets, to_json(coalesce(s.sub_forward_origins, '{}')) AS forwards,
    ${hasSkip ? `nullif(s.sub_skip_lsn::text, '0/0')` : 'NULL'} AS skip_lsn,
    ${options.includes('sub_apply_delay') ? 'extract(epoch FROM s.sub_apply_delay)::float8' : 'NULL'} AS delay,
    ${options.includes('sub_skip_schema') ? `to_json(coalesce(s.sub_skip_schema, '{}'))` : 'NULL'} AS skip_schema,
    ${hasWorkers ? `coalesce((SELECT w.worker_status FROM spock.get_apply_worker_status() w JOIN pg_database d ON d.oid::bigint = w.worker_dboid AND d.datname = current_database() WHERE w.worker_subid = s.sub_id::bigint LIMIT 1), 'none')` : 'NULL'} AS worker,
    ${status === null ? 'NULL' : STATUS[status]} AS status
  FROM spock.subscription s LEFT JOIN spock.node n ON n.node_id = s.sub_origin ORDER BY s.sub_name`;

export const SETS = `SELECT r.set_name, r.replicate_insert, r.replicate_update, r.replicate_delete, r.replicate_truncate,
    (SELECT count(*) FROM spock.replication_set_table t WHERE t.set_id = r.set_id)::int AS tables
  FROM spock.replication_set r JOIN spock.local_node l ON l.node_id = r.set_nodeid ORDER BY r.set_name`;

/**
 * The newest row by which Spock says that it has disabled the subscription, with what is recorded of the transaction. Each try to
 * enable it records the same rows once more (5.0 all of them, 6.0 one): they are counted once.
 */
export const exceptionOf = (subscription: string): string =>
  `SELECT e.error_message AS message, e.remote_commit_ts::text AS commit_at, substring(e.error_message FROM 'skip_lsn = ([0-9A-F]+/[0-9A-F]+)') AS lsn,
    (SELECT coalesce(json_agg(json_build_object('operation', r.operation, 'schema', r.table_schema, 'table', r.table_name, 'count', r.n) ORDER BY r.table_schema, r.table_name, r.operation), '[]')
       FROM (SELECT x.operation, nullif(x.table_schema::text, '') AS table_schema, nullif(x.table_name::text, '') AS table_name, count(DISTINCT concat(x.remote_old_tup::text, '/', x.remote_new_tup::text))::int AS n
               FROM spock.exception_log x WHERE x.remote_origin = e.remote_origin AND x.remote_commit_ts = e.remote_commit_ts AND x.remote_xid = e.remote_xid AND x.operation <> 'SUB_DISABLE'
              GROUP BY 1, 2, 3) r) AS rows
  FROM spock.exception_log e JOIN spock.subscription s ON s.sub_origin = e.remote_origin
 WHERE s.sub_name = ${quoteLiteral(subscription)} AND e.operation = 'SUB_DISABLE' ORDER BY e.retry_errored_at DESC LIMIT 1`;

export const INTERFACES = `SELECT n.node_name::text AS node, i.if_name::text AS name,
    (SELECT coalesce(json_agg(s.sub_name ORDER BY s.sub_name), '[]') FROM spock.subscription s WHERE s.sub_origin_if = i.if_id) AS used_by,
    EXISTS (SELECT FROM spock.local_node l WHERE l.node_local_interface = i.if_id) AS own
  FROM spock.node_interface i JOIN spock.node n ON n.node_id = i.if_nodeid ORDER BY 1, 2`;

/** Spock 3.x has neither column. */
export const PLACES = `SELECT n.node_name::text AS node, to_jsonb(n) ->> 'location' AS location, to_jsonb(n) ->> 'country' AS country FROM spock.node n ORDER BY 1`;

export const INTERFACE_DSNS = `SELECT i.if_id::text AS id, n.node_name::text AS node, i.if_name::text AS name, i.if_dsn AS dsn
  FROM spock.node_interface i JOIN spock.node n ON n.node_id = i.if_nodeid ORDER BY 2, 3`;

export const interfaceDsn = (node: string, name: string): string =>
  `SELECT i.if_dsn AS dsn FROM spock.node_interface i JOIN spock.node n ON n.node_id = i.if_nodeid WHERE n.node_name = ${quoteLiteral(node)} AND i.if_name = ${quoteLiteral(name)}`;

/** Spock's and PostgreSQL's names of sessions that make a slot's snapshot and read the rows of a copy (spock_sync.c). */
export const COPIES = `SELECT DISTINCT application_name AS name FROM pg_stat_activity
  WHERE application_name ~ '_(snap|copy|copy_slot)$|^pg_[0-9]+_sync_[0-9]+_[0-9]+$' ORDER BY 1`;

/**
 * How far the node has applied what it reads, by subscription. Spock names an origin as the slot, PostgreSQL's own subscriptions,
 * which stand behind the stand-in's, by their oid. `last_commit`: of the provider's clock; 5.0 writes it at most once a second.
 */
export const applied = ({ hasProgress }: Pick<Capable, 'hasProgress'>): string =>
  `SELECT s.sub_name AS subscription, n.node_name AS provider,
    (SELECT o.remote_lsn::text FROM pg_replication_origin_status o WHERE o.external_id = s.sub_slot_name::text
        OR o.external_id = (SELECT 'pg_' || x.oid FROM pg_subscription x JOIN pg_database d ON d.oid = x.subdbid AND d.datname = current_database() WHERE x.subname = s.sub_slot_name)) AS lsn,
    ${hasProgress ? `(SELECT max((to_jsonb(p) ->> 'remote_commit_ts')::timestamptz)::text FROM spock.progress p WHERE p.remote_node_id = s.sub_origin)` : 'NULL'} AS last_commit
  FROM spock.subscription s JOIN spock.node n ON n.node_id = s.sub_origin ORDER BY s.sub_name`;

/** On the receiver, after whose database Spock names the slot: it folds and hashes each part (spock_functions.c, gen_slot_name). */
export const slotNames = (providerNode: string, subscriptionNames: readonly string[]): string =>
  `SELECT w.name AS subscription, spock.spock_gen_slot_name(current_database()::name, ${quoteLiteral(providerNode)}::name, w.name::name)::text AS slot
     FROM unnest(ARRAY[${subscriptionNames.map(quoteLiteral).join(', ')}]::text[]) w (name)`;

/**
 * On a provider: how the slots of subscriptions of these names end, whatever the receiver's database is called that stands between
 * (the first is `x`, of one character).
 */
export const slotEndings = (providerNode: string, subscriptionNames: readonly string[]): string =>
  `SELECT substr(spock.spock_gen_slot_name('x'::name, ${quoteLiteral(providerNode)}::name, w.name::name)::text, 6) AS ending
     FROM unnest(ARRAY[${subscriptionNames.map(quoteLiteral).join(', ')}]::text[]) w (name)`;

const AS_MEMBERSHIPS = `json_agg(json_build_object('set', r.set_name, 'columns', t.set_att_list,
      'rowFilter', pg_get_expr(t.set_row_filter, t.set_reloid)) ORDER BY r.set_name)`;

export const memberships = (relation: string): string =>
  `(SELECT coalesce(${AS_MEMBERSHIPS}, '[]')
     FROM spock.replication_set_table t
     JOIN spock.replication_set r ON r.set_id = t.set_id
     JOIN spock.local_node l ON l.node_id = r.set_nodeid
    WHERE t.set_reloid = ${relation})`;

export const ALL_MEMBERSHIPS = `SELECT t.set_reloid::oid AS relid, ${AS_MEMBERSHIPS} AS memberships
     FROM spock.replication_set_table t
     JOIN spock.replication_set r ON r.set_id = t.set_id
     JOIN spock.local_node l ON l.node_id = r.set_nodeid
    GROUP BY t.set_reloid`;

export const SEQUENCE_SETS = `SELECT q.set_seqoid::oid AS relid, json_agg(r.set_name ORDER BY r.set_name) AS sets
     FROM spock.replication_set_seq q
     JOIN spock.replication_set r ON r.set_id = q.set_id
     JOIN spock.local_node l ON l.node_id = r.set_nodeid
    GROUP BY q.set_seqoid`;

/** How far copies of the table are, by subscription. */
export const syncs = ({ schema, table }: TableName): string =>
  `(SELECT coalesce(json_agg(json_build_object('subscription', s.sub_name, 'status', y.sync_status)), '[]')
         FROM spock.local_sync_status y JOIN spock.subscription s ON s.sub_id = y.sync_subid
        WHERE y.sync_nspname = ${quoteLiteral(schema)} AND y.sync_relname = ${quoteLiteral(table)})`;

/**
 * Whether the row filters of a table call PostgreSQL's own functions only, none of them volatile: evaluating one fires whatever
 * it calls, in a read-only transaction too (dblink_exec commits).
 */
export function filtersAreQuiet({ schema, table }: TableName): string {
  return `SELECT coalesce(bool_and(f.filter !~ 'opfuncid 0 |ROWCOMPARE|COERCEVIAIO|ARRAYCOERCE|COERCETODOMAIN'
      AND NOT EXISTS (SELECT FROM regexp_matches(f.filter, ':(?:opfuncid|funcid) ([0-9]+)', 'g') m
        LEFT JOIN pg_proc p ON p.oid = m[1]::oid WHERE p.oid IS NULL OR p.oid >= 16384 OR p.provolatile = 'v')), true) AS quiet
    FROM (SELECT t.set_row_filter::text AS filter FROM spock.replication_set_table t
            JOIN pg_class c ON c.oid = t.set_reloid JOIN pg_namespace n ON n.oid = c.relnamespace
           WHERE t.set_row_filter IS NOT NULL AND n.nspname = ${quoteLiteral(schema)} AND c.relname = ${quoteLiteral(table)}) f`;
}
