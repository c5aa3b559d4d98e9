/** Links that a full mesh of a cluster's nodes would have and that no subscription is for, as far as the nodes could be read. */
import type { ObservedFacts, ObservedNode } from '#core/model/observed.ts';

export interface MissingLink {
  provider: string;
  receiver: string;
}

export function missingLinks(nodes: readonly ObservedNode[]): MissingLink[] {
  const read = nodes.flatMap(({ name, read: outcome }) =>
    outcome.ok && canBeLinked(outcome.facts) ? [{ name, facts: outcome.facts }] : [],
  );
  return read.flatMap(({ name: receiver, facts }) => {
    const providers = new Set(facts.subscriptions.map((sub) => sub.provider));
    return read
      .filter(({ name, facts: from }) => name !== receiver && !providers.has(from.nodeName ?? name))
      .map(({ name }) => ({ provider: name, receiver }));
  });
}

/** It is a node, a primary, and what it subscribes to is known. */
export const canBeLinked = ({ nodeName, recovery, unread }: ObservedFacts): boolean =>
  nodeName !== null && recovery !== true && unread?.subscriptions === undefined;
