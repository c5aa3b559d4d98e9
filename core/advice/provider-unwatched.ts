/** A node that watched nodes subscribe to, and that the console does not watch: whether it is well, nobody here sees. */
import { countOf, formatNames } from '#core/model/format.ts';
import type { SubscriptionSnapshot } from '#core/model/snapshot.ts';
import type { Rule, RuleFinding } from './rule.ts';

export const providerUnwatched: Rule = (input) => {
  const watched = new Set(input.facts.nodes.map(({ name }) => name));
  const byProvider = new Map<string, SubscriptionSnapshot[]>();
  for (const sub of input.facts.subscriptions) {
    const { provider } = sub;
    if (provider === null || watched.has(provider)) continue;
    byProvider.set(provider, [...(byProvider.get(provider) ?? []), sub]);
  }
  return [...byProvider].map(([provider, subs]): RuleFinding => {
    const receivers = formatNames(subs.map(({ receiver }) => receiver));
    const down = subs.filter(({ status }) => status === 'down');
    return {
      severity: 'warning',
      subject: { provider },
      title: `${provider} is not watched, and ${receivers} ${subs.length === 1 ? 'subscribes' : 'subscribe'} to it`,
      detail: `The console does not know whether ${provider} is healthy, or how far its receivers are behind.${
        down.length === 0
          ? ''
          : ` ${formatNames(down.map(({ receiver }) => receiver))} ${down.length === 1 ? 'reports' : 'report'} that ${down.length === 1 ? 'its subscription' : 'their subscriptions'} to it ${down.length === 1 ? 'is' : 'are'} down.`
      }`,
      evidence: subs.slice(0, 8).map(({ receiver, name, reportedStatus, providerDsn }) => ({
        name: `${name} on ${receiver}`,
        value: `${reportedStatus ?? 'status not visible'}${providerDsn === null ? '' : `, ${providerDsn}`}`,
      })),
      remedy: {
        text: `Watch ${provider} too: add its address under Settings. If it is gone for good, drop the ${countOf(subs.length, 'subscription').replace(/^\d+ /, '')} to it; the console then reports slots that were kept for it.`,
      },
    };
  });
};
