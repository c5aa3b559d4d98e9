/**
 * Slots that no subscription of a watched node names: what is known of who reads them. A wrong word here would have a DBA drop
 * the slot of a node that is joining, or of one that the console does not watch, and so destroy that node.
 */
import type { SlotFacts } from '#core/model/facts.ts';
import { readAt } from '#core/model/facts.ts';
import type { NodeInput } from '#core/snapshot/assembled.ts';
import { joiningNow } from './joining.ts';
import type { AdviceInput } from './rule.ts';
import { isOfSubscription } from './slot-use.ts';

/** A subscription that is being created has its slot before its row is to be seen. */
const settledMs = 60_000;
/** A slot whose owner was never known may be that of a node which is joining: its copy takes hours. */
const forgottenMs = 6 * 3_600_000;

export interface Ownerless {
  node: string;
  slot: SlotFacts;
  /** Milliseconds: since when it is at rest; null: somebody reads it. */
  since: number | null;
  /** unknown: read by somebody; waiting: not read yet, or not by anybody known; orphan: nobody will read it any more. */
  verdict: 'unknown' | 'waiting' | 'orphan';
  /** The subscription that it was for, where the console saw it. */
  was: { subscription: string; receiver: string } | null;
  /** It was never seen to be read, and nothing was decoded from it. */
  neverRead: boolean;
}

const known = new WeakMap<AdviceInput, Ownerless[]>();

/** Of nodes that were read now; empty while a plan runs, or while a node of the registry cannot tell of its subscriptions. */
export function ownerlessSlots(input: AdviceInput): Ownerless[] {
  const before = known.get(input);
  if (before) return before;
  const found = input.runUnderWay || !everyNodeWasRead(input) ? [] : look(input);
  known.set(input, found);
  return found;
}

function look(input: AdviceInput): Ownerless[] {
  const nodes = [...input.nodes.values()];
  const named = new Set(
    nodes.flatMap((node) => node.fast?.value.subscriptions?.map(({ slot }) => slot) ?? []),
  );
  const found = nodes.flatMap((node) =>
    (node.fast?.value.slots ?? [])
      .filter((slot) => !named.has(slot.name) && isOfSubscription(input, node, slot))
      .map((slot) => judge(input, node, slot)),
  );
  // One reader that nobody knows may be the owner of any other slot, or about to be.
  const isAlone =
    !found.some(({ verdict }) => verdict === 'unknown') &&
    !someNodeIsUnwatched(input) &&
    joiningNow(input).length === 0;
  return found
    .map(
      (each): Ownerless => (each.verdict === 'orphan' && !isAlone ? { ...each, verdict: 'waiting' } : each),
    )
    .filter(({ since }) => since === null || input.at - since >= settledMs);
}

function judge(input: AdviceInput, node: NodeInput, slot: SlotFacts): Ownerless {
  const owner = input.memory.slots.ownerOf(slot.name);
  const since = slot.active ? null : restSince(input, node, slot);
  const neverRead = !input.memory.slots.wasRead(node.name, slot.name);
  const isForgotten = since !== null && input.at - since >= forgottenMs;
  // It was read, and has the subscription no more; or all catalogs that knew the node have forgotten it, which somebody did.
  const isGone = owner !== null && (input.nodes.has(owner.receiver) || owner.named);
  const verdict = since === null ? 'unknown' : isGone || isForgotten ? 'orphan' : 'waiting';
  return { node: node.name, slot, since, verdict, was: owner, neverRead };
}

/** As far as the console saw, or as the server itself knows (PostgreSQL 17), by the console's clock. */
function restSince(input: AdviceInput, { name, fast }: NodeInput, slot: SlotFacts): number {
  const seen = input.memory.workers.slotInactiveSince(name, slot.name) ?? input.at;
  if (slot.inactiveSince === null || fast?.value.clock == null) return seen;
  return Math.min(seen, slot.inactiveSince - (fast.value.clock - readAt(fast)));
}

/** Every node of the registry, in the last polls: the subscription that reads a slot may be on any of them. */
function everyNodeWasRead(input: AdviceInput): boolean {
  const freshMs = Math.max(3 * input.facts.pollSeconds, 5) * 1000;
  return [...input.nodes.values()].every(
    ({ fast, failure }) =>
      failure === null &&
      fast !== null &&
      input.at - readAt(fast) <= freshMs &&
      fast.value.standby === false &&
      fast.value.subscriptions !== null &&
      fast.value.localNode !== null,
  );
}

/** A node that the catalogs name and the console does not watch, or an origin that they cannot name. */
function someNodeIsUnwatched(input: AdviceInput): boolean {
  const facts = [...input.nodes.values()].flatMap(({ fast }) => fast?.value ?? []);
  const read = new Set(facts.map(({ localNode }) => localNode));
  return facts.some(
    ({ peers, subscriptions }) =>
      peers.some(({ name }) => !read.has(name)) ||
      subscriptions?.some(({ providerName }) => providerName === null) === true,
  );
}
