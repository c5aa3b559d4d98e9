/** Links and subscriptions of a snapshot, from what the nodes last answered. */
import { pairKey } from '#core/model/keys.ts';
import type {
  LinkSnapshot,
  NodeSnapshot,
  ReplicationSetSnapshot,
  SubscriptionSnapshot,
} from '#core/model/snapshot.ts';
import type { SimCluster, SimNode, SimSubscription } from './model.ts';
import { flows } from './physics.ts';
import { lsnText } from './wal.ts';
import type { WalBook } from './wal-book.ts';

export function subscriptionOf(
  cluster: SimCluster,
  sub: SimSubscription,
  receiver: NodeSnapshot | undefined,
): SubscriptionSnapshot {
  const status = statusOf(cluster, sub);
  const readable = receiver?.state === 'up';
  return {
    name: sub.name,
    receiver: sub.receiver,
    provider: sub.provider,
    status: readable ? status : 'unknown',
    reportedStatus: readable ? (sub.reported ?? status) : null,
    enabled: sub.enabled,
    slot: sub.slot,
    replicationSets: sub.replicationSets,
    forwardOrigins: sub.forwardOrigins,
    applyDelaySeconds: sub.applyDelaySeconds,
    forceTextTransfer: false,
    skipLsn: null,
    skipSchema: [],
    createdAt: new Date(sub.createdAt).toISOString(),
    providerDsn: sub.providerDsn,
    workerPid: sub.enabled && readable ? sub.workerPid : null,
    workerStatus: sub.enabled && readable ? 'running' : null,
    sync: (sub.copy?.tables ?? []).flatMap((table, index) => {
      const done = index < Math.floor(sub.copy?.done ?? 0);
      const under = index === Math.floor(sub.copy?.done ?? 0);
      return done ? [] : [{ schema: table.schema, table: table.name, status: under ? 'd' : 'i', lsn: null }];
    }),
    observedAt: receiver?.observedAt ?? null,
  };
}

/** What is so at the receiver, whatever its own view says. */
function statusOf(cluster: SimCluster, sub: SimSubscription): SubscriptionSnapshot['status'] {
  if (!sub.enabled) return 'disabled';
  if (sub.copy !== null) return 'initializing';
  if (sub.confirmed === null) return 'unknown';
  return flows(cluster, sub) ? 'replicating' : 'down';
}

const NOTHING = {
  behind: false,
  lagBytes: null,
  lagSeconds: null,
  lagAtLeast: false,
  walHeldBytes: null,
  bytesPerSecond: null,
  slot: null,
  slotActive: null,
  walStatus: null,
  safeWalSizeBytes: null,
  confirmedFlushLsn: null,
  restartLsn: null,
};

export interface LinkInput {
  cluster: SimCluster;
  provider: SimNode;
  receiver: SimNode;
  sub: SimSubscription | undefined;
  seen: Map<string, NodeSnapshot>;
  book: WalBook | undefined;
  before: LinkSnapshot | undefined;
  at: number;
}

/** One ordered pair of nodes. */
export function linkOf(input: LinkInput): LinkSnapshot {
  const { cluster, provider, receiver, sub, seen, before, at } = input;
  const facts = seen.get(provider.name);
  const base = {
    provider: provider.name,
    receiver: receiver.name,
    subscriptions: sub ? [sub.name] : [],
    observedAt: facts?.observedAt ?? null,
  };
  const now = new Date(at).toISOString();
  const since = (state: LinkSnapshot['state']) => (before?.state === state ? before.since : now);
  const unknown = (reason: string): LinkSnapshot => ({
    ...base,
    ...NOTHING,
    slot: sub?.slot ?? null,
    state: 'unknown',
    reason,
    since: since('unknown'),
  });
  if (facts?.state !== 'up')
    return unknown(
      facts?.observedAt ? `${provider.name} does not answer` : `${provider.name} was not polled yet`,
    );
  if (!sub)
    return { ...base, ...NOTHING, state: 'missing', reason: 'no subscription', since: since('missing') };
  if (sub.confirmed === null && sub.walStatus !== 'lost')
    return unknown(`${provider.name} has no slot for ${receiver.name}`);
  const active = flows(cluster, sub);
  const lag = sub.confirmed === null ? null : (input.book?.lag(sub.confirmed, at) ?? null);
  const state: LinkSnapshot['state'] = !sub.enabled
    ? 'disabled'
    : sub.copy !== null
      ? 'initializing'
      : active
        ? 'replicating'
        : 'down';
  const held = sub.restart === null ? null : provider.wal - sub.restart;
  return {
    ...base,
    state,
    reason: reasonOf(state, sub, receiver),
    since: since(state),
    behind: state === 'replicating' && (lag?.seconds ?? 0) > cluster.thresholds.lagSeconds,
    lagBytes: sub.confirmed === null ? null : provider.wal - sub.confirmed,
    lagSeconds: lag?.seconds ?? null,
    lagAtLeast: lag?.atLeast ?? false,
    walHeldBytes: held,
    bytesPerSecond: null,
    slot: sub.slot,
    slotActive: active || sub.copy !== null,
    walStatus: sub.walStatus,
    safeWalSizeBytes: cluster.slotKeepBytes === null || held === null ? null : cluster.slotKeepBytes - held,
    confirmedFlushLsn: sub.confirmed === null ? null : lsnText(sub.confirmed),
    restartLsn: sub.restart === null ? null : lsnText(sub.restart),
  };
}

function reasonOf(state: LinkSnapshot['state'], sub: SimSubscription, receiver: SimNode): string | null {
  if (state === 'replicating') return null;
  if (state === 'disabled') return 'the subscription is disabled';
  if (state === 'initializing') return 'the first copy is under way';
  if (sub.walStatus === 'lost') return 'the slot is lost';
  if (receiver.state !== 'running') return `the slot is inactive: ${receiver.name} does not answer`;
  return sub.broken ? 'the apply worker fails and restarts' : 'the slot is inactive';
}

/** The sets of one node, with how many tables each has. */
export function setsOf(node: SimNode, seen: NodeSnapshot | undefined): ReplicationSetSnapshot[] {
  return node.sets.map((set) => ({
    node: node.name,
    ...set,
    tables: node.tables.filter((table) => table.sets.some((member) => member.set === set.name)).length,
    observedAt: seen?.observedAt ?? null,
  }));
}

export const pairOf = (sub: SimSubscription): string => pairKey(sub.provider, sub.receiver);
