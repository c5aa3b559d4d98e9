/** What the slower poll reads from a simulated server: tables, sets, settings, interfaces, counters. */

import { maskDsn } from '#core/dsn/mask.ts';
import type { Capabilities } from '#core/engines/engine.ts';
import { bothInserted } from '#core/engines/spock/meanings.ts';
import { ADDRESSES } from '#core/engines/spock/simulated.ts';
import type { SlowFacts, TableFacts } from '#core/model/facts.ts';
import type { SimCluster, SimNode, SimSubscription } from './model.ts';
import { connected, nodesOf, subscriptionsOf } from './physics.ts';
import { seedOf } from './random.ts';
import { exceptionMarks, interfaceId, nodeId, rawDsn } from './read-fast.ts';

export function capabilitiesOf(node: SimNode): Capabilities {
  const [major = '0', minor = '0'] = node.serverVersion.split('.');
  return {
    serverVersionNum: Number(major) * 10_000 + Number(minor),
    serverVersion: node.serverVersion,
    extensionVersion: node.engineVersion,
    database: node.database,
    user: 'tricorder',
    superuser: false,
    readsAllStats: true,
    columns: new Map(),
    refusedColumns: new Map(),
    functions: new Set(),
    refusedFunctions: new Set(),
    unseen: node.unseen,
  };
}

const PROTOCOLS: Record<string, { min: number; max: number }> = {
  '4': { min: 2, max: 2 },
  '5': { min: 3, max: 4 },
  '6': { min: 4, max: 5 },
};

/** `before` gives its list of tables again when no catalog was written, as the engine does. */
export function readSlow(
  cluster: SimCluster,
  node: SimNode,
  before: SlowFacts | null,
  at: number,
): SlowFacts {
  const mark = String(node.catalogMark);
  const nodes = nodesOf(cluster);
  const provided = subscriptionsOf(cluster, 'provider', node.name);
  const received = subscriptionsOf(cluster, 'receiver', node.name);
  const senders = provided.filter((sub) => connected(sub, nodes)).length;
  return {
    database: node.database,
    encoding: 'UTF8',
    collation: 'C',
    serverVersion: node.serverVersion,
    engineVersion: node.engineVersion,
    libraryVersion: node.engineVersion,
    protocol: PROTOCOLS[node.engineVersion.slice(0, 1)] ?? null,
    standin: node.standin,
    interfaces: cluster.nodes.map((peer) => {
      const dsn = node.unseen.includes(ADDRESSES) ? null : rawDsn(peer, hostOf(peer, received));
      return {
        id: interfaceId(cluster.name, peer.name),
        nodeId: nodeId(cluster.name, peer.name),
        name: peer.name,
        dsn: dsn === null ? null : maskDsn(dsn),
        rawDsn: dsn,
      };
    }),
    sets: node.sets.map((set) => ({ id: String(seedOf(set.name)), ...set })),
    tables:
      before !== null && before.catalogMark === mark && before.tables !== null
        ? before.tables
        : tablesOf(node),
    catalogMark: mark,
    tablesComplete: true,
    settings: [...node.settings].map(([name, { value, unit, next = null }]) => ({
      name,
      value,
      unit,
      pendingRestart: next !== null,
    })),
    used: {
      slots: provided.length + node.otherSlots.length,
      senders,
      workers: received.filter((sub) => sub.enabled).length + 2,
      origins: received.length,
    },
    snowflakeNode: node.snowflakeNode,
    counters: null,
    conflicts: cluster.conflicts
      .filter((row) => row.node === node.name)
      .slice(0, 100)
      .map((row) => ({
        id: row.id,
        at: Date.parse(row.at),
        schema: row.schema,
        table: row.table,
        type: row.type,
        resolution: row.resolution,
        bothInserted: bothInserted(row.type),
        remoteOriginId: row.remoteOrigin === null ? null : nodeId(cluster.name, row.remoteOrigin),
      })),
    exceptions: exceptionMarks(cluster, node).slice(0, 60),
    exceptionCounts: exceptionCounts(cluster, node),
    serverClock: at,
    ...node.upkeep,
  };
}

/** Where this node reads a peer: at an old address, when the peer has moved. */
function hostOf(peer: SimNode, received: SimSubscription[]): string {
  const moved = received.find((sub) => sub.provider === peer.name)?.providerHost;
  return moved ?? peer.peerHost ?? peer.host;
}

function tablesOf(node: SimNode): TableFacts[] {
  return node.tables.map((table, index) => ({
    oid: String(16_400 + index),
    schema: table.schema,
    table: table.name,
    kind: 'r',
    partitionOf: table.partitionOf,
    replicaIdentity: table.identity,
    keyColumns: table.key,
    columns: table.columns,
    deltaColumns: table.deltaColumns,
    sequenceColumns: table.sequenceColumns,
    snowflakeColumns: [],
    rowsEstimate: table.rows,
    memberships: table.sets,
  }));
}

function exceptionCounts(cluster: SimCluster, node: SimNode): { originId: string; count: number }[] {
  const counts = new Map<string, number>();
  for (const row of cluster.exceptions) {
    if (row.node !== node.name || row.status === 'resolved') continue;
    const origin = nodeId(cluster.name, row.origin ?? '');
    counts.set(origin, (counts.get(origin) ?? 0) + 1);
  }
  return [...counts].map(([originId, count]) => ({ originId, count }));
}
