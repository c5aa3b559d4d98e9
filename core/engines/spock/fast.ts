/** The questions of every second: no scan of anything that grows with the data. */
import type { Capabilities, FastQuestions, Section } from '#core/engines/engine.ts';
import { columnsOf, readsOrigins, statusFunction } from './capabilities.ts';
import { EXCEPTION_ORIGINS } from './exception-origins.ts';

const slotColumns = [
  'slot_name',
  'plugin',
  'slot_type',
  'database',
  'temporary',
  'active',
  'active_pid',
  'restart_lsn',
  'confirmed_flush_lsn',
  'wal_status',
  'safe_wal_size',
  'two_phase',
  'conflicting',
  'inactive_since',
  'invalidation_reason',
  'failover',
  'synced',
];

const subscriptionColumns = [
  'sub_id',
  'sub_name',
  'sub_origin',
  'sub_target',
  'sub_origin_if',
  'sub_enabled',
  'sub_slot_name',
  'sub_replication_sets',
  'sub_forward_origins',
  'sub_apply_delay',
  'sub_force_text_transfer',
  'sub_skip_lsn',
  'sub_skip_schema',
  'sub_created_at',
];

const seldomAsked = new Set(['identity', 'local_sync_status']);

export const isSeldomAsked = (section: string): boolean => seldomAsked.has(section);

export function fastStatements(
  capabilities: Capabilities,
  more: FastQuestions = { sentRows: false, seldom: true },
): Section[] {
  return [
    more.seldom ? identity(capabilities) : null,
    wal(capabilities),
    select(capabilities, 'node', ['node_id', 'node_name', 'location', 'country']),
    select(capabilities, 'local_node', ['node_id']),
    select(capabilities, 'subscription', subscriptionColumns),
    status(capabilities),
    workers(capabilities),
    more.seldom ? syncing(capabilities) : null,
    slots(capabilities),
    // Before the walsenders: a row that is sent after this count is after the positions of the poll before as well.
    more.sentRows ? sentRows(capabilities) : null,
    walsenders(capabilities),
    origins(capabilities),
    newestExceptions(capabilities, 1),
    resolutions(capabilities),
  ].filter((section) => section !== null);
}

/** The position first: a slot that confirms more while the batch runs then counts as caught up, not as ahead. */
function wal(capabilities: Capabilities): Section {
  const usable = (name: string) => capabilities.functions.has(`pg_catalog.${name}`);
  const lsn = 'CASE WHEN pg_is_in_recovery() THEN NULL ELSE pg_current_wal_lsn() END';
  return {
    name: 'wal',
    sql: `SELECT clock_timestamp() AS now, pg_is_in_recovery() AS standby,
  ${usable('pg_current_wal_lsn') ? lsn : 'NULL::pg_lsn'} AS lsn,
  ${usable('pg_walfile_name') && usable('pg_current_wal_lsn') ? `pg_walfile_name(${lsn})` : 'NULL'} AS wal_file,
  pg_postmaster_start_time() AS started_at, current_setting('spock.readonly', true) AS readonly`,
  };
}

/** Reads a file of the server's, and stays the same for as long as a connection lasts. */
function identity(capabilities: Capabilities): Section | null {
  if (!capabilities.functions.has('pg_catalog.pg_control_system')) return null;
  return { name: 'identity', sql: 'SELECT system_identifier FROM pg_control_system()' };
}

/** The columns of a relation of Spock's that are there and may be read. */
export function select(
  capabilities: Capabilities,
  relation: string,
  wanted: readonly string[],
  rest = '',
): Section | null {
  const columns = columnsOf(capabilities, `spock.${relation}`, wanted);
  return columns && { name: relation, sql: `SELECT ${columns.join(', ')} FROM spock.${relation}${rest}` };
}

/** sub_show_status() raises an error where no node was made, and its provider_dsn is never asked for. */
function status(capabilities: Capabilities): Section | null {
  const source = capabilities.functions.has(statusFunction) ? statusFunction : 'spock.sub_show_status';
  if (!capabilities.functions.has(source) || !capabilities.columns.has('spock.local_node')) return null;
  return {
    name: 'sub_show_status',
    sql: `SELECT subscription_name, status, provider_node FROM ${source}()
WHERE EXISTS (SELECT 1 FROM spock.local_node)`,
  };
}

/** Workers of all databases are told: a subscription's id is unique in its database only. */
function workers(capabilities: Capabilities): Section | null {
  if (!capabilities.functions.has('spock.get_apply_worker_status')) return null;
  return {
    name: 'worker_status',
    sql: `SELECT worker_pid, worker_subid, worker_status FROM spock.get_apply_worker_status()
WHERE worker_dboid::oid = (SELECT oid FROM pg_database WHERE datname = current_database())`,
  };
}

/** y and r are at rest; a table that was added long ago stays in the catalog as one of them, so that all have to be read. */
function syncing(capabilities: Capabilities): Section | null {
  return select(
    capabilities,
    'local_sync_status',
    ['sync_subid', 'sync_nspname', 'sync_relname', 'sync_status', 'sync_statuslsn'],
    " WHERE sync_status NOT IN ('y', 'r') LIMIT 1000",
  );
}

