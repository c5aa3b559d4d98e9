/** Who reads from a node: the slots that stand on it, and the subscriptions that other nodes have to it. */
import type { ReaderQuestions } from '#core/engines/changes.ts';

/**
 * Logical slots of this database, in use or not, with what is connected to them. `engine`: of Spock, by its output plugin (spock
 * up to 3); those of the stand-in use pgoutput, and Spock's names.
 */
const SLOTS_ON_NODE = `
SELECT s.slot_name::text AS slot, s.active,
       s.plugin IN ('spock_output', 'spock') OR s.plugin = 'pgoutput' AND starts_with(s.slot_name, 'spk_') AS engine,
       concat_ws(' from ', nullif(a.application_name, ''), host(a.client_addr)) AS reader
  FROM pg_catalog.pg_replication_slots s LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = s.active_pid
 WHERE s.slot_type = 'logical' AND s.database = pg_catalog.current_database()
 ORDER BY 1`;

/** Subscriptions of a receiver, with the name of the node that each reads from. */
const SUBSCRIPTIONS = `
SELECT s.sub_name::text AS subscription, n.node_name::text AS provider, s.sub_slot_name::text AS slot
  FROM spock.subscription s LEFT JOIN spock.node n ON n.node_id = s.sub_origin ORDER BY 1`;

export const readers: ReaderQuestions = { slotsOnNode: SLOTS_ON_NODE, subscriptions: SUBSCRIPTIONS };
