/**
 * What it takes to drop a subscription in whatever state it is. Plain `sub_drop` in the midst of a copy waits for ever: it
 * deletes the status rows, then waits for the apply worker's end, and the worker waits for that row's lock
 * (spock_drop_subscription in spock_functions.c; tried on 5.0.11 and 6.0.0). And it drops the provider's slot by its name,
 * whoever reads from it.
 */
import type { Unsubscribing } from '#core/engines/changes.ts';
import { quoteLiteral } from '#core/engines/quote.ts';

/** A subscription by its name on the receiver: no row where there is none, or where there is no Spock. */
const named = (name: string): string =>
  `SELECT s.sub_id::text AS id, s.sub_slot_name::text AS slot, s.sub_enabled AS enabled, o.node_name::text AS provider,
       (SELECT i.if_name::text FROM spock.node_interface i WHERE i.if_id = s.sub_origin_if) AS interface
  FROM spock.subscription s JOIN spock.node o ON o.node_id = s.sub_origin WHERE s.sub_name = ${quoteLiteral(name)}`;

/** Whether `spock.subscription` may be asked at all: one boolean, `there`. */
const HAS_SUBSCRIPTIONS = `SELECT to_regclass('spock.subscription') IS NOT NULL AS there`;

/** Slots of table copies are called after the subscription's (spock_sync_main in spock_sync.c), and so are their origins. */
const family = (column: string, slot: string): string =>
  `(${column} = ${quoteLiteral(slot)} OR (starts_with(${column}, ${quoteLiteral(`${slot}_`)}) AND substr(${column}, ${slot.length + 2}) ~ '^[0-9a-f]{8}$'))`;

/** On the provider: the subscription's slot and those of its table copies, its own first. */
const slotsOf = (slot: string): string =>
  `SELECT slot_name::text AS slot, active, active_pid AS pid FROM pg_replication_slots
 WHERE ${family('slot_name::text', slot)} AND database = current_database() ORDER BY length(slot_name::text)`;

/** On any other node: the subscriptions to the node `provider` that name one of these slots. */
const namersOf = (slot: string, provider: string): string =>
  `SELECT s.sub_name::text AS name, s.sub_slot_name::text AS slot FROM spock.subscription s JOIN spock.node o ON o.node_id = s.sub_origin
 WHERE ${family('s.sub_slot_name::text', slot)} AND o.node_name = ${quoteLiteral(provider)}`;

const enable = (subscription: string): string =>
  `SELECT spock.sub_enable(${quoteLiteral(subscription)}, true)`;

const disable = (subscription: string): string =>
  `SELECT spock.sub_disable(${quoteLiteral(subscription)}, true)`;

const drop = (subscription: string): string => `SELECT spock.sub_drop(${quoteLiteral(subscription)}, true)`;

/** As spock_connect_base and shorten_hash (spock.c) make it; hash_any of a text is hashtext(). */
const applicationName = (subscription: string, suffix: 'copy' | 'snap'): string => {
  const room = 63 - suffix.length - 1;
  const name = quoteLiteral(subscription);
  return subscription.length <= room
    ? quoteLiteral(`${subscription}_${suffix}`)
    : `left(left(${name}, ${room - 8}) || lpad(to_hex(hashtext(${name})), 8, '0'), ${room - 1}) || '_${suffix}'`;
};

/**
 * Ends the sessions of a copy under way: `<sub>_snap` holds its snapshot or waits with the slot for open transactions,
 * `<sub>_copy` carries the rows; on the provider pg_dump has the same snapshot. A worker that reads from them cannot be
 * interrupted otherwise (it is inside libpq, or waits for pg_dump). One row each, `what`.
 */
const endCopy = (subscription: string): string =>
  `WITH copy AS (SELECT * FROM pg_stat_activity WHERE datname = current_database()
    AND application_name IN (${applicationName(subscription, 'copy')}, ${applicationName(subscription, 'snap')}))
SELECT a.application_name AS what, pg_terminate_backend(a.pid) AS ended FROM pg_stat_activity a
 WHERE a.pid IN (SELECT pid FROM copy) OR (a.application_name = 'pg_dump' AND a.datname = current_database()
   AND EXISTS (SELECT FROM copy c WHERE c.usename = a.usename AND c.client_addr IS NOT DISTINCT FROM a.client_addr
                AND c.backend_xmin = a.backend_xmin AND c.backend_start <= a.backend_start))`;

