/** Transactions that a receiver could not apply and threw away, while its status stayed `replicating` and its lag 0. */
import { countedExceptions } from '#core/model/facts.ts';
import { countOf } from '#core/model/format.ts';
import { settingOf } from '#core/model/settings.ts';
import { type Failures, failuresOf, tableOf } from './exceptions.ts';
import type { AdviceInput, FindingDraft, Rule } from './rule.ts';

export const discardedTransactions: Rule = (input) =>
  failuresOf(input).flatMap((failures) => {
    const newest = failures.discarded[0];
    if (newest === undefined) return [];
    const { receiver, origin, subscription } = failures;
    const behaviour = settingOf(input.nodes.get(receiver)?.slow?.value, 'spock.exception_behaviour')?.value;
    const transactions = new Set(failures.discarded.map((mark) => `${mark.xid}/${mark.commitAt}`)).size;
    const applying = subscription?.status === 'replicating';
    const draft: FindingDraft = {
      severity: 'critical',
      subject: {
        provider: origin,
        receiver,
        ...(subscription && { subscription: subscription.name }),
      },
      title: applying
        ? `${receiver} discarded ${transactions === 1 ? 'a transaction' : 'transactions'} of ${origin}`
        : `${receiver} could not apply ${transactions === 1 ? 'a transaction' : 'transactions'} of ${origin}`,
      detail: `What ${origin} committed in ${tableOf(newest)} is not on ${receiver}, and will not come by itself.${
        applying
          ? ` ${receiver} says “replicating” and its lag is right: only spock.exception_log tells.`
          : ''
      }`,
      evidence: [
        { name: 'last error', value: newest.message ?? '' },
        { name: 'operation', value: `${newest.operation ?? '?'} in ${tableOf(newest)}` },
        { name: 'remote_xid', value: newest.xid ?? '' },
        { name: 'rows in spock.exception_log', value: rowsText(input, failures) },
        ...(behaviour ? [{ name: 'spock.exception_behaviour', value: behaviour }] : []),
      ],
      ...(newest.loggedAt !== null && { sinceAt: oldestOf(failures) }),
      remedy: {
        text: `Compare the rows of ${tableOf(newest)} on ${origin} and ${receiver} and repair them under spock.repair_mode(true), so that the repair is not replicated. Then mark the exception as resolved in spock.exception_status.`,
      },
    };
    return [draft];
  });

/** The console's clock would be truer, but an exception of last week is known by the server's alone. */
const oldestOf = ({ discarded }: Failures): number =>
  Math.min(...discarded.flatMap(({ loggedAt }) => (loggedAt === null ? [] : [loggedAt])));

function rowsText(input: AdviceInput, { receiver, discarded }: Failures): string {
  const counts = input.nodes.get(receiver)?.slow?.value.exceptionCounts;
  const count = counts?.find(({ originId }) => originId === discarded[0]?.originId)?.count;
  if (count === undefined) return `${discarded.length} or more`;
  return count >= countedExceptions ? `${countOf(count, 'row')} or more` : countOf(count, 'row');
}
