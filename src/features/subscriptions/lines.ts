/** The rows of the table of subscriptions: by receiver, with the links that should be and are not. */
import { compareKeys, linkKey, pairKey } from '#core/model/keys.ts';
import type { LinkSnapshot, Snapshot, SubscriptionSnapshot } from '#core/model/snapshot.ts';
import { type ShownLinkState, shownSubscription } from '#src/lib/link-state.ts';
import { safeName } from '#src/lib/safe-name.ts';

export interface SubscriptionLine {
  kind: 'subscription';
  subscription: SubscriptionSnapshot;
  link: LinkSnapshot | null;
}

export type Line =
  | SubscriptionLine
  /** No subscription stands where the wanted topology has one. */
  | { kind: 'missing'; link: LinkSnapshot };

export type Show = 'all' | 'not-well';

/** Replicating, and not over the threshold: a line that is only read when one looks for it. */
export const isWell = (line: Line): boolean => stateOf(line) === 'replicating';

/** What its row says, and what the page counts. */
export const stateOf = (line: Line): ShownLinkState =>
  line.kind === 'missing' ? 'missing' : shownSubscription(line.subscription, line.link);

/** One collator for all comparisons: thousands of links are put in order with every poll. */
const collator = new Intl.Collator('en', { numeric: true });
const byName = (a: string, b: string): number => collator.compare(a, b) || compareKeys(a, b);

export const providerOf = (line: Line): string =>
  line.kind === 'missing' ? line.link.provider : (line.subscription.provider ?? '');

export const receiverOf = (line: Line): string =>
  line.kind === 'missing' ? line.link.receiver : line.subscription.receiver;

export const keyOf = (line: Line): string =>
  line.kind === 'missing'
    ? `missing ${line.link.provider} ${line.link.receiver}`
    : `${line.subscription.receiver} ${line.subscription.name}`;

/** All of a snapshot, by the names of receiver and provider, whatever their state is. `missing`: with the links that should be. */
export function allLines(snapshot: Pick<Snapshot, 'subscriptions' | 'links'>, missing: boolean): Line[] {
  const links = new Map(snapshot.links.map((link) => [linkKey(link), link]));
  const all: Line[] = snapshot.subscriptions.map((subscription) => ({
    kind: 'subscription',
    subscription,
    link:
      subscription.provider === null
        ? null
        : (links.get(pairKey(subscription.provider, subscription.receiver)) ?? null),
  }));
  if (missing) {
    for (const link of snapshot.links) if (link.state === 'missing') all.push({ kind: 'missing', link });
  }
  return all.sort((a, b) => byName(receiverOf(a), receiverOf(b)) || byName(providerOf(a), providerOf(b)));
}

/** Those that `filter` (words, all of which must occur) and `show` leave. */
export function shownLines(all: readonly Line[], filter: string, show: Show): readonly Line[] {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0 && show === 'all') return all;
  return all.filter(
    (line) => (show === 'all' || !isWell(line)) && words.every((word) => faceOf(line).includes(word)),
  );
}

function faceOf(line: Line): string {
  if (line.kind === 'missing') return `${line.link.provider} → ${line.link.receiver} missing`.toLowerCase();
  const { subscription: sub, link } = line;
  return `${sub.provider} → ${sub.receiver} ${sub.name} ${shownSubscription(sub, link)} ${sub.slot} ${sub.replicationSets.join(' ')}`.toLowerCase();
}

/** What the receiver itself says, where that is not what is so: `n1 says “replicating”`; `last said` when it is silent now. */
export function doubtOf(
  sub: Pick<SubscriptionSnapshot, 'receiver' | 'status' | 'reportedStatus'>,
  old = false,
): string | null {
  if (sub.reportedStatus === null || sub.reportedStatus === sub.status) return null;
  return `${safeName(sub.receiver)} ${old ? 'last reported' : 'reports'} “${sub.reportedStatus}”`;
}