/** On the receiver: Spock's workers for the subscription (spock_worker_register in spock_worker.c gives them their names). */
const workersOf = (id: string): string =>
  `SELECT a.pid, a.backend_type AS type, concat_ws(' ', a.wait_event_type, a.wait_event) AS wait, array_to_string(pg_blocking_pids(a.pid), ', ') AS blockers
  FROM pg_stat_activity a JOIN pg_database d ON d.oid = a.datid AND d.datname = current_database()
 WHERE a.backend_type = 'spock apply ' || d.oid || ':${BigInt(id)}' OR (starts_with(a.backend_type, 'spock sync ') AND right(a.backend_type, length(d.oid || ':${BigInt(id)}') + 1) = ' ' || d.oid || ':${BigInt(id)}')`;

/**
 * On the receiver, for workers that do not end: they are told once more, and the one pg_restore that the worker waits for is
 * ended; where there are several it cannot be told which is Spock's, and none is.
 */
const endWorkers = (id: string): string =>
  `WITH workers AS (${workersOf(id)}), started AS (SELECT min(a.backend_start) AS at FROM pg_stat_activity a JOIN workers w ON w.pid = a.pid),
 restores AS (SELECT a.pid, count(*) OVER () AS number FROM pg_stat_activity a, started WHERE a.application_name = 'pg_restore' AND a.datname = current_database() AND a.backend_start >= started.at)
SELECT pg_terminate_backend(pid) AS ended FROM (SELECT pid FROM workers UNION ALL SELECT pid FROM restores WHERE number = 1) AS of_it`;

/** An interface that leads nowhere, at once. */
const nowhere = (id: string): string => `tricorder_nowhere_${BigInt(id)}`;

/**
 * Makes the subscription's interface to its provider lead nowhere, so that the sub_drop that comes next reaches no provider and
 * leaves the slot (it then warns, and drops all that is of the receiver).
 */
const detach = (subscription: string, id: string, provider: string): string[] => [
  `SELECT spock.node_add_interface(${quoteLiteral(provider)}, ${quoteLiteral(nowhere(id))}, 'host=/nonexistent port=1 dbname=none')
    WHERE NOT EXISTS (SELECT FROM spock.node_interface i JOIN spock.node n ON n.node_id = i.if_nodeid WHERE n.node_name = ${quoteLiteral(provider)} AND i.if_name = ${quoteLiteral(nowhere(id))})`,
  `SELECT spock.sub_alter_interface(${quoteLiteral(subscription)}, ${quoteLiteral(nowhere(id))})`,
];

/** Where the drop did not come to pass: by the interface of before again. */
const reattach = (subscription: string, interfaceName: string): string =>
  `SELECT spock.sub_alter_interface(${quoteLiteral(subscription)}, ${quoteLiteral(interfaceName)})`;

/** After it: the interface goes by itself with the last subscription to the provider. */
const detached = (id: string, provider: string): string =>
  `SELECT spock.node_drop_interface(n.node_name, i.if_name) FROM spock.node_interface i JOIN spock.node n ON n.node_id = i.if_nodeid
 WHERE n.node_name = ${quoteLiteral(provider)} AND i.if_name = ${quoteLiteral(nowhere(id))}`;

/** On the receiver: origins of the slot's name that no subscription there names. */
const originsLeft = (slot: string): string =>
  `SELECT roname AS origin FROM pg_replication_origin WHERE ${family('roname', slot)}
   AND NOT EXISTS (SELECT FROM spock.subscription s WHERE s.sub_slot_name::text = roname)`;

export const unsubscribing: Unsubscribing = {
  hasSubscriptions: HAS_SUBSCRIPTIONS,
  named,
  slotsOf,
  namersOf,
  enable,
  disable,
  drop,
  enableByHand: (subscription) => `SELECT spock.sub_enable(${quoteLiteral(subscription)})`,
  dropByHand: (subscription) => `SELECT spock.sub_drop(${quoteLiteral(subscription)})`,
  dropText: 'spock.sub_drop',
  endCopy,
  workersOf,
  endWorkers,
  detach,
  reattach,
  detached,
  originsLeft,
};
