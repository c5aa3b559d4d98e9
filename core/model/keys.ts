/** The key by which each part of a snapshot is known in change events, caches and the history. */
import type { Finding } from './finding.ts';
import type { LinkSnapshot, NodeSnapshot, ReplicationSetSnapshot, SubscriptionSnapshot } from './snapshot.ts';

/** Most names need no escaping, and keys are made by the thousand every second. */
const plain = /^[\w .:-]*$/;

/** Names may hold any character, so a pair is written as JSON: `["n1","n3"]`. */
export const pairKey = (first: string, second: string): string =>
  plain.test(first) && plain.test(second) ? `["${first}","${second}"]` : JSON.stringify([first, second]);

export const nodeKey = (node: Pick<NodeSnapshot, 'name'>): string => node.name;
export const linkKey = (link: Pick<LinkSnapshot, 'provider' | 'receiver'>): string =>
  pairKey(link.provider, link.receiver);
export const subscriptionKey = (sub: Pick<SubscriptionSnapshot, 'receiver' | 'name'>): string =>
  pairKey(sub.receiver, sub.name);
export const replicationSetKey = (set: Pick<ReplicationSetSnapshot, 'node' | 'name'>): string =>
  pairKey(set.node, set.name);
export const findingKey = (finding: Pick<Finding, 'id'>): string => finding.id;

/** The one order of lists in a snapshot, the same on server and page. */
export function compareKeys(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
