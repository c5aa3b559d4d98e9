/** Options of subscriptions that stand: how long they wait before they apply, what they forward, which schemas a copy leaves out. */

import type { SubscriptionOptions } from '#core/engines/changes.ts';
import { formatNames, formatSeconds } from '#core/model/format.ts';
import type { Observed, ObservedFacts, ObservedOptions, ObservedSubscription } from '#core/model/observed.ts';
import type { PlanRequest } from '#core/model/plan.ts';
import type { SubscriptionName } from '#core/model/requests/subscriptions.ts';
import { subscriptionsOf } from '#core/model/subscription-names.ts';
import { type ExecutablePlan, type ExecutableStep, step } from './executable.ts';
import { Grounds } from './nodes.ts';
import { byReceiver, calledIn } from './receivers.ts';
import { type Changed, waitForChanged } from './subscriptions-changed.ts';

type OptionsRequest = Extract<PlanRequest, { kind: 'subscription-options' }>;

interface OptionsChange extends Changed {
  to: SubscriptionOptions;
  before: SubscriptionOptions;
}

export function planSubscriptionOptions(request: OptionsRequest, observed: Observed): ExecutablePlan {
  const grounds = new Grounds(observed);
  const { applyDelaySeconds, forwardOrigins, skipSchema } = request;
  if (applyDelaySeconds === undefined && forwardOrigins === undefined && skipSchema === undefined) {
    grounds.problem(null, 'no-change', 'No option is named.', 'Name at least one that is to change.');
  }
  const changes = subscriptionsOf(request).flatMap((name) => changeOf(grounds, request, name) ?? []);
  return {
    title: `Change the options of ${calledIn(request)}`,
    checks: grounds.checks,
    problems: grounds.problems,
    steps: grounds.problems.length > 0 ? [] : steps(grounds, changes),
  };
}

function changeOf(
  grounds: Grounds,
  request: OptionsRequest,
  { receiver, subscription }: SubscriptionName,
): OptionsChange | null {
  const found = grounds.subscription(receiver, subscription);
  const facts = grounds.may(receiver);
  if (found === null || facts === null) return null;
  if (facts.altersOptions !== true) {
    stopVersion(grounds, receiver, facts);
    return null;
  }
  if (found.options === undefined) {
    grounds.stop(receiver, 'Options', 'not readable', {
      code: 'unread',
      message: `The console's role may not read the options of ${found.name} on ${receiver}, so they could not be restored.`,
      remedy: 'Grant it SELECT on the catalog of subscriptions.',
    });
    return null;
  }
  const change = differing(request, found, found.options);
  checkCopy(grounds, receiver, found);
  checkDelay(grounds, receiver, found, change.to, facts);
  checkForwarding(grounds, receiver, found, change.to, facts);
  tell(grounds, receiver, found, change.to);
  return { receiver, found, restarts: !facts.standin, ...change };
}

function stopVersion(grounds: Grounds, receiver: string, { engineVersion }: ObservedFacts): void {
  if (grounds.problems.some(({ node, code }) => node === receiver && code === 'version')) return;
  const { name } = grounds.changes.words;
  grounds.stop(receiver, 'Version', engineVersion, {
    code: 'version',
    message: `${name} ${engineVersion} on ${receiver} cannot change the options of a subscription.`,
    remedy: grounds.changes.subscriptions.otherwiseOptions,
  });
}

/** Only what is not so yet, and what it is now. */
function differing(
  { applyDelaySeconds, forwardOrigins, skipSchema }: OptionsRequest,
  found: ObservedSubscription,
  options: ObservedOptions,
): Pick<OptionsChange, 'to' | 'before'> {
  const to: SubscriptionOptions = {};
  const before: SubscriptionOptions = {};
  if (applyDelaySeconds !== undefined && applyDelaySeconds !== options.applyDelaySeconds) {
    to.applyDelaySeconds = applyDelaySeconds;
    before.applyDelaySeconds = options.applyDelaySeconds;
  }
  if (forwardOrigins !== undefined && !same(forwardOrigins, found.forwardOrigins)) {
    to.forwardOrigins = forwardOrigins;
    before.forwardOrigins = found.forwardOrigins;
  }
  if (skipSchema !== undefined && !same(skipSchema, options.skipSchema ?? [])) {
    to.skipSchema = skipSchema;
    before.skipSchema = options.skipSchema ?? [];
  }
  return { to, before };
}

