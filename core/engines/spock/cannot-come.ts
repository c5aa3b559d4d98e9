/**
 * Why what is waited for will not come: the states of Spock and PostgreSQL out of which nothing more comes by itself, asked while
 * it is waited. One row at most: `reason` and `why` in words; `patience`: seconds for which it must stay so (a lock or a transaction may end;
 * what is final has 0); besides, for the wait to count attempts, `attempt`: the workers at it, and `down`: none is.
 */
import type { Slot, WaitedFor } from '#core/engines/changes.ts';
import { quoteLiteral, quoteQualified } from '#core/engines/quote.ts';
import { type Sql, sql } from '#core/engines/sql.ts';
import type { HopelessReason } from '#core/engines/units.ts';
import { discarded } from './ddl.ts';

/**
 * Whether row `r` of pg_replication_slots is that slot. Spock names it after the receiver's database, which is not known where it
 * stands, the provider's node and the subscription (spock_functions.c, gen_slot_name).
 */
export const slotIs = (slot: Slot): string =>
  typeof slot === 'string'
    ? `r.slot_name = ${quoteLiteral(slot)}`
    : `(starts_with(r.slot_name, 'spk_') AND r.slot_name LIKE (SELECT '%' || replace(substr(spock.spock_gen_slot_name('x', n.node_name, ${quoteLiteral(slot.of)}), 6), '_', '\\_') FROM spock.local_node l JOIN spock.node n ON n.node_id = l.node_id))`;

const nameOf = (slot: Slot): string => (typeof slot === 'string' ? slot : `of ${slot.of}`);

const text = (words: string): string => quoteLiteral(words);

/** The first columns of each question: its place among the others, and what it finds. */
const found = (rank: number, reason: HopelessReason): string =>
  `SELECT ${rank} AS rank, ${text(reason)} AS reason, `;

/** How long a lock or another's transaction is waited for; by a copy, which takes its time anyway. */
const OTHERS_SECONDS = 30;
const COPY_SECONDS = 300;
/** DDL that waits for a lock stops all that the link brings, and everything else that wants the table: somebody has to decide. */
const DDL_SECONDS = 600;
/** Prepared transactions end when somebody comes for them. */
const PREPARED_SECONDS = 10;
/** A synchronous standby that is connected answers in ms; one that is being restarted has this long. */
const STANDBY_SECONDS = 10;
/** A slot or sender that is about to be given back. */
const GIVEN_BACK_SECONDS = 5;

const gone = (node: string, name: string): string =>
  `${found(1, 'dropped')}${text(`${node} no longer has subscription ${name}: somebody has dropped it`)} AS why, 0 AS patience WHERE NOT EXISTS (SELECT FROM spock.subscription WHERE sub_name = ${text(name)})`;

const fewer = (node: string, count: number): string =>
  `${found(1, 'dropped')}format(${text(`${node} has %s of ${count} subscriptions: somebody has dropped the others`)}, n), 0 FROM (SELECT count(*) AS n FROM spock.subscription) s WHERE n < ${count}`;

const which = (name: string | null): string => (name === null ? 'true' : `s.sub_name = ${text(name)}`);

/** Spock writes why it disabled a subscription into exception_log; a word of long ago is not this one's. */
const disabled = (node: string, name: string | null): string =>
  `${found(2, 'disabled')}format('%s on %s is disabled%s', s.sub_name, ${text(node)}, ': ' || (SELECT e.error_message FROM spock.exception_log e WHERE e.remote_origin = s.sub_origin AND e.operation = 'SUB_DISABLE' AND e.retry_errored_at > now() - interval '10 min' ORDER BY e.retry_errored_at DESC LIMIT 1)), 0 FROM spock.subscription s WHERE ${which(name)} AND NOT s.sub_enabled`;

/** Spock throws DDL that fails away, and goes on (transdiscard): only its log tells. */
const thrownAway = (node: string, ddl: string, before: number): string =>
  `${found(2, 'discarded')}format(${text(`${node} has discarded it: %s`)}, (SELECT e.error_message FROM spock.exception_log e WHERE e.operation = 'DDL' AND strpos(e.ddl_statement, ${text(ddl)}) > 0 ORDER BY e.retry_errored_at DESC LIMIT 1)), 0 FROM (${discarded(ddl)}) n (count) WHERE n.count > ${before}`;

const failedCopy = (node: string, name: string, table: { schema: string; table: string } | null): string => {
  const of =
    table === null
      ? 'true'
      : `y.sync_nspname = ${text(table.schema)} AND y.sync_relname = ${text(table.table)}`;
  return `${found(3, 'copy-given-up')}format('Spock has given up the copy of %s to %s (sync status f): from now on its changes are discarded', coalesce(y.sync_nspname || '.' || y.sync_relname, s.sub_name), ${text(node)}), 0 FROM spock.local_sync_status y JOIN spock.subscription s ON s.sub_id = y.sync_subid WHERE ${which(name)} AND y.sync_status = 'f' AND ${of}`;
};

