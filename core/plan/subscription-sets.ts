/** The sets that subscriptions take. */

import { countOf, formatNames } from '#core/model/format.ts';
import type { Observed, ObservedFacts, ObservedSubscription } from '#core/model/observed.ts';
import type { PlanRequest } from '#core/model/plan.ts';
import type { SubscriptionName } from '#core/model/requests/subscriptions.ts';
import { subscriptionsOf } from '#core/model/subscription-names.ts';
import { type ExecutablePlan, type ExecutableStep, step } from './executable.ts';
import { Grounds } from './nodes.ts';
import { byReceiver, calledIn } from './receivers.ts';
import { type Changed, waitForChanged } from './subscriptions-changed.ts';

type SetsRequest = Extract<PlanRequest, { kind: 'subscription-sets' }>;

/** What is to be done to one of them. */
interface SetsChange extends Changed {
  add: string[];
  remove: string[];
}

export function planSubscriptionSets(request: SetsRequest, observed: Observed): ExecutablePlan {
  const grounds = new Grounds(observed);
  checkRequest(grounds, request);
  const changes = subscriptionsOf(request).flatMap((name) => changeOf(grounds, request, name) ?? []);
  return {
    title: `Change the sets of ${calledIn(request)}`,
    checks: grounds.checks,
    problems: grounds.problems,
    steps: grounds.problems.length > 0 ? [] : steps(grounds, changes),
  };
}

function checkRequest(grounds: Grounds, { add, remove }: SetsRequest): void {
  if (add.length + remove.length === 0) {
    grounds.problem(null, 'no-change', 'No set is named.', 'Name the sets to add or to remove.');
  }
  const both = add.filter((set) => remove.includes(set));
  if (both.length > 0) {
    grounds.problem(
      null,
      'contradiction',
      `${formatNames(both)} would be added and removed at once.`,
      'Name each set once.',
    );
  }
}

function changeOf(grounds: Grounds, request: SetsRequest, name: SubscriptionName): SetsChange | null {
  const { receiver } = name;
  const found = grounds.subscription(receiver, name.subscription);
  if (found === null) return null;
  const add = request.add.filter((set) => !found.sets.includes(set));
  const remove = request.remove.filter((set) => found.sets.includes(set));
  checkCopy(grounds, receiver, found);
  const provider = add.length === 0 ? grounds.may(found.provider) : needProvider(grounds, receiver, found);
  if (provider !== null) checkSets(grounds, found, provider, add);
  tell(grounds, receiver, found, provider, { add, remove });
  return { receiver, found, restarts: true, add, remove };
}

/** Without it nobody knows which sets there are: the one that is not there takes the link down. */
function needProvider(grounds: Grounds, receiver: string, found: ObservedSubscription): ObservedFacts | null {
  if (found.provider !== null && grounds.knows(found.provider)) return grounds.need(found.provider);
  grounds.stop(receiver, 'Provider', found.provider ?? 'not known', {
    code: 'provider-unwatched',
    message: `The console does not watch the provider of ${found.name}, so it cannot see which sets it has: with one that it lacks, ${found.name} would go down.`,
    remedy: 'Add the provider to the cluster first.',
  });
  return null;
}

/** A copy takes the sets that the subscription had when it began. */
function checkCopy(grounds: Grounds, receiver: string, found: ObservedSubscription): void {
  if (found.status !== 'initializing') return;
  grounds.stop(receiver, 'Copy', 'under way', {
    code: 'copying',
    message: `${found.name} on ${receiver} is still copying: a change of its sets would interrupt the copy.`,
    remedy: 'Wait until it replicates, then plan again.',
  });
}

/**
 * Spock takes a set that the provider lacks, and the link goes down for good: `replication set … not found`, until it is removed
 * (tried on 5.0.11 and 6.0.0).
 */
function checkSets(
  grounds: Grounds,
  found: ObservedSubscription,
  provider: ObservedFacts,
  add: readonly string[],
): void {
  const at = found.provider ?? '';
  if (add.length === 0 || !grounds.read(at, provider, 'sets')) return;
  const missing = add.filter((set) => !provider.sets.some((each) => each.name === set));
  if (missing.length === 0) {
    grounds.ok(at, 'Sets', `has ${formatNames(add)}`);
    return;
  }
  if (grounds.problems.some(({ node, code }) => node === at && code === 'no-set')) return;
  grounds.stop(at, 'Sets', `lacks ${formatNames(missing)}`, {
    code: 'no-set',
    message: `${at} has no replication set ${formatNames(missing)}: ${grounds.changes.words.name} would accept it, and the link would be down until it is removed again.`,
    remedy: `Create ${missing.length === 1 ? 'it' : 'them'} on ${at} first.`,
  });
}

function tell(
  grounds: Grounds,
  receiver: string,
  found: ObservedSubscription,
  provider: ObservedFacts | null,
  { add, remove }: Pick<SetsChange, 'add' | 'remove'>,
): void {
  const at = found.provider ?? 'the provider';
  const named = (set: string): string => {
    const tables = provider?.sets.find((each) => each.name === set)?.tables;
    return tables === undefined ? set : `${set} (${countOf(tables, 'table')})`;
  };
  if (add.length > 0) {
    grounds.know(
      receiver,
      'Rows',
      `${found.name} receives ${formatNames(add.map(named))} from ${at} from then on; existing rows are not copied`,
    );
  }
  if (remove.length > 0) {
    const left = found.sets.filter((set) => !remove.includes(set)).length + add.length;
    grounds.know(
      receiver,
      'Removed',
      left === 0
        ? `${found.name} has no set left: nothing that ${at} writes reaches ${receiver}`
        : `changes of ${at} to the tables of ${formatNames(remove.map(named))} no longer reach ${receiver}, unless a table is in another set of ${found.name}`,
    );
  }
  if (add.length + remove.length === 0) {
    grounds.ok(receiver, 'Sets', `${found.name} has ${formatNames(found.sets)} already`);
  } else if (!found.enabled) {
    grounds.know(
      receiver,
      'Disabled',
      `${found.name} is disabled: the change takes effect when it is enabled`,
    );
  }
}

function steps(grounds: Grounds, all: readonly SetsChange[]): ExecutableStep[] {
  const made = byReceiver(all).map(({ receiver, changes }) =>
    step({
      id: `sets:${receiver}`,
      title:
        changes.length === 1
          ? `Change the sets of ${changes[0]?.found.name}`
          : `Change the sets of ${changes.length} subscriptions`,
      node: receiver,
      done: changes.every(({ add, remove }) => add.length + remove.length === 0),
      undo: `Restores the sets as they were: ${formatNames([...new Set(changes.flatMap(({ found }) => found.sets))], 12)}.`,
      action: {
        type: 'sql',
        node: receiver,
        timeoutSeconds: 60,
        units: changes
          .filter(({ add, remove }) => add.length + remove.length > 0)
          .map(({ found, add, remove }) =>
            grounds.changesFor(found).subscriptions.changeSets(found.name, { add, remove }),
          ),
      },
    }),
  );
  return [...made, ...waitForChanged(grounds, all, made)];
}
