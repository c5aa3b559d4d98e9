/** Subscriptions as they are, which is not always what their receiver says of them. */
import type { NodeInput } from '#core/advice/rule.ts';
import { syncRelation } from '#core/lag/worker-book.ts';
import { type ClusterView, isReadable, registryNameOf } from './assemble-node.ts';
import { compareKeys } from './change.ts';
import type { SubscriptionFacts } from './facts.ts';
import { pairKey, subscriptionKey } from './keys.ts';
import { maskDsn } from './mask-dsn.ts';
import { isLost } from './slot.ts';
import type { SubscriptionSnapshot, SubscriptionStatus } from './snapshot.ts';

export function assembleSubscriptions(view: ClusterView): SubscriptionSnapshot[] {
  const all: SubscriptionSnapshot[] = [];
  for (const node of view.nodes.values()) {
    const fast = node.fast?.value;
    for (const sub of fast?.subscriptions ?? []) all.push(assembleSubscription(view, node, sub));
  }
  return all.sort((a, b) => compareKeys(subscriptionKey(a), subscriptionKey(b)));
}

function assembleSubscription(
  view: ClusterView,
  node: NodeInput,
  sub: SubscriptionFacts,
): SubscriptionSnapshot {
  const provider = registryNameOf(view, sub.providerName);
  return {
    name: sub.name,
    receiver: node.name,
    provider,
    status: judge(view, node.name, provider, sub).status,
    reportedStatus: sub.reportedStatus,
    enabled: sub.enabled,
    slot: sub.slot,
    replicationSets: sub.replicationSets,
    forwardOrigins: sub.forwardOrigins,
    applyDelaySeconds: sub.applyDelaySeconds,
    forceTextTransfer: sub.forceTextTransfer,
    skipLsn: sub.skipLsn,
    skipSchema: sub.skipSchema,
    createdAt: sub.createdAt === null ? null : new Date(sub.createdAt).toISOString(),
    providerDsn: providerDsnOf(node, sub),
    workerPid: sub.workerPid,
    workerStatus: sub.workerStatus,
    sync: sub.sync,
    observedAt: view.observedAt.get(node.name) ?? null,
  };
}

function providerDsnOf({ slow }: NodeInput, sub: SubscriptionFacts): string | null {
  const used = slow?.value.interfaces?.find(({ id }) => id === sub.originInterfaceId);
  return used?.rawDsn == null ? null : maskDsn(used.rawDsn);
}

export interface Verdict {
  status: SubscriptionStatus;
  /** Why it is not `replicating`, in a few words. */
  reason: string | null;
}

/** A copy that has not begun in this time after sub_create is not beginning: it is down (no slot to be had, no way in). */
const startsWithinMs = 20_000;

/**
 * The true status. Receiver and provider must agree for `replicating`: the receiver's word alone is not believed when
 * the provider's slot is inactive, and is unknown when the provider cannot be asked. What was said before the receiver
 * fell silent is not said of now.
 */
export function judge(
  view: ClusterView,
  receiver: string,
  provider: string | null,
  sub: SubscriptionFacts,
): Verdict {
  if (!isReadable(view, receiver)) return { status: 'unknown', reason: `${receiver} cannot be read` };
  if (!sub.enabled) return { status: 'disabled', reason: `${sub.name} is disabled` };
  if (sub.reportedStatus === 'disabled') return { status: 'disabled', reason: `${receiver} says “disabled”` };
  if (provider === null) {
    return { status: 'unknown', reason: `${receiver} does not know the node that ${sub.name} takes from` };
  }
  const verdict = judgeEnabled(view, receiver, provider, sub);
  // What is being set up has no slot, or nobody at it, for a moment.
  if (verdict.status === 'down' && isNew(view, receiver, sub)) {
    return { status: 'initializing', reason: syncReason(sub) };
  }
  return verdict;
}

function judgeEnabled(
  view: ClusterView,
  receiver: string,
  provider: string,
  sub: SubscriptionFacts,
): Verdict {
  const readsProvider = isReadable(view, provider);
  const slot = view.slots.get(pairKey(provider, sub.slot));
  if (readsProvider && slot && isLost(slot)) {
    return { status: 'down', reason: `${provider} has lost the slot ${sub.slot}` };
  }
  if (isCopying(sub)) return { status: 'initializing', reason: syncReason(sub) };
  if (!readsProvider) return withoutProvider(view, receiver, provider, sub);
  if (slot === undefined) return { status: 'down', reason: `${provider} has no slot ${sub.slot}` };
  if (!slot.active) return { status: 'down', reason: `the slot on ${provider} is inactive` };
  return atTheReceiver(receiver, sub);
}

function withoutProvider(
  view: ClusterView,
  receiver: string,
  provider: string,
  sub: SubscriptionFacts,
): Verdict {
  if (sub.reportedStatus === 'down') return { status: 'down', reason: `${receiver} says “down”` };
  const why = view.nodes.has(provider)
    ? `${provider} cannot be read`
    : `the console has no address of ${provider}`;
  return { status: 'unknown', reason: why };
}

/** The provider's slot is active: what is left is the receiver's word, or its worker's. */
function atTheReceiver(receiver: string, sub: SubscriptionFacts): Verdict {
  switch (sub.reportedStatus) {
    case 'replicating':
      return { status: 'replicating', reason: null };
    case 'initializing':
      return { status: 'initializing', reason: syncReason(sub) };
    case 'down':
      return { status: 'down', reason: `${receiver} says “down”` };
    default:
      // The role may not ask: an active slot has somebody at its other end.
      return sub.workerStatus === null || sub.workerStatus === 'running'
        ? { status: 'replicating', reason: null }
        : { status: 'down', reason: `the apply worker on ${receiver} is “${sub.workerStatus}”` };
  }
}

/** A copy of the subscription as a whole goes on. At `i` it has not begun, and perhaps never will. */
function isCopying(sub: SubscriptionFacts): boolean {
  const whole = sub.sync.find(({ table }) => table === null);
  if (whole === undefined) return false;
  return sub.reportedStatus === 'initializing' || (whole.status !== 'i' && sub.reportedStatus !== 'down');
}

/** By the receiver's own clock; a version that does not keep the time is new while the console has not seen it longer. */
function isNew(view: ClusterView, receiver: string, sub: SubscriptionFacts): boolean {
  const clock = view.nodes.get(receiver)?.fast?.value.clock ?? null;
  if (sub.createdAt !== null && clock !== null) return clock - sub.createdAt < startsWithinMs;
  const waiting = sub.sync.find(({ table, status }) => table === null && status === 'i');
  if (waiting === undefined) return false;
  const since = view.memory.workers.syncingSince(receiver, sub.name, syncRelation(waiting), waiting.status);
  return since !== null && view.at - since < startsWithinMs;
}

const syncWords: Record<string, string> = {
  i: 'waiting to begin its copy',
  s: 'copying the structure',
  d: 'copying data',
  c: 'copying constraints',
  w: 'waiting for the apply worker',
  u: 'catching up after its copy',
};

function syncReason(sub: SubscriptionFacts): string {
  const sync = sub.sync.find(({ table }) => table === null) ?? sub.sync[0];
  const words = sync && syncWords[sync.status];
  return `${sub.name} is ${words ?? 'being set up'}`;
}
