/** The questions of every 15 s, and when something has happened. */
import type { Capabilities, Section } from '#core/engines/engine.ts';
import { quoteLiteral } from '#core/engines/quote.ts';
import { countedExceptions, type SlowFacts } from '#core/model/facts.ts';
import { columnsOf, readsOrigins } from './capabilities.ts';
import { EXCEPTION_ORIGINS } from './exception-origins.ts';
import { newestExceptions, select } from './fast.ts';
import { SERVER_SETTINGS } from './settings.ts';
import { catalogMark, memberships, tables, tablesEnd } from './slow-tables.ts';

/** Backends that are no background workers, and so do not count towards max_worker_processes. */
const ordinaryBackends = [
  'client backend',
  'walsender',
  'walreceiver',
  'walwriter',
  'background writer',
  'checkpointer',
  'archiver',
  'startup',
  'autovacuum launcher',
  'autovacuum worker',
  'slotsync worker',
  'walsummarizer',
  'io worker',
  'logger',
];

/** As many of the newest conflicts and exceptions as a rule needs to judge by. */
const recentConflicts = 100;
const recentExceptions = 20;

export function slowStatements(
  capabilities: Capabilities,
  previous: SlowFacts | null,
  withTables = true,
): Section[] {
  const unchanged = previous?.catalogMark ?? null;
  return [
    server(capabilities),
    settings(),
    interfaces(capabilities),
    sets(capabilities),
    sequences(capabilities),
    catalogMark(capabilities),
    ...(withTables ? [tables(capabilities, unchanged), memberships(capabilities, unchanged), tablesEnd] : []),
    channels(capabilities),
    conflicts(capabilities),
    newestExceptions(capabilities, recentExceptions),
    exceptionCounts(capabilities),
    ages(capabilities),
    prepared(capabilities),
    blocked(capabilities),
    archiver(capabilities),
  ].filter((section) => section !== null);
}

function server(capabilities: Capabilities): Section {
  const call = (name: string, type: string) =>
    capabilities.functions.has(`spock.${name}`) ? `spock.${name}()` : `NULL::${type}`;
  const seesBackends = capabilities.readsAllStats || capabilities.superuser;
  const origins = readsOrigins(capabilities)
    ? '(SELECT count(*) FROM pg_replication_origin_status)'
    : 'NULL::bigint';
  const backends = (filter: string) =>
    seesBackends ? `(SELECT count(*) FROM pg_stat_activity WHERE ${filter})` : 'NULL::bigint';
  return {
    name: 'server',
    sql: `SELECT d.datname::text AS database, pg_encoding_to_char(d.encoding)::text AS encoding,
  d.datcollate::text AS collation, current_setting('server_version') AS server_version,
  (SELECT extversion FROM pg_extension WHERE extname = 'spock') AS extension_version,
  ${call('spock_version', 'text')} AS library_version,
  ${call('spock_min_proto_version', 'int')} AS min_protocol, ${call('spock_max_proto_version', 'int')} AS max_protocol,
  (SELECT count(*) FROM pg_replication_slots) AS slots_used,
  ${backends("backend_type = 'walsender'")} AS senders_used,
  ${backends(`backend_type NOT IN (${ordinaryBackends.map(quoteLiteral).join(', ')})`)} AS workers_used,
  ${origins} AS origins_used,
  current_setting('snowflake.node', true) AS snowflake_node, clock_timestamp() AS now,
  ${updatePath(capabilities)} AS update_path
FROM pg_database d WHERE d.datname = current_database()`,
  };
}

/** Looked for only where catalogs and library differ: it reads the folder of extensions. */
function updatePath(capabilities: Capabilities): string {
  const usable = (name: string) => capabilities.functions.has(`pg_catalog.${name}`);
  if (!capabilities.functions.has('spock.spock_version')) return 'NULL::boolean';
  if (!usable('pg_available_extensions') || !usable('pg_extension_update_paths')) return 'NULL::boolean';
  return `(SELECT CASE WHEN e.extversion <> spock.spock_version() THEN (
    SELECT coalesce(bool_or(p.path IS NOT NULL), false) FROM pg_available_extensions() a, LATERAL pg_extension_update_paths(a.name) p
    WHERE a.name = 'spock' AND p.source = e.extversion AND p.target = a.default_version) END
  FROM pg_extension e WHERE e.extname = 'spock')`;
}

/** Null: a column or function of it may not be used. */
function visible(capabilities: Capabilities, relation: string, columns: string[], behind?: string): boolean {
  const there = columnsOf(capabilities, `pg_catalog.${relation}`, columns);
  const callable = behind === undefined || capabilities.functions.has(`pg_catalog.${behind}`);
  return there?.length === columns.length && callable;
}

/** Of the database that is nearest to the end of its numbers. */
function ages(capabilities: Capabilities): Section | null {
  if (!visible(capabilities, 'pg_database', ['datname', 'datfrozenxid', 'datminmxid'])) return null;
  return {
    name: 'ages',
    sql: `SELECT datname::text AS database, age(datfrozenxid) AS xid_age, mxid_age(datminmxid) AS multixact_age
FROM pg_database ORDER BY greatest(age(datfrozenxid), mxid_age(datminmxid)) DESC LIMIT 1`,
  };
}

function prepared(capabilities: Capabilities): Section | null {
  const columns = ['transaction', 'gid', 'prepared', 'owner', 'database'];
  if (!visible(capabilities, 'pg_prepared_xacts', columns, 'pg_prepared_xact')) return null;
  return {
    name: 'prepared',
    sql: `SELECT gid, prepared, owner::text, database::text, age(transaction) AS xid_age
FROM pg_prepared_xacts ORDER BY prepared LIMIT 10`,
  };
}

