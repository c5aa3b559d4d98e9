/** A peer's connection by the interface that it uses fails, or reaches another server; see `unreached`. */
import { formatSeconds } from '#core/model/format.ts';
import type { SubscriptionSnapshot } from '#core/model/snapshot.ts';
import type { AdviceInput, Rule, RuleFinding } from './rule.ts';
import { type Unreached, unreached } from './unreached.ts';

export const staleInterface: Rule = (input) =>
  input.facts.subscriptions.flatMap((sub) => {
    const found = unreached(input, sub);
    return found === null || sub.provider === null ? [] : [findingOf(input, sub, sub.provider, found)];
  });

function findingOf(
  input: AdviceInput,
  sub: SubscriptionSnapshot,
  provider: string,
  { since, content, slot }: Unreached,
): RuleFinding {
  const { receiver, name } = sub;
  const unread = formatSeconds(Math.round((input.at - since) / 1000));
  const senders = input.facts.nodes
    .find((node) => node.name === provider)
    ?.capacity.find((one) => one.name === 'max_wal_senders');
  return {
    severity: 'critical',
    subject: { provider, receiver, subscription: name },
    title: content
      ? `${receiver} reads from another server instead of ${provider}`
      : `${receiver} cannot connect to ${provider}, or reaches another server`,
    detail: content
      ? `${receiver} reports “replicating”, but on the ${provider} that the console reaches nobody reads its slot. The interface that ${name} uses may lead to a server from which ${provider} has moved away.`
      : `The console reaches ${provider}, where the slot for ${receiver} exists and is free, but nobody has read it for ${unread}. The interface that ${name} uses leads nowhere or to another server, or ${provider} rejects its role or password.`,
    evidence: [
      { name: `${receiver} uses`, value: sub.providerDsn ?? 'not visible' },
      { name: `console reaches ${provider} at`, value: input.nodes.get(provider)?.address ?? '' },
      { name: `${receiver} reports`, value: sub.reportedStatus ?? 'not visible' },
      { name: `slot on ${provider}`, value: slot.name },
      { name: 'not read for', value: unread },
      ...(senders?.used == null
        ? []
        : [{ name: `walsenders used on ${provider}`, value: `${senders.used} of ${senders.max}` }]),
    ],
    sinceAt: since,
    remedy: {
      text: `${input.engineOf(sub.engine).advice.remedies['stale-interface'](sub, provider)}${content ? '' : ` The server log of ${receiver} names the error.`}`,
    },
  };
}
