/** Which sets a form offers for subscriptions, and what ticks in it ask for. Pure. */
import { compareKeys } from '#core/model/keys.ts';
import type { Snapshot, SubscriptionSnapshot } from '#core/model/snapshot.ts';

export interface OfferedSet {
  name: string;
  /** By how many of the subscriptions it is taken. */
  taken: 'all' | 'some' | 'none';
  /** Providers of the subscriptions that have no such set. */
  lackedBy: string[];
}

type Sub = Pick<SubscriptionSnapshot, 'provider' | 'replicationSets'>;

/** All that one of the providers has, or one of the subscriptions takes. */
export function offeredSets(
  subs: readonly Sub[],
  { replicationSets, nodes }: Pick<Snapshot, 'replicationSets' | 'nodes'>,
): OfferedSet[] {
  const providers = [...new Set(subs.flatMap(({ provider }) => provider ?? []))];
  // Of a node that was never read it is not known what it lacks.
  const read = providers.filter((provider) =>
    nodes.some(({ name, observedAt }) => name === provider && observedAt !== null),
  );
  const has = (node: string, set: string) =>
    replicationSets.some((each) => each.node === node && each.name === set);
  const names = new Set([
    ...replicationSets.filter(({ node }) => providers.includes(node)).map(({ name }) => name),
    ...subs.flatMap((sub) => sub.replicationSets),
  ]);
  return [...names].sort(compareKeys).map((name) => {
    const taking = subs.filter((sub) => sub.replicationSets.includes(name)).length;
    return {
      name,
      taken: taking === 0 ? 'none' : taking === subs.length ? 'all' : 'some',
      lackedBy: read.filter((node) => !has(node, name)),
    };
  });
}

/** `ticks`: what was ticked on or off, by set; what was not touched stays as it is. */
export function setsAsked(
  offered: readonly OfferedSet[],
  ticks: Readonly<Record<string, boolean>>,
): { add: string[]; remove: string[] } {
  return {
    add: offered.flatMap(({ name, taken }) => (ticks[name] === true && taken !== 'all' ? name : [])),
    remove: offered.flatMap(({ name, taken }) => (ticks[name] === false && taken !== 'none' ? name : [])),
  };
}