/** Workers that wait for a lock: Spock's by their type, the stand-in's by the subscription of PostgreSQL that is behind it. */
function blocked(capabilities: Capabilities): Section | null {
  const columns = ['sub_id', 'sub_name', 'sub_slot_name'];
  if (!capabilities.readsAllStats && !capabilities.superuser) return null;
  if (columnsOf(capabilities, 'spock.subscription', columns)?.length !== columns.length) return null;
  return {
    name: 'blocked',
    sql: `SELECT s.sub_name, w.pid AS worker, extract(epoch FROM clock_timestamp() - l.waitstart)::float8 AS seconds,
  h.pid, extract(epoch FROM h.backend_start)::text AS started_at, h.state, left(h.query, 200) AS query,
  concat_ws(', ', h.usename, nullif(h.application_name, ''), coalesce(host(h.client_addr), 'local')) AS who,
  extract(epoch FROM clock_timestamp() - h.xact_start)::float8 AS open_seconds
FROM pg_stat_activity w
JOIN spock.subscription s ON w.backend_type ~ ('^spock (apply|sync) .*:' || s.sub_id || '$')
  OR w.pid IN (SELECT n.pid FROM pg_stat_subscription n WHERE n.subname = s.sub_slot_name)
CROSS JOIN LATERAL unnest(pg_blocking_pids(w.pid)) b (pid)
JOIN pg_stat_activity h ON h.pid = b.pid AND h.backend_type = 'client backend'
LEFT JOIN LATERAL (SELECT min(k.waitstart) AS waitstart FROM pg_locks k WHERE k.pid = w.pid AND NOT k.granted) l ON true
WHERE w.datname = current_database() AND w.wait_event_type = 'Lock'
ORDER BY l.waitstart LIMIT 10`,
  };
}

function archiver(capabilities: Capabilities): Section | null {
  const columns = [
    'last_archived_wal',
    'last_archived_time',
    'failed_count',
    'last_failed_wal',
    'last_failed_time',
    'stats_reset',
  ];
  if (!visible(capabilities, 'pg_stat_archiver', columns, 'pg_stat_get_archiver')) return null;
  return {
    name: 'archiver',
    sql: `SELECT current_setting('archive_mode') AS archive_mode, ${columns.join(', ')} FROM pg_stat_archiver`,
  };
}

function settings(): Section {
  return {
    name: 'settings',
    sql: `SELECT name, setting, unit, pending_restart FROM pg_settings
WHERE name LIKE 'spock.%' OR name IN (${SERVER_SETTINGS.map(quoteLiteral).join(', ')})`,
  };
}

function interfaces(capabilities: Capabilities): Section | null {
  return select(capabilities, 'node_interface', ['if_id', 'if_name', 'if_nodeid', 'if_dsn']);
}

const localSets = ' WHERE set_nodeid IN (SELECT node_id FROM spock.local_node)';

function sets(capabilities: Capabilities): Section | null {
  if (!columnsOf(capabilities, 'spock.local_node', ['node_id'])) return null;
  return select(
    capabilities,
    'replication_set',
    ['set_id', 'set_name', 'replicate_insert', 'replicate_update', 'replicate_delete', 'replicate_truncate'],
    localSets,
  );
}

function sequences(capabilities: Capabilities): Section | null {
  const columns = columnsOf(capabilities, 'spock.replication_set_seq', ['set_id', 'set_seqoid']);
  if (columns?.length !== 2) return null;
  return {
    name: 'replication_set_seq',
    sql: 'SELECT set_id, set_seqoid::regclass::text AS set_seqoid FROM spock.replication_set_seq',
  };
}

/** The view calls a function that the caller himself must be allowed to execute. */
function channels(capabilities: Capabilities): Section | null {
  if (!capabilities.functions.has('spock.get_channel_stats')) return null;
  return select(capabilities, 'channel_summary_stats', [
    'subid',
    'sub_name',
    'n_tup_ins',
    'n_tup_upd',
    'n_tup_del',
    'n_conflict',
    'n_dca',
  ]);
}

function conflicts(capabilities: Capabilities): Section | null {
  return select(
    capabilities,
    'resolutions',
    ['id', 'log_time', 'relname', 'conflict_type', 'conflict_resolution', 'remote_origin'],
    ` ORDER BY id DESC LIMIT ${recentConflicts}`,
  );
}

/** Counted up to a bound, by the primary key. */
function exceptionCounts(capabilities: Capabilities): Section | null {
  const key = ['remote_origin', 'remote_commit_ts', 'retry_errored_at'];
  if (columnsOf(capabilities, 'spock.exception_log', key)?.length !== key.length) return null;
  const resolvable = capabilities.columns.get('spock.exception_status')?.has('resolved_at') === true;
  return {
    name: 'exception_counts',
    sql: `${EXCEPTION_ORIGINS}
SELECT o.id AS remote_origin, e.count
FROM o, LATERAL (
  SELECT count(*) FROM (
    SELECT remote_origin, remote_commit_ts, retry_errored_at FROM spock.exception_log
    WHERE remote_origin = o.id ORDER BY remote_commit_ts DESC LIMIT ${countedExceptions}) newest
  ${
    resolvable
      ? `WHERE NOT EXISTS (SELECT 1 FROM spock.exception_status s WHERE s.remote_origin = newest.remote_origin
    AND s.remote_commit_ts = newest.remote_commit_ts AND s.retry_errored_at = newest.retry_errored_at
    AND s.resolved_at IS NOT NULL)`
      : ''
  }) e
WHERE e.count > 0`,
  };
}
