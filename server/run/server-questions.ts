/** What is asked of a server before a deploy: catalogs that every PostgreSQL has, and, of the engine, what is there of it. */
import type { Changes } from '#core/engines/changes.ts';
import { quoteLiteral } from '#core/engines/quote.ts';

/** Of any PostgreSQL, and of what sequences are converted to. */
const SETTINGS = [
  'wal_level',
  'track_commit_timestamp',
  'shared_preload_libraries',
  'max_worker_processes',
  'max_replication_slots',
  'max_wal_senders',
  'max_active_replication_origins',
  'output_plugin_libraries',
  'allow_alter_system',
  'default_transaction_read_only',
  'default_transaction_isolation',
  'synchronous_standby_names',
  'synchronous_commit',
  'max_slot_wal_keep_size',
  'snowflake.node',
];

const settingNames = ({ settings }: Changes): string =>
  [...SETTINGS, ...settings.asked].map(quoteLiteral).join(', ');

/**
 * What no other database of no other server shares; `d` is the row of pg_database. Copies of one data folder have the same
 * system identifier, so the moment of the start belongs to it.
 */
export const IDENTITY = `concat_ws('/', d.oid, extract(epoch FROM pg_postmaster_start_time()),
    (SELECT system_identifier FROM pg_control_system()))`;

/** Needs no right beyond connecting; what a plain role may not see comes as NULL. */
export const basics = ({ words }: Changes): string => `
SELECT current_setting('server_version') AS server_version, current_setting('server_version_num')::int AS version_num,
       current_database() AS database, current_user AS role, r.rolsuper AS superuser,
       r.rolreplication OR r.rolsuper AS replication, pg_backend_pid() AS pid,
       pg_encoding_to_char(d.encoding) AS encoding, d.datcollate AS collation,
       current_setting('data_directory', true) AS data_directory,
       ${IDENTITY} AS identity,
       (SELECT system_identifier FROM pg_control_system())::text AS system_identifier,
       pg_is_in_recovery() AS in_recovery,
       extract(epoch FROM clock_timestamp())::float8 AS clock,
       (SELECT default_version FROM pg_available_extensions WHERE name = ${quoteLiteral(words.extension)}) AS engine_available,
       (SELECT extversion FROM pg_extension WHERE extname = ${quoteLiteral(words.extension)}) AS engine_installed,
       EXISTS (SELECT FROM pg_available_extensions WHERE name = 'snowflake') AS snowflake,
       (SELECT count(*) FROM pg_replication_slots)::int AS slots,
       (SELECT count(*) FROM pg_stat_replication)::int AS senders,
       (SELECT count(*) FROM pg_stat_replication WHERE sync_state IN ('sync', 'quorum'))::int AS sync_standbys,
       (SELECT count(*) FROM pg_stat_activity
         WHERE backend_type NOT IN ('client backend', 'autovacuum launcher', 'autovacuum worker', 'background writer',
               'checkpointer', 'startup', 'walreceiver', 'walsender', 'walwriter', 'archiver', 'walsummarizer',
               'slotsync worker', 'io worker'))::int AS workers,
       current_setting('max_locks_per_transaction')::int
         * (current_setting('max_connections')::int + current_setting('max_prepared_transactions')::int) AS lock_room,
       (SELECT CASE WHEN stats_reset < now() - interval '10 minutes'
                    THEN wal_bytes / extract(epoch FROM now() - stats_reset) END::float8 FROM pg_stat_wal) AS wal_per_second,
       (SELECT count(*) FROM pg_prepared_xacts)::int AS prepared,
       (SELECT extract(epoch FROM max(clock_timestamp() - a.xact_start))::float8 FROM pg_stat_activity a
         WHERE a.backend_xid IS NOT NULL AND a.pid <> pg_backend_pid() AND a.backend_type = 'client backend') AS oldest_write
  FROM pg_database d, pg_roles r WHERE d.datname = current_database() AND r.rolname = current_user`;

export const settingsNow = (changes: Changes): string => `
SELECT name, setting || CASE WHEN unit = 'MB' AND setting <> '-1' THEN ' MB' ELSE '' END AS value, pending_restart, source
  FROM pg_settings WHERE name IN (${settingNames(changes)})`;

/** pg_file_settings is for superusers, and for those it was granted to. */
export const settingsAltered = (changes: Changes): string => `
SELECT DISTINCT ON (name) name, setting AS value FROM pg_file_settings
 WHERE name IN (${settingNames(changes)}) AND sourcefile LIKE '%postgresql.auto.conf' ORDER BY name, seqno DESC`;

/** `needed`: it owns something in this database, or something there is granted to it. A dump names it. */
export const ROLES = `
SELECT r.rolname AS role,
       EXISTS (SELECT FROM pg_shdepend d WHERE d.refclassid = 'pg_authid'::regclass AND d.refobjid = r.oid
                AND d.dbid = (SELECT oid FROM pg_database WHERE datname = current_database())) AS needed
  FROM pg_roles r`;

export const EXTENSIONS = `
SELECT a.name, a.default_version, a.installed_version IS NOT NULL AS installed, e.extversion AS version, n.nspname AS schema
  FROM pg_available_extensions a LEFT JOIN pg_extension e ON e.extname = a.name LEFT JOIN pg_namespace n ON n.oid = e.extnamespace`;

export const SLOTS = `
SELECT slot_name AS name, plugin, active FROM pg_replication_slots
 WHERE slot_type = 'logical' AND NOT temporary AND database = current_database()`;

/** What else uses the server. Of pg_subscription a plain role may read all but the connection string. */
export const others = ({ servers }: Changes): string => `
SELECT (SELECT json_agg(subname ORDER BY subname) FROM pg_subscription
         WHERE subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())) AS subscriptions,
       (SELECT json_agg(pubname ORDER BY pubname) FROM pg_publication) AS publications,
       (SELECT json_agg(format('%s (%s)', slot_name, coalesce(plugin, slot_type)) ORDER BY slot_name) FROM pg_replication_slots
         WHERE NOT temporary AND plugin IS DISTINCT FROM ${quoteLiteral(servers.plugin)}
           AND (database IS NULL OR database = current_database())) AS slots,
       (SELECT json_agg(datname ORDER BY datname) FROM (
          SELECT database AS datname FROM pg_replication_slots WHERE plugin = ${quoteLiteral(servers.plugin)}
           UNION SELECT datname FROM pg_stat_activity WHERE backend_type LIKE ${quoteLiteral(servers.workers)}) used
         WHERE datname <> current_database()) AS engine_databases`;
