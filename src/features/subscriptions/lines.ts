/** The lines of the table of subscriptions: grouped by receiver, with the links that should be and are not. */
import { compareKeys } from '#core/model/change.ts';
import { linkKey, pairKey } from '#core/model/keys.ts';
import type { LinkSnapshot, Snapshot, SubscriptionSnapshot } from '#core/model/snapshot.ts';
import { safeName } from '#src/lib/safe-name.ts';

export type Line =
  | { kind: 'group'; receiver: string; subscriptions: number }
  | { kind: 'subscription'; subscription: SubscriptionSnapshot; link: LinkSnapshot | null }
  /** No subscription stands where the wanted topology has one. */
  | { kind: 'missing'; link: LinkSnapshot };

export type Show = 'all' | 'not-well';

/** Replicating, and not over the threshold: a line that is only read when one looks for it. */
export function isWell(line: Line): boolean {
  return (
    line.kind === 'subscription' && line.subscription.status === 'replicating' && line.link?.behind !== true
  );
}

const byName = (a: string, b: string): number =>
  a.localeCompare(b, 'en', { numeric: true }) || compareKeys(a, b);
const providerOf = (line: Line): string =>
  line.kind === 'group'
    ? ''
    : line.kind === 'missing'
      ? line.link.provider
      : (line.subscription.provider ?? '');

/**
 * All lines that `filter` (words, all of which must occur) and `show` leave. Groups and lines stand by name, whatever
 * their state is, so that no row moves under the pointer.
 */
export function linesOf(
  snapshot: Pick<Snapshot, 'subscriptions' | 'links'>,
  options: { missing: boolean; filter: string; show: Show },
): Line[] {
  const links = new Map(snapshot.links.map((link) => [linkKey(link), link]));
  const all: Line[] = snapshot.subscriptions.map((subscription) => ({
    kind: 'subscription',
    subscription,
    link:
      subscription.provider === null
        ? null
        : (links.get(pairKey(subscription.provider, subscription.receiver)) ?? null),
  }));
  if (options.missing) {
    for (const link of snapshot.links) if (link.state === 'missing') all.push({ kind: 'missing', link });
  }
  const words = options.filter.toLowerCase().split(/\s+/).filter(Boolean);
  const kept = all.filter(
    (line) => (options.show === 'all' || !isWell(line)) && words.every((word) => faceOf(line).includes(word)),
  );
  const receivers = [...new Set(kept.map(receiverOf))].sort(byName);
  return receivers.flatMap((receiver) => {
    const lines = kept
      .filter((line) => receiverOf(line) === receiver)
      .sort((a, b) => byName(providerOf(a), providerOf(b)));
    return [{ kind: 'group' as const, receiver, subscriptions: lines.length }, ...lines];
  });
}

const receiverOf = (line: Line): string =>
  line.kind === 'group'
    ? line.receiver
    : line.kind === 'missing'
      ? line.link.receiver
      : line.subscription.receiver;

function faceOf(line: Line): string {
  if (line.kind === 'group') return line.receiver;
  if (line.kind === 'missing') return `${line.link.provider} → ${line.link.receiver} missing`.toLowerCase();
  const { subscription: sub, link } = line;
  return `${sub.provider} → ${sub.receiver} ${sub.name} ${sub.status} ${sub.slot} ${sub.replicationSets.join(' ')} ${link?.behind ? 'behind' : ''}`.toLowerCase();
}

/** What the receiver itself says, where that is not what is so: `n1 says “replicating”`; `last said` when it is silent now. */
export function doubtOf(
  sub: Pick<SubscriptionSnapshot, 'receiver' | 'status' | 'reportedStatus'>,
  old = false,
): string | null {
  if (sub.reportedStatus === null || sub.reportedStatus === sub.status) return null;
  return `${safeName(sub.receiver)} ${old ? 'last said' : 'says'} “${sub.reportedStatus}”`;
}

/** Spock's letters of spock.local_sync_status, in words. */
export const SYNC_WORDS: Partial<Record<string, string>> = {
  i: 'init: not begun',
  s: 'structure',
  d: 'data: being copied',
  c: 'constraints',
  w: 'syncwait: waits for the apply worker',
  u: 'catchup',
  y: 'synced',
  r: 'ready',
};
