/** How a link is shown: the API's states, and `behind` for a replicating link over the threshold. */
import type { LinkSnapshot, NodeSnapshot } from '#core/model/snapshot.ts';

export type ShownLinkState = LinkSnapshot['state'] | 'behind';

export function shownState(link: Pick<LinkSnapshot, 'state' | 'behind'>): ShownLinkState {
  return link.state === 'replicating' && link.behind ? 'behind' : link.state;
}

/** Worst first: the order of lists that begin with what needs somebody. */
const ORDER: ShownLinkState[] = [
  'down',
  'missing',
  'behind',
  'unknown',
  'initializing',
  'disabled',
  'replicating',
];
export function linkBadness(link: Pick<LinkSnapshot, 'state' | 'behind'>): number {
  return ORDER.length - ORDER.indexOf(shownState(link));
}

/** `no-answer` where a node is down because nothing came back in time; else the API's word. */
export function shownNodeState(
  node: Pick<NodeSnapshot, 'state' | 'error'>,
): 'up' | 'down' | 'no-answer' | 'unknown' {
  return node.state === 'down' && node.error?.code === 'timeout' ? 'no-answer' : node.state;
}
