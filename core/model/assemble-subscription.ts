/** Subscriptions as they are, which is not always what their receiver says of them. */
import type { NodeInput } from '#core/advice/rule.ts';
import { syncRelation } from '#core/lag/worker-book.ts';
import { type ClusterView, isReadable, registryNameOf } from './assemble-view.ts';
import { sortedByKey } from './change.ts';
import type { InterfaceFacts, SubscriptionFacts } from './facts.ts';
import { subscriptionKey } from './keys.ts';
import { isLost } from './slot.ts';
import type { SubscriptionSnapshot, SubscriptionStatus } from './snapshot.ts';

/** A subscription with what is to be said of it; links are made of these as well. */
export interface JudgedSubscription extends Verdict {
  receiver: string;
  /** The registry's name; null when the catalogs name an origin that they do not know. */
  provider: string | null;
  facts: SubscriptionFacts;
}

export function judgeSubscriptions(view: ClusterView): JudgedSubscription[] {
  return [...view.nodes.values()].flatMap((node) =>
    (node.fast?.value.subscriptions ?? []).map((facts) => {
      const provider = registryNameOf(view, facts.providerName);
      return { receiver: node.name, provider, facts, ...judge(view, node.name, provider, facts) };
    }),
  );
}

export function assembleSubscriptions(
  view: ClusterView,
  judged: JudgedSubscription[],
): SubscriptionSnapshot[] {
  const interfaces = new Map([...view.nodes.values()].map((node) => [node.name, interfacesById(node)]));
  return sortedByKey(
    judged.map((subscription) => {
      const used = interfaces.get(subscription.receiver)?.get(subscription.facts.originInterfaceId ?? '');
      const assembled = assembleSubscription(view, subscription, used ?? null);
      return [subscriptionKey(assembled), assembled];
    }),
  );
}

const interfacesById = ({ slow }: NodeInput) => new Map(slow?.value.interfaces?.map((one) => [one.id, one]));

function assembleSubscription(
  view: ClusterView,
  { receiver, provider, facts, status }: JudgedSubscription,
  used: InterfaceFacts | null,
): SubscriptionSnapshot {
  return {
    name: facts.name,
    receiver,
    provider,
    status,
    reportedStatus: facts.reportedStatus,
    enabled: facts.enabled,
    slot: facts.slot,
    replicationSets: facts.replicationSets,
    forwardOrigins: facts.forwardOrigins,
    applyDelaySeconds: facts.applyDelaySeconds,
    forceTextTransfer: facts.forceTextTransfer,
    skipLsn: facts.skipLsn,
    skipSchema: facts.skipSchema,
    createdAt: facts.createdAt === null ? null : new Date(facts.createdAt).toISOString(),
    providerDsn: used?.dsn ?? null,
    workerPid: facts.workerPid,
    workerStatus: facts.workerStatus,
    sync: facts.sync,
    observedAt: view.observedAt.get(receiver) ?? null,
  };
}

interface Verdict {
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
function judge(
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
  if (hasLostSlot(view, provider, sub)) {
    return { status: 'down', reason: `${provider} has lost the slot ${sub.slot}` };
  }
  const verdict = judgeEnabled(view, receiver, provider, sub);
  // What is being set up has no slot, or nobody at it, for a moment.
  if (verdict.status === 'down' && isNew(view, receiver, sub)) {
    return { status: 'initializing', reason: syncReason(sub) };
  }
  return verdict;
}

/** It never comes back, however new the subscription is. */
function hasLostSlot(view: ClusterView, provider: string, sub: SubscriptionFacts): boolean {
  const slot = view.slots.get(provider, sub.slot);
  return isReadable(view, provider) && slot !== undefined && isLost(slot);
}

function judgeEnabled(
  view: ClusterView,
  receiver: string,
  provider: string,
  sub: SubscriptionFacts,
): Verdict {
  const readsProvider = isReadable(view, provider);
  const slot = view.slots.get(provider, sub.slot);
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
