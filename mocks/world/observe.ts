/** What the console reads from one simulated server at one poll, or why it got nothing. */

import type { z } from 'zod';
import type { NodeError, NodeSnapshot } from '#core/model/snapshot.ts';
import type { SimCluster, SimNode } from './model.ts';
import { chance, drift, seedOf } from './random.ts';
import { lsnText } from './wal.ts';

type NodeFault = z.infer<typeof NodeError>;

/** The round trip of one poll, ms: the way there, some jitter, now and then a slow one. */
export function roundTrip(cluster: SimCluster, node: SimNode, at: number): number {
  const seed = cluster.seed ^ seedOf(node.name);
  const tick = Math.floor(at / 1000);
  const jitter = 1 + 0.06 * (chance(seed, tick) - 0.5) + 0.04 * drift(seed, tick, 20);
  const slow = chance(seed ^ 0x51, tick) > 0.985 ? 1.6 : 1;
  return Math.round(node.roundTripMs * jitter * slow * 10) / 10;
}

/** The error of a poll that a stopped or hung server gives. */
export function faultOf(node: SimNode, since: number, tries: number): NodeFault {
  const [place = node.address] = node.address.split('/');
  return node.state === 'hung'
    ? {
        code: 'timeout',
        message: `Connecting to ${place} times out after 2 s`,
        sqlstate: null,
        since: new Date(since).toISOString(),
        tries,
      }
    : {
        code: 'refused',
        message: `connect ECONNREFUSED ${place}`,
        sqlstate: null,
        since: new Date(since).toISOString(),
        tries,
      };
}

export function usedSlots(cluster: SimCluster, node: SimNode): number {
  const own = cluster.subscriptions.filter((sub) => sub.provider === node.name && sub.confirmed !== null);
  return own.length + node.otherSlots;
}

/** A good poll's facts about the node itself. */
export function nodeFacts(cluster: SimCluster, node: SimNode, at: number, since: number): NodeSnapshot {
  const trip = roundTrip(cluster, node, at);
  const seed = cluster.seed ^ seedOf(node.name);
  const senders = cluster.subscriptions.filter((sub) => sub.provider === node.name).length;
  const workers = cluster.subscriptions.filter((sub) => sub.receiver === node.name && sub.enabled).length;
  return {
    name: node.name,
    state: 'up',
    observedAt: new Date(at).toISOString(),
    since: new Date(since).toISOString(),
    error: null,
    address: node.address,
    roundTripMs: trip,
    serverVersion: node.serverVersion,
    engineVersion: node.engineVersion,
    standin: node.standin,
    location: node.location,
    country: node.country,
    readOnly: node.readOnly,
    standby: node.standby,
    systemIdentifier: node.systemIdentifier,
    timeline: node.timeline,
    walLsn: node.standby ? null : lsnText(node.wal),
    walBytesPerSecond: null,
    clockOffsetSeconds: node.clockOffsetSeconds + (trip / 200_000) * (chance(seed ^ 0x77, at / 1000) - 0.5),
    clockUncertaintySeconds: 0.0004 + trip / 100_000,
    capacity: [
      { name: 'max_replication_slots', used: usedSlots(cluster, node), max: node.maxSlots },
      { name: 'max_wal_senders', used: senders, max: Math.max(10, node.maxSlots) },
      { name: 'max_worker_processes', used: workers + 2, max: Math.max(12, node.maxSlots + 2) },
    ],
    settings: [...node.settings].map(([name, given]) => ({ name, ...given, pendingRestart: false })),
    interfaces: node.interfaces,
    snowflakeNode: node.snowflakeNode,
    unseen: node.unseen,
  };
}
