/** exception_behaviour = sub_disable: a transaction could not be applied, and the subscription stopped itself. */

import type { Rule, RuleFinding } from '#core/advice/rule.ts';
import { enable, stepOver } from '#core/engines/spock/statements.ts';
import { failuresOf, originText } from './exceptions.ts';

export const disabledByException: Rule = (input) => {
  const findings: RuleFinding[] = [];
  for (const failures of failuresOf(input)) {
    const { receiver, subscription, disabling } = failures;
    if (disabling === null || subscription === null || subscription.enabled) continue;
    const origin = originText(failures);
    const skipLsn = disabling.message?.match(/skip_lsn\s*=\s*([0-9A-F]+\/[0-9A-F]+)/i)?.[1] ?? null;
    findings.push({
      severity: 'critical',
      subject: {
        ...(subscription.provider !== null && { provider: subscription.provider }),
        receiver,
        subscription: subscription.name,
      },
      title: `${subscription.name} on ${receiver} was disabled by an exception`,
      detail: `A transaction of ${origin} could not be applied. Nothing that ${origin} writes reaches ${receiver} until the subscription is enabled again, and until then ${origin} holds the WAL.`,
      evidence: [
        { name: 'sub_enabled', value: 'f' },
        { name: 'exception', value: disabling.message ?? '' },
        { name: 'remote_xid', value: disabling.xid ?? '' },
      ],
      remedy: {
        text: `Fix the row or the table on ${receiver}, then enable ${subscription.name}: the transaction is tried again. Or skip the transaction first, which discards it on ${receiver}.`,
        sql: [
          ...(skipLsn === null || skipLsn === '0/0' ? [] : [stepOver(subscription.name, skipLsn)]),
          enable(subscription.name),
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
  return findings;
};
