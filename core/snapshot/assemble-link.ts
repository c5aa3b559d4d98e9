/** Links: one for every ordered pair of nodes, from the subscriptions that stand on it and the provider's slots. */
import type { SlotLag } from '#core/lag/lag-book.ts';
import type { SlotFacts } from '#core/model/facts.ts';
import { compareKeys, linkKey } from '#core/model/keys.ts';
import type { LinkSnapshot, LinkState } from '#core/model/snapshot.ts';
import { type ClusterView, isReadable, rounded, unreadText } from './assemble-view.ts';
import { sortedByKey } from './change.ts';
import type { JudgedSubscription } from './judge.ts';
import { PairMap } from './pair-map.ts';

export function assembleLinks(view: ClusterView, judged: JudgedSubscription[]): LinkSnapshot[] {
  const byPair = subscriptionsByPair(judged);
  const links: [string, LinkSnapshot][] = [];
  for (const provider of view.nodes.keys()) {
    for (const receiver of view.nodes.keys()) {
      if (provider === receiver) continue;
      const link = assembleLink(view, provider, receiver, byPair.get(provider, receiver) ?? []);
      links.push([linkKey(link), link]);
    }
  }
  return sortedByKey(links);
}

/** Nearly always one; where there are more, in the order of their names. */
function subscriptionsByPair(judged: JudgedSubscription[]): PairMap<JudgedSubscription[]> {
  const byPair = new PairMap<JudgedSubscription[]>();
  for (const one of judged) {
    if (one.provider === null) continue;
    const others = byPair.get(one.provider, one.receiver);
    if (others === undefined) byPair.set(one.provider, one.receiver, [one]);
    else
      others.splice(
        others.findLastIndex(({ facts }) => compareKeys(facts.name, one.facts.name) < 0) + 1,
        0,
        one,
      );
  }
  return byPair;
}

/** One subscription of a link: what is to be said of it. */
interface Strand {
  name: string;
  slotName: string;
  slot: SlotFacts | null;
  lag: SlotLag | null;
  state: LinkState;
  reason: string | null;
  failing: boolean;
}

function assembleLink(
  view: ClusterView,
  provider: string,
  receiver: string,
  subscriptions: JudgedSubscription[],
): LinkSnapshot {
  const strands = subscriptions.map((one) => strandOf(view, provider, one));
  const worst = strands.reduce<Strand | null>((a, b) => (a === null || isWorse(b, a) ? b : a), null);
  const { state, reason } = worst ?? withoutSubscription(view, provider, receiver);
  const lagSeconds = greatest(strands, 'lagSeconds');
  const previous = view.previous.links.get(provider, receiver);
  return {
    provider,
    receiver,
    subscriptions: strands.map(({ name }) => name),
    state,
    reason,
    failing: state === 'down' && worst?.failing === true,
    since: previous?.state === state ? previous.since : view.now,
    behind: state === 'replicating' && lagSeconds !== null && lagSeconds > view.thresholds.lagSeconds,
    lagBytes: greatest(strands, 'lagBytes'),
    lagSeconds: lagSeconds === null ? null : rounded(lagSeconds),
    lagAtLeast: strands.some(({ lag }) => lag?.lagAtLeast === true),
    walHeldBytes: greatest(strands, 'walHeldBytes'),
    bytesPerSecond: worst?.lag?.bytesPerSecond == null ? null : Math.round(worst.lag.bytesPerSecond),
    slot: worst?.slotName ?? null,
    slotActive: worst?.slot?.active ?? null,
    walStatus: worst?.slot?.walStatus ?? null,
    safeWalSizeBytes: worst?.slot?.safeWalSizeBytes ?? null,
    confirmedFlushLsn: worst?.slot?.confirmedFlushLsn ?? null,
    restartLsn: worst?.slot?.restartLsn ?? null,
    observedAt: view.observedAt.get(provider) ?? null,
  };
}

/** A provider that cannot be read has no slot and no numbers. */
function strandOf(
  view: ClusterView,
  provider: string,
  { facts, link: { state, reason }, loop }: JudgedSubscription,
): Strand {
  const { name, slot: slotName } = facts;
  const readable = isReadable(view, provider);
  return {
    name,
    slotName,
    slot: readable ? (view.slots.get(provider, slotName) ?? null) : null,
    lag: readable ? view.memory.lag.lagOf(provider, slotName) : null,
    state,
    reason,
    failing: loop !== null,
  };
}

function withoutSubscription(
  view: ClusterView,
  provider: string,
  receiver: string,
): { state: LinkState; reason: string | null } {
  const fast = view.nodes.get(receiver)?.fast?.value;
  if (fast === undefined) return { state: 'unknown', reason: `${receiver} was never read` };
  if (fast.subscriptions === null) {
    return { state: 'unknown', reason: `${view.engine.words.subscriptions} may not be read on ${receiver}` };
  }
  if (!isReadable(view, receiver)) return { state: 'unknown', reason: unreadText(view, receiver) };
  return {
    state: 'missing',
    reason:
      view.topology === 'full-mesh'
        ? `${receiver} has no subscription to ${provider}`
        : `${receiver} has no subscription to ${provider}, and none is expected`,
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

function greatest(strands: Strand[], what: 'lagBytes' | 'lagSeconds' | 'walHeldBytes'): number | null {
  return strands.reduce<number | null>((most, { lag }) => {
    const value = lag?.[what] ?? null;
    return value === null || (most !== null && most >= value) ? most : value;
  }, null);
}
