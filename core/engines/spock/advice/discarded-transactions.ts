/** Transactions that a receiver could not apply and threw away, while its status stayed `replicating` and its lag 0. */

import type { AdviceInput, Rule, RuleFinding } from '#core/advice/rule.ts';
import { countedExceptions } from '#core/model/facts.ts';
import { countOf } from '#core/model/format.ts';
import { settingOf } from '#core/model/settings.ts';
import { type Failures, failuresOf, originText, tableOf } from './exceptions.ts';

export const discardedTransactions: Rule = (input) =>
  failuresOf(input).flatMap((failures) => {
    const newest = failures.discarded[0];
    return newest === undefined ? [] : [findingOf(input, failures, newest)];
  });

function findingOf(
  input: AdviceInput,
  failures: Failures,
  newest: Failures['discarded'][number],
): RuleFinding {
  const { receiver, origin, originId, left, subscription } = failures;
  const behaviour = settingOf(input.nodes.get(receiver)?.slow?.value, 'spock.exception_behaviour')?.value;
  const transactions = new Set(failures.discarded.map((mark) => `${mark.xid}/${mark.commitAt}`)).size;
  // What was not applied of a node that has left stays so: nobody will send it again.
  const isPast = left || subscription?.status === 'replicating';
  const whose = originText(failures);
  const where = origin ?? 'its origin';
  return {
    severity: 'critical',
    subject: {
      ...(origin !== null && { provider: origin }),
      receiver,
      ...(subscription && { subscription: subscription.name }),
    },
    // Its subscription may go, and what was discarded is still missing.
    lasting: origin === null ? { receiver } : { provider: origin, receiver },
    ...(origin === null && { part: originId }),
    title: `${receiver} ${isPast ? 'discarded' : 'could not apply'} ${transactions === 1 ? 'a transaction' : 'transactions'} of ${whose}`,
    detail: `What ${where} committed in ${tableOf(newest)} is missing on ${receiver}, and will not arrive by itself.${
      left
        ? ` It may have reached other nodes, which then differ from ${receiver}.`
        : isPast
          ? ` ${receiver} reports “replicating” and its lag is correct: only spock.exception_log shows the loss.`
          : ''
    }`,
    evidence: [
      { name: 'last error', value: newest.message ?? '' },
      { name: 'operation', value: `${newest.operation ?? '?'} in ${tableOf(newest)}` },
      { name: 'remote_xid', value: newest.xid ?? '' },
      ...(left ? [{ name: 'remote_origin', value: `${originId}, no row of spock.node on ${receiver}` }] : []),
      { name: 'rows in spock.exception_log', value: rowsText(input, failures) },
      ...(behaviour ? [{ name: 'spock.exception_behaviour', value: behaviour }] : []),
    ],
    ...(newest.loggedAt !== null && { sinceAt: oldestOf(failures) }),
    remedy: {
      text: `Compare the rows of ${tableOf(newest)} on ${left ? 'the nodes that are left' : `${origin} and ${receiver}`} and repair them under spock.repair_mode(true), so that the repair is not replicated. Then mark the exception as resolved in spock.exception_status.`,
    },
  };
}

/** The console's clock would be truer, but an exception of last week is known by the server's alone. */
const oldestOf = ({ discarded }: Failures): number =>
  Math.min(...discarded.flatMap(({ loggedAt }) => (loggedAt === null ? [] : [loggedAt])));

function rowsText(input: AdviceInput, { receiver, originId, discarded }: Failures): string {
  const counts = input.nodes.get(receiver)?.slow?.value.exceptionCounts;
  const count = counts?.find((each) => each.originId === originId)?.count;
  if (count === undefined) return `${discarded.length} or more`;
  return count >= countedExceptions ? `${countOf(count, 'row')} or more` : countOf(count, 'row');
}
