/** A subscription that takes what its provider has from others, where those reach the receiver anyway. */
import { formatNames } from '#core/model/format.ts';
import type { SubscriptionSnapshot } from '#core/model/snapshot.ts';
import type { AdviceInput, Rule, RuleFinding } from './rule.ts';

export const forwardingLoop: Rule = (input) => {
  const providersOf = new Map<string, Set<string>>();
  for (const sub of input.facts.subscriptions) {
    if (!sub.enabled || sub.provider === null) continue;
    providersOf.set(sub.receiver, (providersOf.get(sub.receiver) ?? new Set()).add(sub.provider));
  }
  return input.facts.subscriptions.flatMap((sub): RuleFinding[] => {
    if (!sub.enabled || sub.provider === null || !sub.forwardOrigins.includes('all')) return [];
    const own = providersOf.get(sub.receiver) ?? new Set();
    // What the provider takes from the receiver comes back; what it takes from the receiver's other providers comes twice.
    const again = [...(providersOf.get(sub.provider) ?? [])].filter(
      (from) => from === sub.receiver || own.has(from),
    );
    if (again.length === 0) return [];
    return [
      {
        severity: 'warning',
        subject: { provider: sub.provider, receiver: sub.receiver, subscription: sub.name },
        title: `${sub.receiver} receives from ${sub.provider} what ${formatNames(again)} wrote`,
        detail: `${sub.name} forwards the changes of all origins. What ${formatNames(again)} ${again.length === 1 ? 'writes' : 'write'} also reaches ${sub.receiver} another way: the same changes arrive more than once, which causes conflicts or an endless loop.`,
        evidence: [
          { name: 'sub_forward_origins', value: `{${sub.forwardOrigins.join(',')}}` },
          {
            name: `${sub.provider} subscribes to`,
            value: formatNames([...(providersOf.get(sub.provider) ?? [])], 8),
          },
          { name: `${sub.receiver} subscribes to`, value: formatNames([...own], 8) },
        ],
        remedy: remedyOf(input, sub),
      },
    ];
  });
};

/** Where the version has a statement for it, there is a plan for it. */
function remedyOf(input: AdviceInput, sub: SubscriptionSnapshot): NonNullable<RuleFinding['remedy']> {
  const { receiver, name } = sub;
  const remedy = input
    .engineOf(sub.engine)
    .advice.remedies['forwarding-loop'](sub, input.nodes.get(receiver));
  if (remedy.sql === undefined) return remedy;
  return {
    ...remedy,
    plan: {
      kind: 'subscription-options',
      cluster: input.facts.cluster,
      receiver,
      subscription: name,
      forwardOrigins: [],
    },
  };
}