const same = (a: readonly string[], b: readonly string[]): boolean => JSON.stringify(a) === JSON.stringify(b);

function checkCopy(grounds: Grounds, receiver: string, found: ObservedSubscription): void {
  if (found.status !== 'initializing') return;
  grounds.stop(receiver, 'Copy', 'in progress', {
    code: 'copying',
    message: `${found.name} on ${receiver} is still copying: a change of its options would interrupt the copy.`,
    remedy: 'Wait until it replicates, then plan again.',
  });
}

function checkDelay(
  grounds: Grounds,
  receiver: string,
  found: ObservedSubscription,
  { applyDelaySeconds }: SubscriptionOptions,
  { standin }: ObservedFacts,
): void {
  if (applyDelaySeconds === undefined) return;
  const refused =
    applyDelaySeconds === 0 ? null : grounds.changesFor(found).subscriptions.cannotDelay({ standin });
  if (refused !== null) {
    grounds.stop(receiver, 'Apply delay', 'not possible', {
      code: 'version',
      message: refused,
      remedy: 'Leave the delay at 0.',
    });
    return;
  }
  grounds.know(
    receiver,
    'Apply delay',
    applyDelaySeconds === 0
      ? `${found.name} applies changes as they arrive`
      : `changes of ${found.provider ?? 'the provider'} are applied on ${receiver} ${formatSeconds(applyDelaySeconds)} after their commit: the link shows at least that lag, and the provider keeps its WAL that long`,
  );
}

/** Spock 6 suffers no other enabled subscription beside one that forwards (spock_functions.c, enforce_forwarding_exclusivity). */
function checkForwarding(
  grounds: Grounds,
  receiver: string,
  found: ObservedSubscription,
  { forwardOrigins }: SubscriptionOptions,
  { subscriptions }: ObservedFacts,
): void {
  if (forwardOrigins === undefined) return;
  const others = subscriptions.filter(({ name, enabled }) => name !== found.name && enabled);
  const forwards = forwardOrigins.length > 0;
  if (forwards && found.enabled && others.length > 0) {
    grounds.stop(receiver, 'Forwarding', formatNames(others.map(({ name }) => name)), {
      code: 'forwarding',
      message: `${formatNames(others.map(({ name }) => name))} on ${receiver} ${others.length === 1 ? 'is' : 'are'} enabled, and ${grounds.changesFor(found).subscriptions.besideForwarding}.`,
      remedy: 'In a mesh no subscription forwards. Disable the others first if this is not a mesh.',
    });
    return;
  }
  grounds.know(
    receiver,
    'Forwarding',
    forwards
      ? `${found.name} also brings what ${found.provider ?? 'the provider'} received from other nodes`
      : `${found.name} brings only what ${found.provider ?? 'the provider'} wrote itself; changes of other nodes need their own subscriptions`,
  );
}

function tell(
  grounds: Grounds,
  receiver: string,
  found: ObservedSubscription,
  to: SubscriptionOptions,
): void {
  if (to.skipSchema !== undefined) {
    grounds.know(
      receiver,
      'Skipped schemas',
      `${to.skipSchema.length === 0 ? 'none' : formatNames(to.skipSchema)}; this only affects later copies`,
    );
  }
  if (Object.keys(to).length === 0) grounds.ok(receiver, 'Options', `${found.name} has them already`);
  else if (!found.enabled) {
    grounds.know(
      receiver,
      'Disabled',
      `${found.name} is disabled: the change takes effect when it is enabled`,
    );
  }
}

function steps(grounds: Grounds, all: readonly OptionsChange[]): ExecutableStep[] {
  const made = byReceiver(all).map(({ receiver, changes }) => {
    const todo = changes.filter(({ to }) => Object.keys(to).length > 0);
    return step({
      id: `options:${receiver}`,
      title:
        changes.length === 1
          ? `Change the options of ${changes[0]?.found.name}`
          : `Change the options of ${changes.length} subscriptions`,
      node: receiver,
      done: todo.length === 0,
      undo: 'Restores the options as they were.',
      action: {
        type: 'sql',
        node: receiver,
        timeoutSeconds: 60,
        units: todo.map(({ found, to, before }) =>
          grounds.changesFor(found).subscriptions.changeOptions(found.name, to, before),
        ),
      },
    });
  });
  return [...made, ...waitForChanged(grounds, all, made)];
}