/** A reader that comes for some milliseconds is in no poll; what it made the server decode stays counted. */
function slots(capabilities: Capabilities): Section | null {
  const name = 'pg_replication_slots';
  const columns = columnsOf(capabilities, `pg_catalog.${name}`, slotColumns);
  if (columns === null) return null;
  const decoded = capabilities.functions.has('pg_catalog.pg_stat_get_replication_slot')
    ? `, CASE WHEN slot_type = 'logical' AND NOT active
  THEN (SELECT s.total_bytes FROM pg_stat_get_replication_slot(slot_name) s) END AS decoded_bytes`
    : '';
  if (!capabilities.functions.has('pg_catalog.pg_get_replication_slots')) {
    return { name, sql: `SELECT ${columns.join(', ')}${decoded} FROM ${name}` };
  }
  const database = '(SELECT d.datname FROM pg_database d WHERE d.oid = datoid) AS database';
  const behind = columns.map((column) => (column === 'database' ? database : column));
  return { name, sql: `SELECT ${behind.join(', ')}${decoded} FROM pg_get_replication_slots()` };
}

/**
 * What a walsender waits for tells whether it has anything left to send; see core/lag. By the functions behind
 * pg_stat_replication, where they may be called: the view reads what every backend of the server does.
 */
function walsenders({ functions }: Capabilities): Section {
  const name = 'pg_stat_replication';
  const activity = functions.has('pg_catalog.pg_stat_get_activity');
  if (!activity || !functions.has('pg_catalog.pg_stat_get_wal_senders')) {
    const columns = 'r.pid, r.application_name, r.client_addr::text, r.state, r.sent_lsn, r.replay_lag';
    if (!activity) return { name, sql: `SELECT ${columns} FROM pg_stat_replication r` };
    return {
      name,
      sql: `SELECT ${columns}, a.wait_event FROM pg_stat_replication r, LATERAL pg_stat_get_activity(r.pid) a`,
    };
  }
  return {
    name,
    sql: `SELECT r.pid, a.application_name, a.client_addr::text, r.state, r.sent_lsn, r.replay_lag, a.wait_event
FROM pg_stat_get_wal_senders() r, LATERAL pg_stat_get_activity(r.pid) a`,
  };
}

/** `subid = 0` is what leaves the node. Without its counters Spock counts nothing, and nothing is concluded. */
function sentRows(capabilities: Capabilities): Section | null {
  if (!capabilities.functions.has('spock.get_channel_stats')) return null;
  if (!columnsOf(capabilities, 'spock.channel_summary_stats', ['subid', 'n_tup_ins'])) return null;
  // The view would look up the name of every table.
  return {
    name: 'sent_rows',
    sql: `SELECT CASE WHEN current_setting('spock.channel_counters', true) = 'on'
  THEN coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0) END AS rows FROM spock.get_channel_stats() WHERE subid = 0`,
  };
}

/** Spock names an origin as the slot; PostgreSQL's own subscriptions, which the stand-in makes, name it by their oid. */
function origins(capabilities: Capabilities): Section | null {
  if (!readsOrigins(capabilities)) return null;
  const columns = columnsOf(capabilities, 'pg_catalog.pg_replication_origin_status', [
    'external_id',
    'remote_lsn',
  ]);
  if (columns?.length !== 2) return null;
  const behind = 'pg_show_replication_origin_status';
  const source = capabilities.functions.has(`pg_catalog.${behind}`)
    ? `${behind}()`
    : 'pg_replication_origin_status';
  return {
    name: 'pg_replication_origin_status',
    sql: `SELECT coalesce(s.subslotname::text, o.external_id) AS external_id, o.remote_lsn
FROM ${source} o LEFT JOIN pg_subscription s ON o.external_id = 'pg_' || s.oid`,
  };
}

/**
 * The newest exceptions of each origin, by the primary key (remote_origin, remote_commit_ts, …): neither a count nor a
 * scan, however many there are.
 */
export function newestExceptions(capabilities: Capabilities, ofEach: number): Section | null {
  const columns = columnsOf(capabilities, 'spock.exception_log', [
    'remote_origin',
    'remote_commit_ts',
    'command_counter',
    'retry_errored_at',
    'remote_xid',
    'table_schema',
    'table_name',
    'operation',
    'error_message',
  ]);
  const key = ['remote_commit_ts', 'command_counter', 'retry_errored_at'];
  const keyed = columns?.includes('remote_origin') && columns.includes('remote_commit_ts');
  if (!columns || !keyed) return null;
  const resolvable =
    columns.includes('retry_errored_at') &&
    capabilities.columns.get('spock.exception_status')?.has('resolved_at') === true;
  const resolved = `EXISTS (SELECT 1 FROM spock.exception_status s WHERE s.remote_origin = e.remote_origin
    AND s.remote_commit_ts = e.remote_commit_ts AND s.retry_errored_at = e.retry_errored_at
    AND s.resolved_at IS NOT NULL)`;
  return {
    name: 'exception_log',
    sql: `${EXCEPTION_ORIGINS}
SELECT e.*, ${resolvable ? resolved : 'false'} AS resolved
FROM o, LATERAL (
  SELECT ${columns.join(', ')} FROM spock.exception_log WHERE remote_origin = o.id
  ORDER BY ${key
    .filter((column) => columns.includes(column))
    .map((column) => `${column} DESC`)
    .join(', ')} LIMIT ${ofEach}) e`,
  };
}

function resolutions(capabilities: Capabilities): Section | null {
  if (!columnsOf(capabilities, 'spock.resolutions', ['id'])) return null;
  return { name: 'resolutions', sql: 'SELECT max(id) AS id FROM spock.resolutions' };
}
