/** A subscription dropped on purpose, with its slot, in whatever state it is. */
import type { LeftToDo } from '#core/model/plan.ts';
import type { ClaimedSlot } from './slot-claim.ts';
import type { Executor } from './step-context.ts';
import { command, type Found, lookAt, unsubscribe } from './unsubscribe.ts';

const ANSWER_MS = 10_000;

/** How it stood before the run did anything to it. */
const BEFORE = 'before';

export const unsubscribeStep: Executor<'unsubscribe'> = {
  /** What could not be dropped, a slot on a provider that does not answer, is what one has to know: the subscription is gone. */
  async run({ node, provider, subscription, providerGone }, context) {
    const of = { receiver: node, provider, subscription, providerGone };
    if (context.recall(BEFORE) === undefined) {
      const found = await lookAt(of, context);
      if (found !== null) {
        context.remember(BEFORE, found);
        // After a crash the subscription may be gone and its origin not: the slot says which one it was.
        const known: ClaimedSlot = { slot: found.slot, provider: found.provider, there: false };
        if (providerGone === true) context.remember(`slot ${subscription}`, known);
      }
    }
    context.willMake(0);
    const left: Omit<LeftToDo, 'step'>[] = [];
    await unsubscribe(of, { ...context, left: (item) => left.push(item) });
    for (const { object, node: at, message } of left) {
      context.fact(object ?? 'Left', `${at === null ? '' : `on ${at}: `}${message}`);
    }
    if (left.length > 0) context.know(left.map(({ message }) => message).join(' '));
    return { skipped: false };
  },
  /** One that was not dropped yet goes on as before; one that is gone stays gone, and that is said. */
  async undo({ node, provider, subscription }, context) {
    const { reattach, detached, enable } = context.changes.unsubscribing;
    const before = context.recall(BEFORE) as Found | undefined;
    if (!context.made(0) || before === undefined) return;
    const found = await lookAt({ receiver: node, provider, subscription }, context);
    if (found === null) {
      context.left({
        node,
        code: 'stays',
        object: `subscription ${subscription}`,
        message: `It is dropped: ${node} has given up its position in what ${provider} sends. A new subscription starts at the time of its creation and does not receive what was written in between.`,
        sql: [],
      });
      return;
    }
    if (found.id !== before.id) return;
    if (found.interface !== before.interface) {
      await command(node, reattach(subscription, before.interface), ANSWER_MS, context);
      await command(node, detached(found.id, found.provider), ANSWER_MS, context);
    }
    if (before.enabled && !found.enabled) await command(node, enable(subscription), ANSWER_MS, context);
  },
};
