/** exception_behaviour = sub_disable: a transaction could not be applied, and the subscription stopped itself. */
import { quoteLiteral } from '#core/engines/quote.ts';
import { failuresOf } from './exceptions.ts';
import type { FindingDraft, Rule } from './rule.ts';

export const disabledByException: Rule = (input) => {
  const drafts: FindingDraft[] = [];
  for (const { receiver, origin, subscription, disabling } of failuresOf(input)) {
    if (disabling === null || subscription === null || subscription.enabled) continue;
    const skipLsn = disabling.message?.match(/skip_lsn\s*=\s*([0-9A-F]+\/[0-9A-F]+)/i)?.[1] ?? null;
    drafts.push({
      severity: 'critical',
      subject: { provider: origin, receiver, subscription: subscription.name },
      title: `${subscription.name} on ${receiver} was disabled by an exception`,
      detail: `A transaction of ${origin} could not be applied. Nothing that ${origin} writes reaches ${receiver} until the subscription is enabled again, and ${origin} holds its WAL meanwhile.`,
      evidence: [
        { name: 'sub_enabled', value: 'f' },
        { name: 'exception', value: disabling.message ?? '' },
        { name: 'remote_xid', value: disabling.xid ?? '' },
      ],
      remedy: {
        text: `Mend the row or the table on ${receiver}, then enable ${subscription.name}: the transaction is tried again. Or step over it first, which discards it on ${receiver}.`,
        sql: [
          ...(skipLsn === null
            ? []
            : [
                `SELECT spock.sub_alter_skiplsn(${quoteLiteral(subscription.name)}, ${quoteLiteral(skipLsn)})`,
              ]),
          `SELECT spock.sub_enable(${quoteLiteral(subscription.name)}, true)`,
        ],
        plan: {
          kind: 'subscription-enable',
          cluster: input.facts.cluster,
          receiver,
          subscription: subscription.name,
        },
      },
    });
  }
  return drafts;
};
