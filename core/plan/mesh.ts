/** Every node joined to every other: names, order and statements, the same for a sandbox and for servers. */
import type { Changes, SubscribeWay } from '#core/engines/changes.ts';
import type { Awaited, Wake } from '#core/engines/units.ts';
import { type ExecutableStep, type SubscribeAction, step } from './executable.ts';

export interface Pair {
  provider: string;
  receiver: string;
  /** The subscription's name. */
  name: string;
  /** As in `NewSubscription`. */
  sets?: readonly string[];
}

const NAME_LIMIT = 63;
/**
 * pgEdge's way of naming, `sub_RECEIVERPROVIDER`. Spock takes lower case letters, digits and underscore only (its
 * spock_node.c); nodes may be called otherwise.
 */
export function subscriptionName(provider: string, receiver: string, taken: readonly string[]): string {
  const plain = (text: string): string => text.toLowerCase().replace(/[^a-z0-9_]+/g, '_');
  const wanted = `sub_${plain(receiver)}${plain(provider)}`.slice(0, NAME_LIMIT);
  for (let number = 1; ; number++) {
    const suffix = number === 1 ? '' : `_${number}`;
    const name = wanted.slice(0, NAME_LIMIT - suffix.length) + suffix;
    if (!taken.includes(name)) return name;
  }
}

/**
 * All ordered pairs, turn by turn: in one turn each node receives once and provides once. No two subscriptions of a cluster
 * have one name: slots on a provider are named after them, and names of nodes may differ in what `subscriptionName` drops.
 */
export function pairsOf(nodes: readonly string[]): Pair[] {
  const taken: string[] = [];
  return Array.from({ length: nodes.length - 1 }, (_, turn) =>
    nodes.map((receiver, index) => {
      const provider = nodes[(index + turn + 1) % nodes.length] as string;
      const name = subscriptionName(provider, receiver, taken);
      taken.push(name);
      return { provider, receiver, name };
    }),
  ).flat();
}

/**
 * Each pair with the one that its receiver makes before it; null: its first. Spock's sub_create locks its own node until it
 * commits (spock_node.c, get_local_node), so a node makes its subscriptions one after the other in any case; those of
 * different nodes do not wait for one another. Measured: about half the time of one after the other throughout.
 */
export function inChains(pairs: readonly Pair[]): { pair: Pair; after: Pair | null }[] {
  const last = new Map<string, Pair>();
  return pairs.map((pair) => {
    const after = last.get(pair.receiver) ?? null;
    last.set(pair.receiver, pair);
    return { pair, after };
  });
}

const SUBSCRIBE_SECONDS = 60;

/**
 * Makes one subscription that copies nothing. `slot`: `held` where a hold before it has made the slot. Taken back by
 * server/run/unsubscribe.ts, with the slot.
 */
export function subscribeStep(
  pair: Pair,
  of: Pick<ExecutableStep, 'id'> &
    Partial<ExecutableStep> & { way: SubscribeWay; slot?: SubscribeAction['slot']; goesWithServer?: boolean },
  { subscriptions }: Changes,
): ExecutableStep {
  const { provider, receiver, name } = pair;
  const { way, slot: wanted = 'here', goesWithServer = false, ...fields } = of;
  const slot = way.together === null ? wanted : null;
  return step({
    title: `Subscribe to ${provider}`,
    node: receiver,
    undo: `Drops the subscription, and its slot on ${provider}.`,
    ...fields,
    action: {
      type: 'subscribe',
      node: receiver,
      provider,
      subscription: name,
      plugin: way.plugin,
      slot,
      units:
        slot === null
          ? [subscriptions.create(pair)]
          : [subscriptions.create(pair, undefined, true), subscriptions.finish(name)],
      goesWithServer,
      timeoutSeconds: SUBSCRIBE_SECONDS,
    },
  });
}

/** What both ends say of all links: receivers alone say `replicating` for a while with nobody at the other end. */
export function allReplicate(nodes: readonly string[], { subscriptions, waits }: Changes): Awaited[] {
  const peers = nodes.length - 1;
  const others = peers === 1 ? 'its peer' : `all ${peers} peers`;
  return nodes.flatMap((node) => [
    {
      node,
      text: `the subscriptions of ${node} to ${others} replicate`,
      query: subscriptions.replicate(peers),
      hopeless: waits.cannotCome({ for: 'replicating', node, subscription: null, count: peers }),
    },
    {
      node,
      text: `the slots on ${node} for ${others} are in use`,
      query: subscriptions.slotsInUse(peers),
      hopeless: waits.cannotCome({ for: 'slot-in-use', node, slot: null, count: peers, made: false }),
    },
  ]);
}

/** Of each receiver by its first subscription, where the engine needs it at all. */
export const wakesOf = (pairs: readonly Pair[], { subscriptions }: Changes): Wake[] =>
  inChains(pairs).flatMap(({ pair: { receiver, name }, after }) => {
    const wake = after === null ? subscriptions.wake(name) : null;
    return wake === null ? [] : [{ node: receiver, ...wake }];
  });
