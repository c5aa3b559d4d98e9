/** Subscriptions as they are, which is not always what their receiver says of them. */
import type { NodeInput } from '#core/advice/rule.ts';
import { type ClusterView, isReadable, registryNameOf } from './assemble-node.ts';
import { compareKeys } from './change.ts';
import type { FastFacts, SlotFacts, SubscriptionFacts } from './facts.ts';
import { pairKey, subscriptionKey } from './keys.ts';
import { maskDsn } from './mask-dsn.ts';
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
  const readsProvider = isReadable(view, provider);
  const slot = view.slots.get(pairKey(provider, sub.slot));
  if (readsProvider && slot && isLost(slot))
    return { status: 'down', reason: `${provider} has lost the slot ${sub.slot}` };
  if (isCopying(view, receiver, sub)) return { status: 'initializing', reason: syncReason(sub) };
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

/** A lost slot never comes back: what it should have sent is gone. */
export const isLost = (slot: SlotFacts): boolean =>
  slot.walStatus === 'lost' || (slot.invalidationReason !== null && slot.invalidationReason !== '');

function isCopying(view: ClusterView, receiver: string, sub: SubscriptionFacts): boolean {
  const whole = sub.sync.find(({ table }) => table === null);
  if (whole === undefined) return false;
  if (sub.reportedStatus === 'initializing') return true;
  if (whole.status !== 'i') return sub.reportedStatus !== 'down';
  return isNew(view.nodes.get(receiver)?.fast?.value, sub);
}

/** Both times are of the receiver's clock. Versions that do not say when it was created are taken at their word. */
function isNew(fast: FastFacts | undefined, sub: SubscriptionFacts): boolean {
  if (fast?.clock == null || sub.createdAt === null) return false;
  return fast.clock - sub.createdAt < startsWithinMs;
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
