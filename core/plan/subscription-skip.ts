/** The transaction that has disabled a subscription left out for good: only that one, by what its receiver has recorded. */

import { countOf, formatNames, formatTable } from '#core/model/format.ts';
import type { Observed, ObservedException, ObservedSubscription } from '#core/model/observed.ts';
import type { PlanRequest } from '#core/model/plan.ts';
import { type ExecutablePlan, type ExecutableStep, step } from './executable.ts';
import { Grounds } from './nodes.ts';
import {
  checkForwarding,
  checkSlot,
  slotInUse,
  switched,
  tellReadOnly,
  waitForStatus,
} from './subscriptions.ts';

type Skip = Extract<PlanRequest, { kind: 'subscription-skip' }>;

export function planSubscriptionSkip(request: Skip, observed: Observed): ExecutablePlan {
  const { receiver, subscription: name, lsn } = request;
  const grounds = new Grounds(observed);
  const found = grounds.subscription(receiver, name);
  const exception = found === null ? null : check(grounds, request, found);
  if (found !== null) {
    checkSlot(grounds, found, receiver);
    checkForwarding(grounds, found, receiver);
    tellReadOnly(grounds, receiver);
  }
  return {
    title: `Skip the transaction at ${lsn} for ${name} on ${receiver}`,
    checks: grounds.checks,
    problems: grounds.problems,
    steps:
      found === null || exception === null || grounds.problems.length > 0
        ? []
        : steps(grounds, request, found, exception),
  };
}

/**
 * Any other position skips nothing, and is forgotten at the next transaction. 0/0 stands there where a copy has failed: nothing is
 * to be skipped then, and to enable it brings nothing back (tried on 6.0.0).
 */
function check(
  grounds: Grounds,
  { receiver, lsn }: Skip,
  found: ObservedSubscription,
): ObservedException | null {
  const facts = grounds.may(receiver);
  if (facts === null || !grounds.read(receiver, facts, 'exceptions')) return null;
  const { exceptions } = grounds.changesFor(found).words;
  const exception = facts.exception ?? null;
  if (found.enabled) {
    grounds.stop(receiver, 'Subscription', 'enabled', {
      code: 'enabled',
      message: `${found.name} on ${receiver} is enabled: no transaction has disabled it.`,
      remedy: 'Nothing has to be skipped. If it fails, the log of its server says at what.',
    });
  }
  if (exception === null || exception.lsn === null || exception.lsn === '0/0') {
    grounds.stop(receiver, 'Transaction', 'not known', {
      code: 'no-transaction',
      message: `${exceptions} of ${receiver} names no transaction that has disabled ${found.name}.`,
      remedy:
        exception?.lsn === '0/0'
          ? `A copy has failed: drop ${found.name} and create it again.`
          : 'Without its exact position nothing can be skipped. Enable the subscription: it is tried again, and recorded if it fails.',
    });
    return null;
  }
  if (exception.lsn !== lsn) {
    grounds.stop(receiver, 'Transaction', exception.lsn, {
      code: 'other-transaction',
      message: `${found.name} was disabled by the transaction at ${exception.lsn}, not by the one at ${lsn}: with that position nothing would be skipped.`,
      remedy: 'Plan again from the exception that is recorded last.',
    });
    return null;
  }
  grounds.ok(receiver, 'Transaction', `${lsn}, as ${exceptions} has it: ${exception.message}`);
  tellLost(grounds, receiver, found, exception);
  return exception;
}

const SHOWN = 8;

function tellLost(
  grounds: Grounds,
  receiver: string,
  found: ObservedSubscription,
  { rows, commitAt }: ObservedException,
): void {
  const provider = found.provider ?? 'the provider';
  const when = commitAt === null ? '' : `, committed ${commitAt}`;
  grounds.know(
    receiver,
    'Lost',
    rows.length === 0
      ? `all that the transaction of ${provider}${when} changed is missing on ${receiver}; what that is was not recorded`
      : `missing on ${receiver} for good, of a transaction of ${provider}${when}: ${formatNames(rows.map(rowText), SHOWN)}`,
  );
}

const rowText = ({ operation, schema, table, count }: ObservedException['rows'][number]): string =>
  `${countOf(count, operation)} ${table === null ? 'of a table that was not found' : `of ${formatTable(schema, table)}`}`;

function steps(
  grounds: Grounds,
  { receiver, subscription: name, lsn }: Skip,
  found: ObservedSubscription,
  { rows }: ObservedException,
): ExecutableStep[] {
  const changes = grounds.changesFor(found);
  const count = rows.reduce((sum, each) => sum + each.count, 0);
  return [
    step({
      id: 'skip',
      title: `Skip the transaction at ${lsn}`,
      node: receiver,
      risk: 'data',
      riskText: `${count === 0 ? 'What the transaction changed' : countOf(count, 'change')} of ${found.provider ?? 'the provider'} never ${count === 1 ? 'reaches' : 'reach'} ${receiver}.`,
      undo: 'Clears the position, if the transaction was not skipped yet; one that was skipped does not come back.',
      action: {
        type: 'sql',
        node: receiver,
        timeoutSeconds: 60,
        units: [changes.subscriptions.skip(name, lsn)],
      },
    }),
    step({
      id: 'enable',
      title: `Enable ${name}`,
      node: receiver,
      after: ['skip'],
      undo: `Disables ${name} again.`,
      action: { type: 'sql', node: receiver, timeoutSeconds: 60, units: [switched(found, true, grounds)] },
    }),
    waitForStatus(receiver, name, 'replicating', 'enable', changes, slotInUse(grounds, found)),
  ];
}
