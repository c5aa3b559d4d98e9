/**
 * How far each node has applied what another has committed, by the slots that its subscriptions read from; nothing is written.
 * A slot's confirmed_flush_lsn is what its subscriber has committed and flushed of it (for Spock get_flush_position in
 * spock_apply.c, for PostgreSQL's own in worker.c).
 */
import { quoteLiteral } from '#core/engines/quote.ts';

/**
 * The position behind all that any snapshot so far has seen: of what is inserted, since a commit with synchronous_commit off is
 * seen before it is written. `settles`: milliseconds after which the WAL writer has flushed every such commit
 * (three times wal_writer_delay, walwriter.c); what is inserted beyond the flushed position is then no commit.
 */
export const POSITION = `SELECT pg_current_wal_insert_lsn()::text AS lsn, current_setting('wal_block_size')::int AS page,
       3 * (SELECT setting::int FROM pg_settings WHERE name = 'wal_writer_delay') AS settles`;

/** `flushed`, and of each of these slots that there are: `slot`, `confirmed`, `sent`, `active`. One row at least. */
export function slotsNow(slots: readonly string[]): string {
  const names = slots.map(quoteLiteral).join(', ');
  return `SELECT pg_current_wal_flush_lsn()::text AS flushed, s.slot_name::text AS slot, s.confirmed_flush_lsn::text AS confirmed,
       s.active, (SELECT r.sent_lsn::text FROM pg_stat_replication r WHERE r.pid = s.active_pid LIMIT 1) AS sent
  FROM (SELECT) AS one LEFT JOIN pg_replication_slots s ON s.slot_name IN (${names}) AND s.database = current_database()`;
}
