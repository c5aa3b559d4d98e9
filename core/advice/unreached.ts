/**
 * Receivers whose connection to their provider fails, or leads to another server: told from the provider's slot, which
 * nobody comes to read, and never from the texts of DSNs, which behind NAT differ and are right.
 */
import type { SlotFacts } from '#core/model/facts.ts';
import { isLost } from '#core/model/slot.ts';
import type { Capacity, NodeSnapshot, SubscriptionSnapshot } from '#core/model/snapshot.ts';
import { isShort } from './capacity.ts';
import type { AdviceInput } from './rule.ts';

/** A worker that cannot connect is started anew each 5 s; four times nobody came is no accident. */
const failingMs = 20_000;
/** Longer than wal_sender_timeout and wal_receiver_timeout, within which both ends notice a broken connection. */
const contentMs = 90_000;

export interface Unreached {
  /** Milliseconds: since when nobody has come to the slot while the subscription was to be read. */
  since: number;
  /** The receiver is content with what it reads: it can only be another server's. */
  content: boolean;
  slot: SlotFacts;
}

/**
 * Null where something else may be the cause: no slot, or a lost one; no walsender or worker to be had; a copy that has
 * not ended; somebody who came to the slot and failed at what it holds; or where any of this is not known.
 */
export function unreached(input: AdviceInput, sub: SubscriptionSnapshot): Unreached | null {
  if (!sub.enabled || sub.provider === null || sub.status !== 'down') return null;
  const provider = input.facts.nodes.find(({ name }) => name === sub.provider);
  const receiver = input.facts.nodes.find(({ name }) => name === sub.receiver);
  if (provider?.state !== 'up' || receiver?.state !== 'up') return null;
  const slot = input.nodes.get(provider.name)?.fast?.value.slots.find(({ name }) => name === sub.slot);
  if (slot === undefined || slot.active || isLost(slot)) return null;
  const downSince = input.links.get(provider.name, receiver.name)?.since;
  const unreadSince = input.memory.workers.slotUnreadSince(provider.name, slot.name);
  if (!downSince || unreadSince === null) return null;
  const since = Math.max(Date.parse(downSince), unreadSince);
  const content = isContent(input, sub);
  if (content) return input.at - since < contentMs ? null : { since, content, slot };
  if (input.at - since < failingMs || slot.decodedBytes === null) return null;
  if (sub.sync.some(({ table }) => table === null) || speakNothingInCommon(input, provider, receiver))
    return null;
  const isFree =
    hasRoom(provider, 'max_wal_senders', true) &&
    hasRoom(receiver, 'max_worker_processes', true) &&
    hasRoom(receiver, 'max_active_replication_origins', false);
  return isFree ? { since, content, slot } : null;
}

/** The word `replicating` is said of a worker that is still connecting as well; only some versions do not show their workers. */
function isContent(input: AdviceInput, sub: SubscriptionSnapshot): boolean {
  if (sub.reportedStatus !== 'replicating') return false;
  const capabilities = input.nodes.get(sub.receiver)?.capabilities;
  const showsWorkers = capabilities && input.engineOf(sub.engine).showsWorkers(capabilities);
  return showsWorkers !== true || sub.workerStatus === 'running';
}

/** A manager that gets no worker for a subscription gives up its own place as well: what is nearly used up is used up. */
function hasRoom({ capacity }: NodeSnapshot, name: Capacity['name'], mustBeKnown: boolean): boolean {
  const resource = capacity.find((one) => one.name === name);
  const short = resource === undefined ? null : isShort(resource);
  return short === null ? !mustBeKnown : !short;
}

/** They have no version of the engine's protocol in common, or that is not known. */
export function speakNothingInCommon(
  input: AdviceInput,
  provider: NodeSnapshot,
  receiver: NodeSnapshot,
): boolean {
  const [a, b] = [provider, receiver].map(({ name }) => input.nodes.get(name)?.slow?.value.protocol);
  return !!a && !!b && !(a.min <= b.max && b.min <= a.max);
}
