/** Links: one for every ordered pair of nodes, from the subscriptions that stand on it and the provider's slots. */
import type { SlotLag } from '#core/lag/lag-book.ts';
import { type ClusterView, isReadable, registryNameOf, rounded } from './assemble-node.ts';
import { judge, type Verdict } from './assemble-subscription.ts';
import { compareKeys } from './change.ts';
import type { SlotFacts, SubscriptionFacts } from './facts.ts';
import { linkKey, pairKey } from './keys.ts';
import type { LinkSnapshot, LinkState } from './snapshot.ts';

export function assembleLinks(view: ClusterView): LinkSnapshot[] {
  const subscriptions = subscriptionsByPair(view);
  const links: LinkSnapshot[] = [];
  for (const provider of view.nodes.keys()) {
    for (const receiver of view.nodes.keys()) {
      if (provider === receiver) continue;
      links.push(
        assembleLink(view, provider, receiver, subscriptions.get(pairKey(provider, receiver)) ?? []),
      );
    }
  }
  return links.sort((a, b) => compareKeys(linkKey(a), linkKey(b)));
}

function subscriptionsByPair(view: ClusterView): Map<string, SubscriptionFacts[]> {
  const byPair = new Map<string, SubscriptionFacts[]>();
  for (const node of view.nodes.values()) {
    for (const sub of node.fast?.value.subscriptions ?? []) {
      const provider = registryNameOf(view, sub.providerName);
      if (provider === null) continue;
      const key = pairKey(provider, node.name);
      const found = byPair.get(key);
      if (found) found.push(sub);
      else byPair.set(key, [sub]);
    }
  }
  for (const subs of byPair.values()) subs.sort((a, b) => compareKeys(a.name, b.name));
  return byPair;
}

/** One subscription of a link: what is to be said of it. */
interface Strand {
  sub: SubscriptionFacts;
  slot: SlotFacts | null;
  lag: SlotLag | null;
  state: LinkState;
  reason: string | null;
}

function assembleLink(
  view: ClusterView,
  provider: string,
  receiver: string,
  subs: SubscriptionFacts[],
): LinkSnapshot {
  const strands = subs.map((sub) => strandOf(view, provider, receiver, sub));
  const worst = strands.reduce<Strand | null>((a, b) => (a === null || isWorse(b, a) ? b : a), null);
  const { state, reason } = worst ?? withoutSubscription(view, provider, receiver);
  const lags = strands.map(({ lag }) => lag);
  const lagSeconds = greatest(lags.map((lag) => lag?.lagSeconds ?? null));
  const previous = view.previous.links.get(pairKey(provider, receiver));
  return {
    provider,
    receiver,
    subscriptions: subs.map(({ name }) => name),
    state,
    reason,
    since: previous?.state === state ? previous.since : view.now,
    behind: state === 'replicating' && lagSeconds !== null && lagSeconds > view.thresholds.lagSeconds,
    lagBytes: greatest(lags.map((lag) => lag?.lagBytes ?? null)),
    lagSeconds: lagSeconds === null ? null : rounded(lagSeconds),
    lagAtLeast: lags.some((lag) => lag?.lagAtLeast === true),
    walHeldBytes: greatest(lags.map((lag) => lag?.walHeldBytes ?? null)),
    bytesPerSecond: worst?.lag?.bytesPerSecond == null ? null : Math.round(worst.lag.bytesPerSecond),
    slot: worst?.sub.slot ?? null,
    slotActive: worst?.slot?.active ?? null,
    walStatus: worst?.slot?.walStatus ?? null,
    safeWalSizeBytes: worst?.slot?.safeWalSizeBytes ?? null,
    confirmedFlushLsn: worst?.slot?.confirmedFlushLsn ?? null,
    restartLsn: worst?.slot?.restartLsn ?? null,
    observedAt: view.observedAt.get(provider) ?? null,
  };
}

/** A provider that cannot be read says nothing of its slots now: its link is unknown and has no numbers. */
function strandOf(view: ClusterView, provider: string, receiver: string, sub: SubscriptionFacts): Strand {
  if (!isReadable(view, provider)) {
    return { sub, slot: null, lag: null, state: 'unknown', reason: `${provider} cannot be read` };
  }
  const slot = view.slots.get(pairKey(provider, sub.slot)) ?? null;
  const lag = view.memory.lag.lagOf(provider, sub.slot);
  return {
    sub,
    slot,
    lag,
    ...stateOf(judge(view, receiver, provider, sub), view, provider, receiver, sub, slot),
  };
}

/** What is not known from the receiver may still be known from the provider: nobody is at the slot's other end. */
function stateOf(
  verdict: Verdict,
  view: ClusterView,
  provider: string,
  receiver: string,
  sub: SubscriptionFacts,
  slot: SlotFacts | null,
): { state: LinkState; reason: string | null } {
  if (verdict.status === 'unknown' && !isReadable(view, receiver) && sub.enabled && slot?.active === false) {
    return { state: 'down', reason: `${receiver} cannot be read, and its slot on ${provider} is inactive` };
  }
  return { state: verdict.status, reason: verdict.reason };
}

function withoutSubscription(
  view: ClusterView,
  provider: string,
  receiver: string,
): { state: LinkState; reason: string | null } {
  const fast = view.nodes.get(receiver)?.fast?.value;
  if (fast === undefined) return { state: 'unknown', reason: `${receiver} was never read` };
  if (fast.subscriptions === null) {
    return { state: 'unknown', reason: `spock.subscription may not be read on ${receiver}` };
  }
  if (!isReadable(view, receiver)) return { state: 'unknown', reason: `${receiver} cannot be read` };
  return {
    state: 'missing',
    reason:
      view.topology === 'full-mesh'
        ? `${receiver} has no subscription to ${provider}`
        : `${receiver} has no subscription to ${provider}, and none is asked for`,
  };
}

const badness: Record<LinkState, number> = {
  replicating: 0,
  disabled: 1,
  initializing: 2,
  unknown: 3,
  missing: 4,
  down: 5,
};

function isWorse(a: Strand, b: Strand): boolean {
  if (a.state !== b.state) return badness[a.state] > badness[b.state];
  return (a.lag?.lagSeconds ?? -1) > (b.lag?.lagSeconds ?? -1);
}

function greatest(values: (number | null)[]): number | null {
  return values.reduce<number | null>((a, b) => (b === null ? a : a === null ? b : Math.max(a, b)), null);
}
