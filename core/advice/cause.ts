/**
 * Why a subscription takes nothing: asked by every rule that gives a remedy, so that none of them tells somebody to bring
 * back what is up, or to drop what is only disabled.
 */

import type { Loop } from '#core/lag/worker-book.ts';
import { isLost } from '#core/model/slot.ts';
import type { Capacity, NodeSnapshot, SubscriptionSnapshot } from '#core/model/snapshot.ts';
import { isPluginListed } from './plugin-not-listed.ts';
import type { AdviceInput, CannotRun } from './rule.ts';
import { speakNothingInCommon, type Unreached, unreached } from './unreached.ts';

export type Cause =
  /** No answer comes from the node. */
  | { kind: 'down'; node: string }
  /** The server answers, and the node cannot be read there: an error, a standby, another server. */
  | { kind: 'unread'; node: string }
  /** The provider is no node of the console's. */
  | { kind: 'unwatched'; node: string }
  | { kind: 'disabled' }
  /** It disabled itself at a transaction that it could not apply. */
  | { kind: 'disabled-by-exception' }
  | { kind: 'slot-lost' }
  /** The provider has no slot of its name. */
  | { kind: 'no-slot' }
  | { kind: 'copying' }
  /** No worker of the engine starts on one of its nodes. */
  | { kind: 'cannot-run'; found: CannotRun }
  /** The provider does not let the engine's output plugin decode. */
  | { kind: 'plugin'; node: string }
  | { kind: 'protocol' }
  /** One of the counted resources of a node is used up. */
  | { kind: 'full'; node: string; resource: string }
  /** Its way to the provider leads nowhere, or to another server. */
  | { kind: 'unreached'; found: Unreached }
  /** Its worker starts, reads, and fails, again and again. */
  | { kind: 'failing'; loop: Loop }
  /** It is to be read and nobody reads it: only the server's log says more. */
  | { kind: 'stopped' };

/** Null: it applies, as far as can be seen. The first that holds is the cause: the later ones would follow from it. */
export function causeOf(input: AdviceInput, sub: SubscriptionSnapshot): Cause | null {
  const receiver = input.facts.nodes.find(({ name }) => name === sub.receiver);
  const provider = input.facts.nodes.find(({ name }) => name === sub.provider);
  const silent = absence(receiver);
  if (silent !== null) return silent;
  if (sub.status === 'disabled') {
    return input.engineOf(sub.engine).advice.disabledItself(input, sub)
      ? { kind: 'disabled-by-exception' }
      : { kind: 'disabled' };
  }
  if (provider === undefined) return { kind: 'unwatched', node: sub.provider ?? '' };
  const away = absence(provider);
  if (away !== null) return away;
  if (sub.status === 'replicating' || sub.status === 'unknown') return null;
  const slot = input.nodes.get(provider.name)?.fast?.value.slots.find(({ name }) => name === sub.slot);
  if (slot && isLost(slot)) return { kind: 'slot-lost' };
  if (sub.status === 'initializing') return { kind: 'copying' };
  const engine = input.engineOf(sub.engine);
  const idle =
    engine.advice.cannotRun(input.nodes.get(sub.receiver)) ??
    engine.advice.cannotRun(input.nodes.get(provider.name));
  if (idle !== null) return { kind: 'cannot-run', found: idle };
  if (isPluginListed(engine, input.nodes.get(provider.name)) === false)
    return { kind: 'plugin', node: provider.name };
  if (receiver && speakNothingInCommon(input, provider, receiver)) return { kind: 'protocol' };
  const full =
    usedUp(
      provider,
      slot === undefined ? ['max_replication_slots', 'max_wal_senders'] : ['max_wal_senders'],
    ) ?? usedUp(receiver, ['max_worker_processes', 'max_active_replication_origins']);
  if (full !== null) return full;
  if (slot === undefined) return { kind: 'no-slot' };
  const found = unreached(input, sub);
  if (found !== null) return { kind: 'unreached', found };
  const loop = sub.failing ? loopOf(input, sub) : null;
  return loop === null ? { kind: 'stopped' } : { kind: 'failing', loop };
}

/** How often its worker has ended, where that is what makes it down. */
export function loopOf(input: AdviceInput, sub: SubscriptionSnapshot): Loop | null {
  if (sub.provider === null) return null;
  return input.memory.workers.loopOf(
    { provider: sub.provider, slot: sub.slot, receiver: sub.receiver, subscription: sub.name },
    input.at,
  );
}

function absence(node: NodeSnapshot | undefined): Cause | null {
  if (node === undefined) return null;
  if (node.state === 'down') return { kind: 'down', node: node.name };
  return node.state === 'unknown' || node.standby === true ? { kind: 'unread', node: node.name } : null;
}

/** What the subscription would need one of, and none is left of. */
function usedUp(node: NodeSnapshot | undefined, names: readonly Capacity['name'][]): Cause | null {
  const resource = node?.capacity.find(
    ({ name, used, max }) => names.includes(name) && used !== null && used >= max,
  );
  return node && resource ? { kind: 'full', node: node.name, resource: resource.name } : null;
}
