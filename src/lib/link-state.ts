/** How a link is shown, everywhere: the API's states, `behind` for a replicating link over the threshold, `failing` for a loop. */
import type { LinkSnapshot, NodeSnapshot, SubscriptionSnapshot } from '#core/model/snapshot.ts';

export type ShownLinkState = LinkSnapshot['state'] | 'behind' | 'failing';

export function shownState(link: Pick<LinkSnapshot, 'state' | 'behind' | 'failing'>): ShownLinkState {
  if (link.state === 'down' && link.failing) return 'failing';
  return link.state === 'replicating' && link.behind ? 'behind' : link.state;
}

/**
 * A subscription is shown as its link is, so that no two pages speak of it differently; where several stand on one link, or its
 * provider is not watched, as it is itself.
 */
export function shownSubscription(
  sub: Pick<SubscriptionSnapshot, 'status' | 'failing'>,
  link: Pick<LinkSnapshot, 'state' | 'behind' | 'failing' | 'subscriptions'> | null,
): ShownLinkState {
  // What the receiver's own catalog says stands, whether its provider can be read or not.
  if (sub.status === 'disabled') return 'disabled';
  const agrees = link !== null && (link.state !== 'replicating' || sub.status === 'replicating');
  if (agrees && link.subscriptions.length < 2) return shownState(link);
  if (sub.status === 'replicating') return link?.behind ? 'behind' : 'replicating';
  return sub.status === 'down' && sub.failing ? 'failing' : sub.status;
}

/** Worst first: the order of lists that begin with what needs somebody. */
const ORDER: ShownLinkState[] = [
  'failing',
  'down',
  'missing',
  'behind',
  'disabled',
  'unknown',
  'initializing',
  'replicating',
];
/** 0 for what is well, the more the worse. */
export const badnessOf = (state: ShownLinkState): number => ORDER.length - 1 - ORDER.indexOf(state);

export const linkBadness = (link: Pick<LinkSnapshot, 'state' | 'behind' | 'failing'>): number =>
  badnessOf(shownState(link));

/** Nothing arrives: red wherever a link has a colour. */
export const isDown = (state: ShownLinkState): boolean => state === 'down' || state === 'failing';

/** The class of a spark or a number: red where nothing arrives, amber where it is late or somebody has stopped it. */
export const sparkTone = (state: ShownLinkState): '' | 'warn' | 'crit' =>
  isDown(state) ? 'crit' : state === 'behind' || state === 'disabled' ? 'warn' : '';

/** `no-answer` where a node is down because nothing came back in time; else the API's word. */
export function shownNodeState(
  node: Pick<NodeSnapshot, 'state' | 'error'>,
): 'up' | 'down' | 'no-answer' | 'unknown' {
  return node.state === 'down' && node.error?.code === 'timeout' ? 'no-answer' : node.state;
}
