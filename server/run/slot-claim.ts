/** Before a subscription is made: that no slot of its name stands on the provider, remembered for the time it is taken back. */
import { dropSlot } from '#core/plan/slot-sql.ts';
import type { StepContext } from './step-context.ts';
import { StepFailure, sqlFailure } from './step-failure.ts';

const ANSWER_MS = 10_000;

export interface Subscribed {
  receiver: string;
  provider: string;
  subscription: string;
  /** It is given up: not asked, nor waited for; its slot is nobody's any more. */
  providerGone?: boolean;
}

export interface ClaimedSlot {
  slot: string;
  /** The provider's name in the engine's catalog. */
  provider: string;
  /** Such a slot was there before the run made its subscription. */
  there: boolean;
}

const key = (subscription: string): string => `slot ${subscription}`;

/** What this step found before it made the subscription; null: it did not look. */
export function claimedSlot(subscription: string, context: StepContext): ClaimedSlot | null {
  return (context.recall(key(subscription)) as ClaimedSlot | undefined) ?? null;
}

/**
 * To be called before the subscription is made, when it is not there. Spock drops an inactive slot of that name and makes its
 * own in its place, whoever it belongs to, and never gets past an active one (ensure_replication_slot_snapshot in
 * spock_sync.c): so a slot that is there and not this step's own, of an earlier try, throws StepFailure `not-ours`.
 */
export async function claimSlot(of: Subscribed, context: StepContext): Promise<void> {
  const { receiver, provider, subscription } = of;
  const { nodes, slots, unsubscribing, words } = context.changes;
  const one = async (node: string, text: string) => {
    const outcome = await context.sessions.statement(context.dsn(node), text, ANSWER_MS);
    if (!outcome.ok) throw sqlFailure(node, `${text};`, outcome.error);
    return outcome.value.at(-1)?.rows ?? [];
  };
  const [node] = await one(provider, nodes.localName);
  const name = node === undefined ? provider : String(node.name);
  const [named] = await one(receiver, slots.nameQuestion(name, subscription));
  const slot = String(named?.slot);
  const there = (await one(provider, unsubscribing.slotsOf(slot))).some((each) => each.slot === slot);
  const earlier = claimedSlot(subscription, context);
  if (earlier?.slot === slot && !earlier.there) return;
  if (!there) return context.remember(key(subscription), { slot, provider: name, there });
  throw new StepFailure({
    code: 'not-ours',
    message: `${provider} already has a slot ${slot}, which ${subscription} of ${receiver} would take over.`,
    sqlstate: null,
    statement: null,
    cause: `It belongs to another subscription of the same name, or was left by one. ${words.name} would drop it and create its own.`,
    remedy: `If nobody reads from it, drop it on ${provider}: ${dropSlot(slot)}; then resume.`,
  });
}
