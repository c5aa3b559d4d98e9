/** An apply worker that ends, starts and ends again: `replicating` in many polls or seen in none, and never any further. */
import { formatSeconds } from '#core/model/format.ts';
import type { SubscriptionSnapshot } from '#core/model/snapshot.ts';
import { causeOf } from './cause.ts';
import type { AdviceInput, Rule, RuleFinding } from './rule.ts';

export const applyLoop: Rule = (input) =>
  input.facts.subscriptions.flatMap((sub): RuleFinding[] => {
    const { provider } = sub;
    if (!sub.failing || provider === null) return [];
    const cause = causeOf(input, sub);
    // A worker that gets no further than the connection fails at no transaction, and that is said by others.
    if (cause?.kind !== 'failing') return [];
    const { endings, firstAt, lastAt } = cause.loop;
    const progressedAt = input.memory.workers.progressedAt(provider, sub.slot);
    const goesOn = progressedAt !== null && progressedAt > firstAt;
    const exception = input.nodes
      .get(sub.receiver)
      ?.fast?.value.exceptions?.find(({ originId }) => originId === originOf(input, sub));
    return [
      {
        severity: 'critical',
        subject: { provider, receiver: sub.receiver, subscription: sub.name },
        title: `${sub.name} on ${sub.receiver} keeps failing and restarting`,
        detail: `Its apply worker exited ${endings} times in ${formatSeconds(Math.round((lastAt - firstAt) / 1000))}. ${
          goesOn
            ? `It made progress in between, so the cause is not one transaction; it may be a connection that breaks.`
            : `While the same transaction fails, nothing that ${provider} writes reaches ${sub.receiver}, and ${provider} holds the WAL for it.`
        }`,
        evidence: [
          { name: 'worker exits in 5 min', value: String(endings) },
          {
            name: 'last',
            value: `${formatSeconds(Math.max(0, Math.round((input.at - lastAt) / 1000)))} ago`,
          },
          { name: 'status', value: sub.reportedStatus ?? 'not visible' },
          ...(exception?.message ? [{ name: 'last exception', value: exception.message }] : []),
        ],
        sinceAt: firstAt,
        remedy: {
          text: goesOn
            ? `The server logs of ${sub.receiver} and ${provider} show why the worker exits. Both nodes are up: drop nothing.`
            : `Both nodes are up: drop nothing. The server log of ${sub.receiver} names the error and the LSN of the transaction. Fix the cause, or skip the transaction, which discards it on ${sub.receiver}.`,
          ...(!goesOn && { sql: input.engineOf(sub.engine).advice.remedies['apply-loop'](sub) }),
        },
      },
    ];
  });

const originOf = (input: AdviceInput, { receiver, name }: SubscriptionSnapshot): string | undefined =>
  input.nodes.get(receiver)?.fast?.value.subscriptions?.find((sub) => sub.name === name)?.originId;
