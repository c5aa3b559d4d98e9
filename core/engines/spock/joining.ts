/**
 * A node that joins (tried on 5.0.11 and 6.0.0 under writes on all nodes). What Spock itself says of the source's positions is no
 * proof: spock.progress of 5.0 is written once a second, and that of 6.0 is wrong where Spock's pause of 10 s has run out while the
 * copy's slot waited for a long transaction. So the positions are read before and after the snapshot (server/run/join-copy.ts).
 */
import type { Joining } from '#core/engines/joining.ts';
import { quoteLiteral } from '#core/engines/quote.ts';

const isOld = (version: string | null): boolean =>
  version !== null && /^([1-4]\.|5\.0\.[0-6](\D|$))/.test(version);

export const joining: Joining = {
  cannot(nodes) {
    if (nodes.some(({ standin }) => standin)) {
      return 'the stand-in for Spock copies no structure and has no spock.pause_apply_workers()';
    }
    return nodes.some(({ version }) => isOld(version))
      ? 'Spock before 5.0.7 has no spock.pause_apply_workers()'
      : null;
  },
  pause: 'SELECT spock.pause_apply_workers()',
  resume: 'SELECT spock.resume_apply_workers()',
  /** spock.pause_timeout */
  pauseSeconds: 10,
  /** Of 6.0, from the end of its copy on (spock.read_peer_progress); 5.0 has no such column. */
  tellsCopied: `SELECT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = to_regclass('spock.progress') AND a.attname = 'remote_commit_lsn') AS tells`,
  copiedUpTo: `SELECT n.node_name::text AS provider, nullif(to_jsonb(p) ->> 'remote_commit_lsn', '0/0') AS lsn
  FROM spock.progress p JOIN spock.node n ON n.node_id = p.remote_node_id`,
  /** What replication brings has the node's id there (pg_replication_origin has other numbers). */
  isFrom: (nodes) =>
    `o.roident IN (SELECT n.node_id::oid FROM spock.node n WHERE n.node_name = ANY (ARRAY[${nodes.map(quoteLiteral).join(', ')}]::text[]))`,
  traces: {
    look: 'SELECT count(*) FROM spock.progress WHERE remote_node_id NOT IN (SELECT node_id FROM spock.node)',
    remove: 'DELETE FROM spock.progress WHERE remote_node_id NOT IN (SELECT node_id FROM spock.node)',
  },
};
