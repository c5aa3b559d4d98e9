/** Marks from node to node, and what each reads from the others. */
import type { MarkQuestions } from '#core/engines/changes.ts';
import { mark } from './mark.ts';

/** What the node reads from others: `name`, `provider` (a name in Spock), `slot`, `enabled`, `delay` (seconds). */
const READS = `SELECT s.sub_name::text AS name, n.node_name::text AS provider, s.sub_slot_name::text AS slot, s.sub_enabled AS enabled,
       coalesce(extract(epoch FROM (to_jsonb(s) ->> 'sub_apply_delay')::interval), 0)::float8 AS delay
  FROM spock.subscription s JOIN spock.node n ON n.node_id = s.sub_origin`;

export const marks: MarkQuestions = {
  capable: "SELECT to_regprocedure('spock.sync_event(boolean)') IS NOT NULL AS capable",
  send: mark.sql,
  reads: READS,
};
