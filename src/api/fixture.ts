/** A small snapshot for tests: two nodes, two links, and what a test changes of it. */
import type { LinkSnapshot, NodeSnapshot, Snapshot } from '#core/model/snapshot.ts';

export const START = Date.parse('2025-11-20T14:06:32.000Z');
export const at = (seconds: number): string => new Date(START + seconds * 1000).toISOString();

export function aNode(name: string, change: Partial<NodeSnapshot> = {}): NodeSnapshot {
  return {
    name,
    state: 'up',
    observedAt: at(0),
    since: at(-60),
    error: null,
    address: `${name}:5432/orders`,
    roundTripMs: 0.7,
    serverVersion: '17.10',
    engineVersion: '5.0.11',
    standin: false,
    location: null,
    country: null,
    readOnly: false,
    standby: false,
    systemIdentifier: '1',
    timeline: 1,
    walLsn: '0/100',
    walBytesPerSecond: 1024,
    clockOffsetSeconds: 0,
    clockUncertaintySeconds: 0.001,
    capacity: [],
    settings: [],
    interfaces: [],
    snowflakeNode: null,
    unseen: [],
    ...change,
  };
}

export function aLink(provider: string, receiver: string, change: Partial<LinkSnapshot> = {}): LinkSnapshot {
  return {
    provider,
    receiver,
    subscriptions: [`sub_${receiver}${provider}`],
    state: 'replicating',
    reason: null,
    since: at(-60),
    behind: false,
    lagBytes: 1024,
    lagSeconds: 0.2,
    lagAtLeast: false,
    walHeldBytes: 4096,
    bytesPerSecond: 512,
    slot: `spk_${provider}`,
    slotActive: true,
    walStatus: 'reserved',
    safeWalSizeBytes: null,
    confirmedFlushLsn: '0/F0',
    restartLsn: '0/E0',
    observedAt: at(0),
    ...change,
  };
}

export function aSnapshot(change: Partial<Snapshot> = {}): Snapshot {
  return {
    cluster: 'orders',
    engine: 'spock',
    observedAt: at(0),
    pollSeconds: 1,
    health: 'ok',
    healthSince: at(-60),
    sentence: [{ text: '2 nodes up.' }],
    thresholds: { lagSeconds: 10, walHeldBytes: 2 ** 30 },
    nodes: [aNode('n1'), aNode('n2')],
    subscriptions: [],
    links: [aLink('n1', 'n2'), aLink('n2', 'n1')],
    replicationSets: [],
    findings: [],
    ...change,
  };
}
