/** Nodes that somebody is adding with another tool, as far as the catalogs and sessions of the watched ones show it. */
import type { WalsenderFacts } from '#core/model/facts.ts';
import type { AdviceInput } from './rule.ts';

export interface Joining {
  /** The node that is copied. */
  from: string;
  /** Of the new node. */
  subscription: string;
  clientAddress: string | null;
}

/** Copies whose subscription no watched node has: their receivers are not watched. */
export function joiningNow(input: AdviceInput): Joining[] {
  const nodes = [...input.nodes.values()];
  const known = new Set(
    nodes.flatMap(({ fast }) => fast?.value.subscriptions?.map(({ name }) => name) ?? []),
  );
  const found = nodes.flatMap(({ name: from, fast }) =>
    (fast?.value.walsenders ?? []).flatMap((sender): Joining[] => {
      const subscription = copyBy(sender, input);
      if (subscription === null || known.has(subscription)) return [];
      return [{ from, subscription, clientAddress: sender.clientAddress }];
    }),
  );
  return [...new Map(found.map((each) => [`${each.from} ${each.subscription}`, each])).values()];
}

function copyBy({ applicationName }: WalsenderFacts, { engines }: AdviceInput): string | null {
  if (applicationName === null) return null;
  for (const engine of engines) {
    const subscription = engine.copyOf(applicationName);
    if (subscription !== null) return subscription;
  }
  return null;
}
