/** Whether anything reads from a node, by what its slots and the catalogs of the other nodes say. */

/** A logical slot on the node. */
export interface SlotThere {
  slot: string;
  /** Somebody is connected to it. */
  active: boolean;
  /** Spock's, not another program's. */
  engine: boolean;
  /** Who is connected: `sub_n2n1 from 10.0.0.2`; empty: nobody. */
  reader: string;
}

/** What another node of the run said of its subscriptions. */
export type Peer = { node: string } & (
  | { asked: true; subscriptions: { subscription: string; provider: string | null; slot: string }[] }
  | { asked: false; why: string }
);

export type Readers =
  | { kind: 'none' }
  | { kind: 'some'; by: string[] }
  /** `slots`: those of which it is not known whose they are. */
  | { kind: 'unknown'; why: string; slots: string[] };

/** A table's own copy reads from a slot of its own: the subscription's, with eight hexadecimal digits (spock_sync.c). */
const ofSubscription = (slot: string): string => slot.replace(/_[0-9a-f]{8}$/, '');

/**
 * `names`: what the node is called, by the run and by itself; `own`: slots of subscriptions that this run has made.
 * A slot of the run's own that nobody is connected to, and that no subscription names, is left over, no reader; that is only
 * known when every other node was asked, since names of slots may be the same for two receivers. A slot whose reader may be on
 * a node that could not be asked makes the answer unknown.
 */
export function readersAmong(
  names: readonly string[],
  slots: readonly SlotThere[],
  peers: readonly Peer[],
  own: ReadonlySet<string>,
): Readers {
  const by: string[] = [];
  const named = new Set<string>();
  for (const peer of peers) {
    if (!peer.asked) continue;
    for (const { subscription, provider, slot } of peer.subscriptions) {
      if (provider !== null && !names.includes(provider)) continue;
      by.push(`${subscription} on ${peer.node}`);
      named.add(slot);
    }
  }
  const silent = peers.flatMap((peer) => (peer.asked ? [] : [peer]));
  const unclear: string[] = [];
  for (const { slot, active, engine, reader } of slots) {
    if (named.has(slot) || named.has(ofSubscription(slot))) continue;
    const ours = own.has(slot) || own.has(ofSubscription(slot));
    if (active) by.push(`${reader === '' ? 'somebody' : reader}, by slot ${slot}`);
    else if (engine && silent.length > 0) unclear.push(slot);
    else if (!ours) by.push(`whoever slot ${slot} was made for`);
  }
  if (by.length > 0) return { kind: 'some', by };
  if (unclear.length === 0) return { kind: 'none' };
  const who = silent
    .map(({ node, why }) => `${node} could not be asked (${why.replace(/\.$/, '')})`)
    .join(', ');
  const what = unclear.length === 1 ? `slot ${unclear[0]} exists` : `slots ${unclear.join(', ')} exist`;
  return { kind: 'unknown', why: `${what} there, and ${who}`, slots: unclear };
}
