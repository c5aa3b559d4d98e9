/** Small snapshots for tests of the page: two nodes, two links a little behind, and what a test changes of them. */
import type { LinkSnapshot, NodeSnapshot, Snapshot } from '#core/model/snapshot.ts';
import { linkOf, nodeOf, snapshotOf } from './snapshots.ts';

export const START = Date.parse('2025-11-20T14:06:32.000Z');
export const at = (seconds: number): string => new Date(START + seconds * 1000).toISOString();

export const aNode = (name: string, change: Partial<NodeSnapshot> = {}): NodeSnapshot =>
  nodeOf(name, {
    observedAt: at(0),
    since: at(-60),
    address: `${name}:5432/orders`,
    roundTripMs: 0.7,
    serverVersion: '17.10',
    engineVersion: '5.0.11',
    walLsn: '0/100',
    walBytesPerSecond: 1024,
    clockUncertaintySeconds: 0.001,
    ...change,
  });

export const aLink = (provider: string, receiver: string, change: Partial<LinkSnapshot> = {}): LinkSnapshot =>
  linkOf(provider, receiver, {
    since: at(-60),
    lagBytes: 1024,
    lagSeconds: 0.2,
    walHeldBytes: 4096,
    bytesPerSecond: 512,
    slot: `spk_${provider}`,
    confirmedFlushLsn: '0/F0',
    restartLsn: '0/E0',
    observedAt: at(0),
    ...change,
  });

export const aSnapshot = (change: Partial<Snapshot> = {}): Snapshot =>
  snapshotOf(START, {
    cluster: 'orders',
    healthSince: at(-60),
    sentence: [{ text: '2 nodes up.' }],
    thresholds: { lagSeconds: 10, walHeldBytes: 2 ** 30 },
    nodes: [aNode('n1'), aNode('n2')],
    links: [aLink('n1', 'n2'), aLink('n2', 'n1')],
    ...change,
  });