const notAsked = (name: string, { schema, table }: { schema: string; table: string }): string =>
  `${found(4, 'no-copy')}${text(`no copy of ${quoteQualified(schema, table)} is under way: Spock no longer lists it`)}, ${GIVEN_BACK_SECONDS} WHERE NOT EXISTS (SELECT FROM spock.local_sync_status y JOIN spock.subscription s ON s.sub_id = y.sync_subid WHERE ${which(name)} AND y.sync_nspname = ${text(schema)} AND y.sync_relname = ${text(table)})`;

/**
 * Row `w` of pg_stat_activity is a worker of the subscription, or a session that it has opened for a copy (spock_sync.c); of a
 * copy, only those that copy: its apply worker may well wait for others meanwhile. Behind the stand-in's are PostgreSQL's own.
 */
const workerOf = (name: string | null, copying: boolean): string =>
  `w.datname = current_database() AND (${copying ? `w.application_name = 'pg_restore' OR ` : ''}EXISTS (SELECT FROM spock.subscription s WHERE ${which(name)} AND (w.backend_type ~ ('^spock ${copying ? 'sync' : '(apply|sync)'} .*:' || s.sub_id || '$') OR w.application_name = s.sub_name || '_copy' OR w.pid IN (SELECT n.pid FROM pg_stat_subscription n WHERE n.subname = s.sub_slot_name))))`;

/** The walsender that makes the slot, or sends from it. */
const senderOf = (slot: Slot | null): string =>
  `w.pid IN (SELECT r.active_pid FROM pg_replication_slots r WHERE ${slots(slot)})`;

const unanswered = (node: string, workers: string): string =>
  `${found(5, 'standby-silent')}format(${text(`${node} waits for a synchronous standby that does not answer: synchronous_standby_names = %L`)}, current_setting('synchronous_standby_names')), ${STANDBY_SECONDS} FROM pg_stat_activity w WHERE ${workers} AND w.wait_event = 'SyncRep'`;

const PREPARED: HopelessReason = 'prepared-transaction';
const OPEN: HopelessReason = 'open-transaction';

/**
 * Who holds up a worker, or the making of a slot (which waits for all transactions that have written; snapbuild.c). `patience`
 * in seconds.
 */
const heldUp = (node: string, workers: string, patience: number): string =>
  `SELECT 6, CASE WHEN h.pid IS NULL THEN ${text(PREPARED)} ELSE ${text(OPEN)} END,
       CASE WHEN w.backend_type = 'walsender' THEN ${text(`${node} cannot create the slot: `)} ELSE format('%s on %s waits for a lock: ', w.backend_type, ${text(node)}) END
       || CASE WHEN h.pid IS NULL THEN coalesce((SELECT format('prepared transaction %L of %s has been open since %s', x.gid, x.owner, x.prepared) FROM pg_prepared_xacts x WHERE x.transaction = l.transactionid OR l.transactionid IS NULL ORDER BY x.prepared LIMIT 1), 'a prepared transaction is open')
          ELSE format('process %s (%s) has had a transaction open since %s%s', h.pid, concat_ws(', ', h.usename, nullif(h.application_name, '')), h.xact_start, ': ' || left(nullif(h.query, ''), 200)) END,
       CASE WHEN h.pid IS NULL THEN ${PREPARED_SECONDS} ELSE ${patience} END
  FROM pg_stat_activity w CROSS JOIN LATERAL unnest(pg_blocking_pids(w.pid)) b(pid)
  LEFT JOIN pg_stat_activity h ON h.pid = b.pid
  LEFT JOIN LATERAL (SELECT k.transactionid FROM pg_locks k WHERE k.pid = w.pid AND NOT k.granted LIMIT 1) l ON true
 WHERE ${workers} AND w.wait_event_type = 'Lock' AND (h.pid IS NULL OR h.backend_type !~ '^(spock|logical replication)')`;

const slots = (slot: Slot | null): string =>
  slot === null
    ? `r.slot_type = 'logical' AND starts_with(r.slot_name, 'spk_') AND NOT r.temporary AND r.database = current_database()`
    : slotIs(slot);

/** max_slot_wal_keep_size, or idle_replication_slot_timeout, or somebody: it never comes back (replication slots docs). */
const lost = (node: string, slot: Slot | null): string =>
  `${found(2, 'slot-lost')}format(${text(`slot %s on ${node} is lost: the WAL that it needed has been removed (max_slot_wal_keep_size = %s)`)}, r.slot_name, current_setting('max_slot_wal_keep_size')), 0 FROM pg_replication_slots r WHERE ${slots(slot)} AND r.wal_status = 'lost'`;

const noSlot = (node: string, slot: Slot): string =>
  `${found(3, 'slot-gone')}${text(`${node} no longer has slot ${nameOf(slot)}`)}, 0 WHERE NOT EXISTS (SELECT FROM pg_replication_slots r WHERE ${slots(slot)})`;

const fewerSlots = (node: string, count: number): string =>
  `${found(3, 'slot-gone')}format(${text(`${node} has %s of ${count} slots`)}, n), 0 FROM (SELECT count(*) AS n FROM pg_replication_slots r WHERE ${slots(null)}) c WHERE n < ${count}`;

