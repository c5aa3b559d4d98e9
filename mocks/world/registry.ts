/** A cluster as the registry and the list of clusters tell of it. */
import type { Cluster, ClusterSummary } from '#core/contract/clusters.ts';
import { maskDsn } from '#core/model/mask-dsn.ts';
import { roomLeft, type WalRoom } from '#core/model/wal-room.ts';
import { consoleDsn, rawDsn } from './read-fast.ts';
import type { ClusterWatch } from './watch.ts';

const distinct = (values: (string | null)[]): string[] =>
  [...new Set(values.filter((value) => value !== null))].sort();

export function summarize(watch: ClusterWatch): ClusterSummary {
  const { cluster, snapshot } = watch;
  return {
    name: cluster.name,
    engine: 'spock',
    health: snapshot.health,
    sentence: snapshot.sentence.map((part) => part.text).join(''),
    nodes: snapshot.nodes.length,
    nodesUp: snapshot.nodes.filter((node) => node.state === 'up').length,
    links: snapshot.links.length,
    linksReplicating: snapshot.links.filter((link) => link.state === 'replicating').length,
    findings: snapshot.findings.length,
    sandbox: cluster.sandbox !== null,
    standin: snapshot.nodes.some((node) => node.standin),
    serverVersions: distinct(snapshot.nodes.map((node) => node.serverVersion)),
    engineVersions: distinct(snapshot.nodes.map((node) => node.engineVersion)),
    observedAt: snapshot.nodes.some((node) => node.observedAt !== null) ? snapshot.observedAt : null,
  };
}

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
