/** The interface by which subscriptions reach their providers. */

import { formatNames } from '#core/model/format.ts';
import type { Observed, ObservedFacts, ObservedSubscription } from '#core/model/observed.ts';
import type { PlanRequest } from '#core/model/plan.ts';
import type { SubscriptionName } from '#core/model/requests/subscriptions.ts';
import { subscriptionsOf } from '#core/model/subscription-names.ts';
import { type ExecutablePlan, type ExecutableStep, step } from './executable.ts';
import { checkReach } from './interface-reach.ts';
import { Grounds } from './nodes.ts';
import { byReceiver, calledIn } from './receivers.ts';
import { type Changed, waitForChanged } from './subscriptions-changed.ts';

type InterfaceRequest = Extract<PlanRequest, { kind: 'subscription-interface' }>;

interface InterfaceChange extends Changed {
  to: string;
  /** What it reads by now. */
  from: string;
}

export function planSubscriptionInterface(request: InterfaceRequest, observed: Observed): ExecutablePlan {
  const grounds = new Grounds(observed);
  const changes = subscriptionsOf(request).flatMap((name) => changeOf(grounds, request, name) ?? []);
  return {
    title: `Switch ${calledIn(request)} to interface ${request.interface}`,
    checks: grounds.checks,
    problems: grounds.problems,
    steps: grounds.problems.length > 0 ? [] : steps(grounds, changes),
  };
}

function changeOf(
  grounds: Grounds,
  { interface: to }: InterfaceRequest,
  { receiver, subscription }: SubscriptionName,
): InterfaceChange | null {
  const found = grounds.subscription(receiver, subscription);
  const facts = grounds.may(receiver);
  if (found === null || facts === null || !grounds.read(receiver, facts, 'interfaces')) return null;
  const all = (facts.interfaces ?? []).filter(({ node }) => node === found.provider);
  const from = all.find(({ usedBy }) => usedBy.includes(found.name))?.name;
  checkCopy(grounds, receiver, found);
  if (!all.some(({ name }) => name === to) || from === undefined) {
    grounds.stop(receiver, 'Interface', `no ${to} of ${found.provider ?? 'an unknown node'}`, {
      code: 'no-interface',
      message: `${receiver} has no interface ${to} of ${found.provider ?? 'the provider'}: it has ${formatNames(all.map(({ name }) => name)) || 'none'}.`,
      remedy: `Add the interface on ${receiver} first, with the address by which ${receiver} reaches ${found.provider ?? 'the provider'}.`,
    });
    return null;
  }
  if (from === to) grounds.ok(receiver, 'Interface', `${found.name} uses ${to} already`);
  else tellReach(grounds, receiver, found, to, facts);
  return { receiver, found, restarts: true, to, from };
}

function checkCopy(grounds: Grounds, receiver: string, found: ObservedSubscription): void {
  if (found.status !== 'initializing') return;
  grounds.stop(receiver, 'Copy', 'in progress', {
    code: 'copying',
    message: `${found.name} on ${receiver} is still copying: another interface would interrupt the copy.`,
    remedy: 'Wait until it replicates, then plan again.',
  });
}

function tellReach(
  grounds: Grounds,
  receiver: string,
  found: ObservedSubscription,
  to: string,
  { reach }: ObservedFacts,
): void {
  const provider = found.provider ?? 'the provider';
  checkReach(
    grounds,
    { receiver, provider, interface: to, reach: reach?.[found.name] },
    {
      otherServer: `Correct the address of the interface: add one with another name on ${receiver}, then switch to that.`,
      fails: `${grounds.changes.words.name} would accept it, and ${found.name} would be down. Correct its address, or what refuses the connection, first.`,
      untried: `if ${receiver} does not reach ${provider} by it, ${found.name} is down until it is switched back`,
    },
  );
}

function steps(grounds: Grounds, all: readonly InterfaceChange[]): ExecutableStep[] {
  const made = byReceiver(all).map(({ receiver, changes }) => {
    const todo = changes.filter(({ from, to }) => from !== to);
    return step({
      id: `interface:${receiver}`,
      title:
        changes.length === 1
          ? `Switch ${changes[0]?.found.name} to interface ${changes[0]?.to}`
          : `Switch ${changes.length} subscriptions to interface ${changes[0]?.to}`,
      node: receiver,
      done: todo.length === 0,
      undo: `Switches back: ${formatNames(
        changes.map(({ found, from }) => `${found.name} to ${from}`),
        6,
      )}.`,
      action: {
        type: 'sql',
        node: receiver,
        timeoutSeconds: 60,
        units: todo.map(({ found, to, from }) =>
          grounds.changesFor(found).subscriptions.switchInterface(found.name, to, from),
        ),
      },
    });
  });
  return [...made, ...waitForChanged(grounds, all, made)];
}
