/** Whose a row is: by the numbers of origins, and by what Spock counts of what it applies. */
import type { RowOrigins } from '#core/engines/changes.ts';
import { quoteLiteral, quoteQualified } from '#core/engines/quote.ts';

export const rowOrigins: RowOrigins = {
  countsApplied: "SELECT to_regclass('spock.channel_table_stats') IS NOT NULL AS counts",
  /**
   * Updates and deletes together: Spock 5.0 and 6.0 count a delete that they apply as an update (spock_apply_heap_delete). The
   * stand-in counts none, and has no such setting.
   */
  applied: `CASE WHEN current_setting('spock.channel_counters', true) = 'on'
    THEN (SELECT coalesce(sum(h.n_tup_upd + h.n_tup_del), 0)::float8 FROM spock.channel_table_stats h WHERE h.relid = c.oid AND h.subid <> 0) END`,
  /** Spock dates a row that it applies as its origin did, under the node's id, not under the number of the origin (tried on 5.0.11 and 6.0.0). */
  countSince: ({ schema, table }, { id, since }) =>
    `SELECT count(*)::float8 AS rows FROM ONLY ${quoteQualified(schema, table)} t CROSS JOIN LATERAL pg_xact_commit_timestamp_origin(t.xmin) o
      WHERE o.roident = ${quoteLiteral(id)}::oid AND o.timestamp > ${quoteLiteral(since)}::timestamptz`,
  foreign(subscriptions) {
    const own = `ARRAY[${subscriptions.map(quoteLiteral).join(', ')}]::text[]`;
    return `SELECT o.roident::text AS origin FROM pg_replication_origin o WHERE NOT starts_with(o.roname, 'spock_standin')
   AND NOT EXISTS (SELECT FROM spock.subscription s WHERE s.sub_name = ANY (${own}) AND (starts_with(o.roname, s.sub_slot_name)
     OR o.roname ~ ('^pg_' || coalesce((SELECT n.oid::text FROM pg_subscription n WHERE n.subname = s.sub_slot_name), 'x') || '(_|$)')))
 UNION SELECT s.sub_origin::text FROM spock.subscription s WHERE s.sub_name <> ALL (${own})`;
  },
};
