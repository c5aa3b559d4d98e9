/**
 * The state of a subscription, and of the link that it stands on: the one place where that is decided. Sentence, matrix,
 * findings, charts and receipts all show what is said here.
 */
import { type Loop, syncRelation } from '#core/lag/worker-book.ts';
import type { CopyState } from '#core/model/copy-state.ts';
import type { SlotFacts, SubscriptionFacts } from '#core/model/facts.ts';
import { isLost } from '#core/model/slot.ts';
import type { LinkState, SubscriptionStatus } from '#core/model/snapshot.ts';
import { type ClusterView, isReadable, registryNameOf, unreadText } from './assemble-view.ts';

export interface JudgedSubscription extends Verdict {
  receiver: string;
  /** The registry's name; null when the catalogs name an origin that they do not know. */
  provider: string | null;
  facts: SubscriptionFacts;
  /** What it says of its link, which is known from its provider as well. */
  link: { state: LinkState; reason: string | null };
  /** Its worker ends again and again: then it is down, in each poll, until it has stood for a minute. */
  loop: Loop | null;
}

export function judgeSubscriptions(view: ClusterView): JudgedSubscription[] {
  return [...view.nodes.values()].flatMap((node) =>
    (node.fast?.value.subscriptions ?? []).map((facts) => {
      const provider = registryNameOf(view, facts.providerName);
      const loop = loopOf(view, node.name, provider, facts);
      const verdict =
        loop === null
          ? judge(view, node.name, provider, facts)
          : { status: 'down' as const, reason: failing(facts, loop) };
      const link = ofLink(view, node.name, provider, facts, verdict);
      return { receiver: node.name, provider, facts, loop, link, ...verdict };
    }),
  );
}

/** Only what both ends tell: a loop that was seen before one of them fell silent is not said of now. */
function loopOf(
  view: ClusterView,
  receiver: string,
  provider: string | null,
  { enabled, reportedStatus, slot, name }: SubscriptionFacts,
): Loop | null {
  if (provider === null || !enabled || reportedStatus === 'disabled') return null;
  if (!isReadable(view, receiver) || !isReadable(view, provider)) return null;
  const there = view.slots.get(provider, slot);
  if (there === undefined || isLost(there)) return null;
  return view.memory.workers.loopOf({ provider, slot, receiver, subscription: name }, view.at);
}

const failing = ({ name }: SubscriptionFacts, { endings }: Loop): string =>
  `the worker of ${name} exited ${endings} times in 5 min`;

/** A provider that cannot be read says nothing of its slots now: its link is unknown, whatever its receiver says. */
function ofLink(
  view: ClusterView,
  receiver: string,
  provider: string | null,
  { enabled, slot: slotName }: SubscriptionFacts,
  verdict: Verdict,
): JudgedSubscription['link'] {
  if (provider !== null && !isReadable(view, provider)) {
    return { state: 'unknown', reason: unreadText(view, provider) };
  }
  const slot: SlotFacts | undefined = provider === null ? undefined : view.slots.get(provider, slotName);
  // What is not known from the receiver may still be known from the provider: nobody is at the slot's other end.
  if (enabled && slot?.active === false && !isReadable(view, receiver)) {
    const left = `${unreadText(view, receiver)}, and its slot on ${provider} is inactive`;
    return { state: 'down', reason: left };
  }
  return { state: verdict.status, reason: verdict.reason };
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
  if (!isReadable(view, receiver)) return { status: 'unknown', reason: unreadText(view, receiver) };
  if (!sub.enabled) return { status: 'disabled', reason: `${sub.name} is disabled` };
  if (sub.reportedStatus === 'disabled')
    return { status: 'disabled', reason: `${receiver} reports “disabled”` };
  if (provider === null) {
    return { status: 'unknown', reason: `${receiver} does not know the provider of ${sub.name}` };
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
  if (sub.reportedStatus === 'down') return { status: 'down', reason: `${receiver} reports “down”` };
  return { status: 'unknown', reason: unreadText(view, provider) };
}

/** The provider's slot is active: what is left is the receiver's word, or its worker's. */
function atTheReceiver(receiver: string, sub: SubscriptionFacts): Verdict {
  switch (sub.reportedStatus) {
    case 'replicating':
      return { status: 'replicating', reason: null };
    case 'initializing':
      return { status: 'initializing', reason: syncReason(sub) };
    case 'down':
      return { status: 'down', reason: `${receiver} reports “down”` };
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
  return (
    sub.reportedStatus === 'initializing' || (whole.state !== 'waiting' && sub.reportedStatus !== 'down')
  );
}

/** By the receiver's own clock; a version that does not keep the time is new while the console has not seen it longer. */
function isNew(view: ClusterView, receiver: string, sub: SubscriptionFacts): boolean {
  const clock = view.nodes.get(receiver)?.fast?.value.clock ?? null;
  if (sub.createdAt !== null && clock !== null) return clock - sub.createdAt < startsWithinMs;
  const waiting = sub.sync.find(({ table, state }) => table === null && state === 'waiting');
  if (waiting === undefined) return false;
  const since = view.memory.workers.syncingSince(receiver, sub.name, syncRelation(waiting), waiting.status);
  return since !== null && view.at - since < startsWithinMs;
}

const copyWords: Partial<Record<CopyState, string>> = {
  waiting: 'waiting to start its copy',
  starting: 'starting its copy',
  structure: 'copying the structure',
  data: 'copying data',
  constraints: 'copying constraints',
  'handing-over': 'waiting for the apply worker',
  'catching-up': 'catching up after its copy',
  failed: 'stuck: its copy has failed',
};

function syncReason(sub: SubscriptionFacts): string {
  const sync = sub.sync.find(({ table }) => table === null) ?? sub.sync[0];
  const words = sync && copyWords[sync.state];
  return `${sub.name} is ${words ?? 'being set up'}`;
}
