/** What is asked of a server before a deploy: catalogs that every PostgreSQL has, and Spock's where it is installed. */
import { quoteLiteral, quoteQualified } from '#core/engines/quote.ts';
import { wholeOf } from '#core/plan/checksum.ts';

const SETTINGS = [
  'wal_level',
  'track_commit_timestamp',
  'shared_preload_libraries',
  'max_worker_processes',
  'max_replication_slots',
  'max_wal_senders',
  'max_active_replication_origins',
  'output_plugin_libraries',
  'spock.enable_ddl_replication',
  'spock.include_ddl_repset',
  'spock.allow_ddl_from_functions',
  'snowflake.node',
]
  .map(quoteLiteral)
  .join(', ');

/**
 * What no other database of no other server shares; `d` is the row of pg_database. Copies of one data folder have the same
 * system identifier, so the moment of the start belongs to it.
 */
export const IDENTITY = `concat_ws('/', d.oid, extract(epoch FROM pg_postmaster_start_time()),
    (SELECT system_identifier FROM pg_control_system()))`;

/** Needs no right beyond connecting; what a plain role may not see comes as NULL. */
export const BASICS = `
SELECT current_setting('server_version') AS server_version, current_setting('server_version_num')::int AS version_num,
       current_database() AS database, current_user AS role, r.rolsuper AS superuser,
       r.rolreplication OR r.rolsuper AS replication, pg_backend_pid() AS pid,
       pg_encoding_to_char(d.encoding) AS encoding, d.datcollate AS collation,
       current_setting('data_directory', true) AS data_directory,
       ${IDENTITY} AS identity,
       extract(epoch FROM clock_timestamp())::float8 AS clock,
       (SELECT default_version FROM pg_available_extensions WHERE name = 'spock') AS spock_available,
       (SELECT extversion FROM pg_extension WHERE extname = 'spock') AS spock_installed,
       EXISTS (SELECT FROM pg_available_extensions WHERE name = 'snowflake') AS snowflake,
       (SELECT count(*) FROM pg_replication_slots)::int AS slots,
       (SELECT count(*) FROM pg_stat_replication)::int AS senders,
       (SELECT count(*) FROM pg_stat_activity
         WHERE backend_type NOT IN ('client backend', 'autovacuum launcher', 'autovacuum worker', 'background writer',
               'checkpointer', 'startup', 'walreceiver', 'walsender', 'walwriter', 'archiver', 'walsummarizer',
               'slotsync worker', 'io worker'))::int AS workers,
       (SELECT count(*) FROM pg_prepared_xacts)::int AS prepared,
       (SELECT extract(epoch FROM max(clock_timestamp() - a.xact_start))::float8 FROM pg_stat_activity a
         WHERE a.backend_xid IS NOT NULL AND a.pid <> pg_backend_pid() AND a.backend_type = 'client backend') AS oldest_write
  FROM pg_database d, pg_roles r WHERE d.datname = current_database() AND r.rolname = current_user`;

export const SETTINGS_NOW = `SELECT name, setting AS value, pending_restart FROM pg_settings WHERE name IN (${SETTINGS})`;

/** pg_file_settings is for superusers, and for those it was granted to. */
export const SETTINGS_ALTERED = `
SELECT DISTINCT ON (name) name, setting AS value FROM pg_file_settings
 WHERE name IN (${SETTINGS}) AND sourcefile LIKE '%postgresql.auto.conf' ORDER BY name, seqno DESC`;

/** `needed`: it owns something in this database, or something there is granted to it. A dump names it. */
export const ROLES = `
SELECT r.rolname AS role,
       EXISTS (SELECT FROM pg_shdepend d WHERE d.refclassid = 'pg_authid'::regclass AND d.refobjid = r.oid
                AND d.dbid = (SELECT oid FROM pg_database WHERE datname = current_database())) AS needed
  FROM pg_roles r`;

export const EXTENSIONS = `
SELECT name, installed_version IS NOT NULL AS installed FROM pg_available_extensions`;

export const SLOTS = `
SELECT slot_name AS name, plugin, active FROM pg_replication_slots
 WHERE slot_type = 'logical' AND NOT temporary AND database = current_database()`;

/** Tables of users: not of the system, of Spock or of an extension; partitions stand for themselves in their parent. */
const USER_TABLE = `
  c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence = 'p'
  AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'spock', 'spock_standin', 'pglogical', 'snowflake', 'lolor')
  AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')`;

export const TABLES = `
SELECT n.nspname AS schema, c.relname AS "table", pg_get_userbyid(c.relowner) AS owner, c.relreplident = 'f' AS identity_full,
       CASE WHEN c.reltuples < 0 THEN NULL ELSE c.reltuples END::float8 AS rows, t.bytes::float8 AS bytes, t.main > 0 AS may_have_rows,
       (SELECT json_agg(json_build_array(a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
                 coalesce('log_old_value=true' = ANY (a.attoptions), false)) ORDER BY a.attnum)
          FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns,
       (SELECT json_agg(a.attname ORDER BY k.ordinality) FROM pg_index i
          CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k (attnum, ordinality)
          JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
         WHERE i.indrelid = c.oid AND CASE c.relreplident WHEN 'i' THEN i.indisreplident ELSE i.indisprimary END) AS key
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 CROSS JOIN LATERAL (SELECT sum(pg_total_relation_size(relid)) AS bytes, sum(pg_relation_size(relid)) AS main FROM ${wholeOf('c.oid::regclass')}) t
 WHERE ${USER_TABLE} ORDER BY 1, 2`;

export const SEQUENCES = `
SELECT n.nspname AS schema, c.relname AS sequence,
       (SELECT format('%s.%s.%s', tn.nspname, t.relname, a.attname) FROM pg_depend d
          JOIN pg_class t ON t.oid = d.refobjid JOIN pg_namespace tn ON tn.oid = t.relnamespace
          JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid
         WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype IN ('a', 'i') LIMIT 1) AS used_by,
       EXISTS (SELECT FROM pg_depend d JOIN pg_attrdef f ON f.adrelid = d.refobjid AND f.adnum = d.refobjsubid
                WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype IN ('a', 'i')
                  AND pg_get_expr(f.adbin, f.adrelid) LIKE '%snowflake%') AS snowflake
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind = 'S' AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'spock', 'spock_standin', 'snowflake')
   AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')
 ORDER BY 1, 2`;

/** Only where the extension is installed. */
export const SPOCK_NODE = `
SELECT n.node_name AS name FROM spock.local_node l JOIN spock.node n ON n.node_id = l.node_id`;
export const SPOCK_SUBSCRIPTIONS = `
SELECT s.sub_name AS name, n.node_name AS provider, s.sub_enabled AS enabled
  FROM spock.subscription s LEFT JOIN spock.node n ON n.node_id = s.sub_origin ORDER BY 1`;
export const SPOCK_MEMBERS = `
SELECT nspname AS schema, relname AS "table", set_name AS "set" FROM spock.tables WHERE set_name IS NOT NULL`;

/** One boolean column per table, in their order: relation sizes tell what is empty for sure, not what is filled. */
export function anyRows(tables: readonly { schema: string; table: string }[]): string {
  const each = tables.map(
    ({ schema, table }, index) => `EXISTS (SELECT FROM ${quoteQualified(schema, table)}) AS "${index}"`,
  );
  return `SELECT ${each.join(', ')}`;
}
