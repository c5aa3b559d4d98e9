/** A cluster as the registry and the list of clusters tell of it. */
import type { Cluster, ClusterSummary } from '#core/contract/clusters.ts';
import { maskDsn } from '#core/dsn/mask.ts';
import { roomLeft, type WalRoom } from '#core/model/wal-room.ts';
import { summaryOf } from '#core/snapshot/summary.ts';
import { consoleDsn, rawDsn } from './read-fast.ts';
import type { ClusterWatch } from './watch.ts';

export const summarize = ({ cluster, snapshot }: ClusterWatch): ClusterSummary =>
  summaryOf(
    { name: cluster.name, engine: 'spock', sandbox: cluster.sandbox !== null, nodes: cluster.nodes },
    snapshot,
  );

const roomView = (room: WalRoom | null, heldNow: number | null) =>
  room && { ...room, bytesLeft: roomLeft(room, heldNow) };

export function describeCluster(watch: ClusterWatch): Cluster {
  const { cluster } = watch;
  return {
    name: cluster.name,
    engine: 'spock',
    createdAt: new Date(cluster.createdAt).toISOString(),
    nodes: cluster.nodes.map((node) => ({
      name: node.name,
      dsn: maskDsn(consoleDsn(node)),
      peerDsn: node.peerHost === null ? null : maskDsn(rawDsn(node)),
      hasPassword: true,
      walRoom: roomView(
        watch.walRoom(node, Date.parse(watch.snapshot.observedAt)),
        watch.mostHeldBytes(node.name),
      ),
    })),
    discovered: cluster.discovered,
    thresholds: cluster.thresholds,
    topology: cluster.topology,
    sandbox: cluster.sandbox,
  };
}