const usedUp = (node: string, slot: Slot | null, count: number): string =>
  `${found(7, 'slots-used-up')}format(${text(`${node} uses all of its %s replication slots (max_replication_slots)`)}, current_setting('max_replication_slots')), ${GIVEN_BACK_SECONDS}
  WHERE (SELECT count(*) FROM pg_replication_slots) >= current_setting('max_replication_slots')::int AND (SELECT count(*) FROM pg_replication_slots r WHERE ${slots(slot)}) < ${count}
 UNION ALL ${found(8, 'senders-used-up')}format(${text(`${node} uses all of its %s WAL senders (max_wal_senders)`)}, current_setting('max_wal_senders')), ${GIVEN_BACK_SECONDS}
  WHERE (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'walsender') >= current_setting('max_wal_senders')::int AND (SELECT count(*) FROM pg_replication_slots r WHERE ${slots(slot)} AND r.active) < ${count}`;

/** The workers of the subscriptions, and whether none is up: Spock's, and those behind the stand-in's subscriptions. */
const attempts = (name: string | null): string =>
  `SELECT (SELECT string_agg(pid::text, ',' ORDER BY pid) FROM (
           SELECT w.pid FROM pg_stat_activity w WHERE w.datname = current_database() AND w.backend_type ~ ('^spock (apply|sync) .*:' || s.sub_id || '$')
            UNION SELECT n.pid FROM pg_stat_subscription n WHERE n.subname = s.sub_slot_name AND n.pid IS NOT NULL) p) AS attempt,
       (SELECT status = 'down' FROM spock.sub_show_status(s.sub_name)) AS down, s.sub_id::text AS id
  FROM spock.subscription s WHERE ${which(name)} AND s.sub_enabled ORDER BY down DESC NULLS LAST LIMIT 1`;

function reasons(of: WaitedFor): string[] {
  const { node } = of;
  switch (of.for) {
    case 'replicating': {
      const workers = workerOf(of.subscription, false);
      return [
        of.subscription === null ? fewer(node, of.count ?? 1) : gone(node, of.subscription),
        disabled(node, of.subscription),
        unanswered(node, workers),
        heldUp(node, workers, OTHERS_SECONDS),
      ];
    }
    case 'slot-in-use': {
      const missing = of.slot === null ? fewerSlots(node, of.count ?? 1) : noSlot(node, of.slot);
      return [
        lost(node, of.slot),
        ...(of.made ? [missing] : []),
        heldUp(node, senderOf(of.slot), OTHERS_SECONDS),
        usedUp(node, of.slot, of.count ?? 1),
      ];
    }
    case 'copied': {
      const workers = workerOf(of.subscription, true);
      return [
        gone(node, of.subscription),
        disabled(node, of.subscription),
        failedCopy(node, of.subscription, of.table),
        ...(of.table === null ? [] : [notAsked(of.subscription, of.table)]),
        unanswered(node, workers),
        heldUp(node, workers, COPY_SECONDS),
      ];
    }
    case 'ddl': {
      const workers = workerOf(of.subscription, false);
      return [
        gone(node, of.subscription),
        disabled(node, of.subscription),
        thrownAway(node, of.text, of.discarded),
        unanswered(node, workers),
        heldUp(node, workers, DDL_SECONDS),
      ];
    }
    case 'disabled': {
      const workers = workerOf(of.subscription, false);
      return [gone(node, of.subscription), unanswered(node, workers), heldUp(node, workers, OTHERS_SECONDS)];
    }
  }
}

/** The workers that try; none on the provider's side, and none that are to end. */
function tried(of: WaitedFor): string {
  return of.for === 'replicating' || of.for === 'copied' || of.for === 'ddl'
    ? attempts(of.subscription)
    : 'SELECT NULL::text AS attempt, false AS down, NULL::text AS id';
}

/** See the top. Columns why, reason, patience, attempt, down, id (the subscription's), pid and started_at (of a session that is why); no row only where it cannot be known. */
export function cannotCome(of: WaitedFor): Sql {
  const [first = '', ...rest] = reasons(of);
  // The first names the columns, whichever it is.
  const union = [
    `SELECT 0 AS rank, NULL::text AS reason, NULL::text AS why, NULL::int AS patience WHERE false`,
    first,
    ...rest,
  ];
  return sql`SELECT r.why, r.reason, r.patience, a.attempt, a.down, a.id, h.pid, extract(epoch FROM h.backend_start)::text AS started_at FROM (SELECT 1) one LEFT JOIN LATERAL (SELECT * FROM (${union.join(' UNION ALL ')}) u ORDER BY rank, patience LIMIT 1) r ON true LEFT JOIN LATERAL (${tried(of)}) a ON true LEFT JOIN pg_stat_activity h ON r.reason = ${text(OPEN)} AND h.backend_type = 'client backend' AND h.pid = substring(r.why FROM 'process (\\d+) \\(')::int`;
}
