/** Slots, senders and origins of any PostgreSQL, as SQL. */
import { quoteLiteral } from '#core/engines/quote.ts';

/** On the provider. `failover` is left away below PostgreSQL 17, which does not have it. */
export const createSlot = (slot: string, plugin: string, failover: boolean): string =>
  `SELECT pg_create_logical_replication_slot(${quoteLiteral(slot)}, ${quoteLiteral(plugin)}${failover ? ', failover => true' : ''})`;

/**
 * On the provider, one row: who this server is, what stands under the slot's name. `plugin` NULL: there is no slot of that name.
 */
export const slotQuestion = (slot: string): string =>
  `SELECT c.system_identifier::text AS system, s.plugin::text AS plugin, coalesce(s.active, false) AS active, s.restart_lsn IS NULL AS lost,
       current_setting('server_version_num')::int AS version
  FROM pg_control_system() c LEFT JOIN pg_replication_slots s ON s.slot_name = ${quoteLiteral(slot)}`;

export const dropSlot = (slot: string): string => `SELECT pg_drop_replication_slot(${quoteLiteral(slot)})`;

/** One row where it was dropped; none: it is in use, or gone. */
export const dropIdleSlot = (slot: string): string =>
  `SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = ${quoteLiteral(slot)} AND NOT active`;

/**
 * Who holds up the making of a slot: it waits for every transaction that has written and was open when it began, in whatever
 * database. Rows of `text`, the oldest first. `olderThan` in seconds.
 */
export const writersOlderThan = (olderThan: number): string =>
  `SELECT format('process %s (%s%s), open for %s s', pid, coalesce(usename::text, backend_type), coalesce(', ' || nullif(application_name, ''), ''),
         round(extract(epoch FROM now() - xact_start))) AS text, xact_start AS since
    FROM pg_stat_activity WHERE backend_xid IS NOT NULL AND pid <> pg_backend_pid() AND xact_start < now() - make_interval(secs => ${olderThan})
  UNION ALL
  SELECT format('prepared transaction %s', gid), prepared FROM pg_prepared_xacts
   ORDER BY since LIMIT 3`;

export const dropOrigin = (origin: string): string =>
  `SELECT pg_replication_origin_drop(${quoteLiteral(origin)})`;

/** On a provider: `slot`, `active`, `pid`, and `answered_ago`, seconds since its reader answered the walsender. */
export const slotReader = (slot: string): string =>
  `SELECT s.slot_name::text AS slot, s.active, s.active_pid AS pid, extract(epoch FROM clock_timestamp() - r.reply_time)::float8 AS answered_ago
  FROM pg_replication_slots s LEFT JOIN pg_stat_replication r ON r.pid = s.active_pid
 WHERE s.slot_name = ${quoteLiteral(slot)} AND s.database = current_database()`;

/** A reader that has answered the walsender within so many seconds lives: receivers do every 10 s (wal_receiver_status_interval). */
export const ALIVE_SECONDS = 30;

/** The walsender of a reader that is gone, where its server has not noticed yet; ends within the time, in milliseconds. */
export const endReader = (pid: number): string => `SELECT pg_terminate_backend(${pid}, 5000)`;

/** On a provider: `lsn`, from where its reader goes on (NULL: it is still being made), `active`, `lost`. No row: there is none. */
export const slotStart = (slot: string): string =>
  `SELECT confirmed_flush_lsn::text AS lsn, active, coalesce(wal_status = 'lost', false) AS lost
  FROM pg_replication_slots WHERE slot_name = ${quoteLiteral(slot)} AND database = current_database()`;

export const advanceOrigin = (origin: string, lsn: string): string =>
  `SELECT pg_replication_origin_advance(${quoteLiteral(origin)}, ${quoteLiteral(lsn)})`;
