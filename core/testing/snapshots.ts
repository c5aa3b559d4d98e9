/** Small snapshots for tests: three nodes, all links replicating, nothing found. */
import type { Finding } from '#core/model/finding.ts';
import type { LinkSnapshot, NodeSnapshot, Snapshot } from '#core/model/snapshot.ts';

export const START = Date.parse('2026-01-01T00:00:00.000Z');
export const iso = (ms: number) => new Date(ms).toISOString();

export function nodeOf(name: string, changes: Partial<NodeSnapshot> = {}): NodeSnapshot {
  return {
    name,
    state: 'up',
    observedAt: iso(START),
    since: iso(START),
    error: null,
    address: `${name}:5432/demo`,
    roundTripMs: 1,
    serverVersion: '18.4',
    engineVersion: '6.0.0',
    standin: false,
    location: null,
    country: null,
    readOnly: false,
    standby: false,
    systemIdentifier: '1',
    timeline: 1,
    walLsn: '0/1000',
    walBytesPerSecond: 0,
    clockOffsetSeconds: 0,
    clockUncertaintySeconds: 0,
    capacity: [],
    settings: [],
    interfaces: [],
    snowflakeNode: null,
    unseen: [],
    ...changes,
  };
}

export function linkOf(
  provider: string,
  receiver: string,
  changes: Partial<LinkSnapshot> = {},
): LinkSnapshot {
  return {
    provider,
    receiver,
    subscriptions: [`sub_${receiver}${provider}`],
    state: 'replicating',
    reason: null,
    failing: false,
    since: iso(START),
    behind: false,
    lagBytes: 0,
    lagSeconds: 0,
    lagAtLeast: false,
    walHeldBytes: 0,
    bytesPerSecond: 0,
    slot: `spk_${provider}_${receiver}`,
    slotActive: true,
    walStatus: 'reserved',
    safeWalSizeBytes: null,
    confirmedFlushLsn: '0/1000',
    restartLsn: '0/1000',
    observedAt: iso(START),
    ...changes,
  };
}

export function findingOf(id: string, changes: Partial<Finding> = {}): Finding {
  return {
    id,
    code: 'slot-bloat',
    severity: 'warning',
    effect: 'hygiene',
    subject: { node: 'n1' },
    title: `Finding ${id}`,
    detail: '',
    evidence: [],
    since: iso(START),
    remedy: null,
    ...changes,
  };
}

export function snapshotOf(at: number, changes: Partial<Snapshot> = {}): Snapshot {
  const names = ['n1', 'n2', 'n3'];
  return {
    cluster: 'demo',
    engine: 'spock',
    observedAt: iso(at),
    pollSeconds: 1,
    health: 'ok',
    healthSince: iso(START),
    sentence: [{ text: 'All is well.' }],
    thresholds: { lagSeconds: 10, walHeldBytes: 1024 },
    nodes: names.map((name) => nodeOf(name)),
    subscriptions: [],
    links: names.flatMap((provider) =>
      names.filter((name) => name !== provider).map((receiver) => linkOf(provider, receiver)),
    ),
    replicationSets: [],
    findings: [],
    ...changes,
  };
}

/** The snapshot with one link changed. */
export function withLink(
  snapshot: Snapshot,
  provider: string,
  receiver: string,
  changes: Partial<LinkSnapshot>,
): Snapshot {
  return {
    ...snapshot,
    links: snapshot.links.map((link) =>
      link.provider === provider && link.receiver === receiver ? { ...link, ...changes } : link,
    ),
  };
}

export function withNode(snapshot: Snapshot, name: string, changes: Partial<NodeSnapshot>): Snapshot {
  return {
    ...snapshot,
    nodes: snapshot.nodes.map((node) => (node.name === name ? { ...node, ...changes } : node)),
  };
}
