/** Subscriptions: enabled, disabled, dropped. */
import type { Changes } from '#core/engines/changes.ts';
import { quoteLiteral } from '#core/engines/quote.ts';
import { sql } from '#core/engines/sql.ts';
import { type Awaited, type SqlUnit, unit } from '#core/engines/units.ts';
import { formatBytes } from '#core/model/format.ts';
import type { Observed, ObservedFacts, ObservedSubscription } from '#core/model/observed.ts';
import type { PlanRequest } from '#core/model/plan.ts';
import { subscriptionsOf } from '#core/model/subscription-names.ts';
import { type ExecutablePlan, type ExecutableStep, step } from './executable.ts';
import { Grounds } from './nodes.ts';
import { byReceiver, calledIn } from './receivers.ts';

type Request<K extends PlanRequest['kind']> = Extract<PlanRequest, { kind: K }>;

/** `also`: what else must be so. */
export function waitForStatus(
  node: string,
  name: string,
  status: 'replicating' | 'disabled',
  after: string,
  { subscriptions, waits }: Changes,
  also: Awaited[] = [],
): ExecutableStep {
  return step({
    id: 'wait',
    title: `Wait until ${name} is ${status}`,
    node,
    after: [after],
    action: {
      type: 'wait',
      timeoutSeconds: 60,
      awaited: [
        {
          node,
          text: `${node} reports that ${name} is ${status}`,
          query: subscriptions.hasStatus(name, status),
          hopeless: waits.cannotCome({ for: status, node, subscription: name }),
        },
        ...also,
      ],
    },
  });
}

export function planEnable(request: Request<'subscription-enable'>, observed: Observed): ExecutablePlan {
  return planSwitched(request, observed, true, (grounds, found, receiver) => {
    checkSlot(grounds, found, receiver);
    checkSkip(grounds, found, receiver);
    checkForwarding(grounds, found, receiver, idOf('enable', receiver, isAlone(request)));
    tellReadOnly(grounds, receiver);
  });
}

const isAlone = (request: Parameters<typeof subscriptionsOf>[0]): boolean =>
  subscriptionsOf(request).length === 1;

const idOf = (verb: 'enable' | 'disable', receiver: string, alone: boolean): string =>
  alone ? verb : `${verb}:${receiver}`;

interface Switched {
  receiver: string;
  found: ObservedSubscription;
}

/** One or several, enabled or disabled: a step of each receiver for all of its own, then a wait. */
function planSwitched(
  request: Request<'subscription-enable' | 'subscription-disable'>,
  observed: Observed,
  on: boolean,
  check: (grounds: Grounds, found: ObservedSubscription, receiver: string) => void,
): ExecutablePlan {
  const grounds = new Grounds(observed);
  const asked = subscriptionsOf(request);
  const all = asked.flatMap(({ receiver, subscription }): Switched[] => {
    const found = grounds.subscription(receiver, subscription);
    if (found === null) return [];
    check(grounds, found, receiver);
    return [{ receiver, found }];
  });
  const alone = isAlone(request);
  const steps = byReceiver(all).flatMap(({ receiver, changes }) =>
    switchSteps(grounds, receiver, changes, on, alone),
  );
  return {
    title: `${on ? 'Enable' : 'Disable'} ${calledIn(request)}`,
    checks: grounds.checks,
    problems: grounds.problems,
    steps: alone || grounds.problems.length === 0 ? steps : [],
  };
}

/** `alone`: the plan is about this one subscription. */
function switchSteps(
  grounds: Grounds,
  receiver: string,
  all: readonly Switched[],
  on: boolean,
  alone: boolean,
): ExecutableStep[] {
  const verb = on ? 'Enable' : 'Disable';
  const id = idOf(on ? 'enable' : 'disable', receiver, alone);
  const what = all.length === 1 ? (all[0]?.found.name ?? '') : `${all.length} subscriptions`;
  const todo = alone ? all : all.filter(({ found }) => found.enabled !== on);
  const first = step({
    id,
    title: `${verb} ${what}`,
    node: receiver,
    done: all.every(({ found }) => found.enabled === on),
    undo: `${on ? 'Disables' : 'Enables'} ${todo.length > 1 ? 'them' : what} again.`,
    action: {
      type: 'sql',
      node: receiver,
      timeoutSeconds: 60,
      units: todo.map(({ found }) => switched(found, on, grounds)),
    },
  });
  const waits = all.map(({ found }) =>
    waitForStatus(
      receiver,
      found.name,
      on ? 'replicating' : 'disabled',
      id,
      grounds.changesFor(found),
      on ? slotInUse(grounds, found) : [],
    ),
  );
  if (alone) return [first, ...waits];
  return [
    first,
    ...waits.map((wait, index) => ({ ...wait, id: `wait:${receiver}:${all[index]?.found.name}` })),
  ];
}

/** Enabled or disabled, with the opposite as its undo. */
export function switched(found: ObservedSubscription, on: boolean, grounds: Grounds): SqlUnit {
  const { name } = found;
  const { subscriptions } = grounds.changesFor(found);
  return unit(on ? subscriptions.enable(name) : subscriptions.disable(name), {
    scope: 'catalog',
    already: subscriptions.isEnabled(name, on),
    undo: [on ? subscriptions.disable(name) : subscriptions.enable(name)],
  });
}

/** A subscription goes on from its slot: without it, it is down for ever. */
export function checkSlot(grounds: Grounds, found: ObservedSubscription, receiver: string): void {
  const provider = grounds.may(found.provider);
  if (provider === null || found.provider === null || provider.unread?.slots !== undefined) {
    grounds.know(
      found.provider,
      'Slot',
      `not known whether ${found.slot} is still there: ${found.provider ?? 'the provider'} could not be read`,
    );
    return;
  }
  const anew = `Drop ${found.name} on ${receiver}, create it again, and compare the rows.`;
  const slot = provider.slots.find((each) => each.name === found.slot);
  if (slot === undefined) {
    grounds.stop(found.provider, 'Slot', `${found.slot} is gone`, {
      code: 'slot-gone',
      message: `${found.provider} no longer has slot ${found.slot}, so ${found.name} cannot continue from where it stopped.`,
      remedy: anew,
    });
  } else if (slot.walStatus === 'lost') {
    grounds.stop(found.provider, 'Slot', `${found.slot} is lost`, {
      code: 'slot-lost',
      message: `${found.provider} has removed WAL that ${found.slot} still needs (wal_status lost), so ${found.name} can never continue.`,
      remedy: anew,
    });
  } else if (slot.active && !found.enabled) {
    grounds.stop(found.provider, 'Slot', `${found.slot} is in use`, {
      code: 'slot-active',
      message: `Somebody else reads from ${found.slot} on ${found.provider} while ${found.name} is disabled.`,
      remedy: 'Find out who that is: two receivers of one slot take the changes from each other.',
    });
  } else {
    const waiting = slot.unconfirmedBytes ?? null;
    grounds.ok(
      found.provider,
      'Slot',
      waiting === null ? found.slot : `${found.slot}, ${formatBytes(waiting)} to come`,
    );
    if (slot.walStatus === 'unreserved') {
      grounds.know(found.provider, 'WAL', `${found.slot} is about to be lost (wal_status unreserved)`);
    }
  }
}

/** sub_alter_skiplsn: the transaction that commits there is stepped over when it comes. */
function checkSkip(grounds: Grounds, found: ObservedSubscription, receiver: string): void {
  if (found.skipLsn == null) return;
  grounds.know(
    receiver,
    'Skip',
    `the transaction that commits at ${found.skipLsn} on ${found.provider ?? 'the provider'} is skipped: its rows do not arrive`,
  );
}

/** Incoming changes are held while it is `all`; otherwise they are applied. */
export function tellReadOnly(grounds: Grounds, receiver: string): void {
  const mode = grounds.may(receiver)?.readOnly ?? null;
  const { readOnly } = grounds.changes.settings;
  if (mode === null || readOnly === null) return;
  grounds.know(
    receiver,
    'Read-only',
    mode === readOnly.heldAt
      ? `${readOnly.name} is ${mode}: incoming changes wait until that is reset`
      : `${readOnly.name} is ${mode}: incoming changes are still applied`,
  );
}

/** What the provider says of it: 4.0's receivers say `replicating` for a while with nobody at the other end. */
export function slotInUse(grounds: Grounds, found: ObservedSubscription): Awaited[] {
  if (found.provider === null || !grounds.knows(found.provider)) return [];
  return [
    {
      node: found.provider,
      text: `slot ${found.slot} is in use on ${found.provider}`,
      query: sql`SELECT active FROM pg_replication_slots WHERE slot_name = ${quoteLiteral(found.slot)}`,
      hopeless: grounds
        .changesFor(found)
        .waits.cannotCome({ for: 'slot-in-use', node: found.provider, slot: found.slot, made: true }),
    },
  ];
}

/** An engine may refuse it: one forwarding subscription, no other enabled. */
export function checkForwarding(
  grounds: Grounds,
  found: ObservedSubscription,
  receiver: string,
  step = 'enable',
): void {
  const facts = grounds.may(receiver);
  const forwarding = facts?.subscriptions.find(
    (other) => other.name !== found.name && other.enabled && other.forwardOrigins.length > 0,
  );
  if (forwarding === undefined) return;
  grounds.todo(
    receiver,
    'Forwarding',
    `${forwarding.name} forwards the changes of all origins; ${grounds.changesFor(found).subscriptions.besideForwarding}`,
    step,
  );
}

export function planDisable(request: Request<'subscription-disable'>, observed: Observed): ExecutablePlan {
  return planSwitched(request, observed, false, tellKept);
}

/** How much WAL is kept for it, and until when: a slot without a limit fills the disk, one with a limit is lost. */
function tellKept(grounds: Grounds, found: ObservedSubscription, receiver: string): void {
  const provider = grounds.may(found.provider);
  const slot = provider?.slots.find((each) => each.name === found.slot);
  const held = slot?.walHeldBytes ?? null;
  const now = held === null ? '' : ` (${formatBytes(held)} now)`;
  const limit =
    provider === null || provider.slotKeepBytes === undefined
      ? 'not known how much it may keep'
      : provider.slotKeepBytes === null
        ? 'without limit, as long as there is room on its disk'
        : `${formatBytes(provider.slotKeepBytes)} at most (max_slot_wal_keep_size); beyond that the slot is lost, and ${found.name} can never continue`;
  grounds.know(
    found.provider,
    'WAL',
    `${found.provider ?? 'the provider'} keeps WAL for ${receiver} from now on${now}, until ${found.name} is enabled or dropped: ${limit}`,
  );
  if (found.status === 'initializing') {
    grounds.know(receiver, 'Copy', `${found.name} is still copying: that starts again when it is enabled`);
  }
}

export function planDrop(request: Request<'subscription-drop'>, observed: Observed): ExecutablePlan {
  const { receiver, subscription: name } = request;
  const grounds = new Grounds(observed);
  const found = grounds.subscription(receiver, name);
  if (found !== null) tellSlot(grounds, found, grounds.may(found.provider));
  if (found !== null) tellForgotten(grounds, found, receiver);
  const provider = found?.provider ?? 'the provider';
  return {
    title: `Drop ${name} on ${receiver}`,
    checks: grounds.checks,
    problems: grounds.problems,
    steps:
      found === null
        ? []
        : [
            step({
              id: 'drop',
              title: `Drop ${name}, with its slot on ${provider}`,
              node: receiver,
              risk: 'data',
              riskText: `What ${provider} has committed and ${receiver} has not applied will never be applied there.`,
              undo: 'Nothing: its slot is dropped at once. A new subscription starts from that time.',
              action: {
                type: 'unsubscribe',
                node: receiver,
                provider: found.provider ?? '',
                subscription: name,
              },
            }),
          ],
  };
}

/** Spock drops the node and its interfaces with the last subscription to it (spock_functions.c, spock_drop_subscription). */
function tellForgotten(grounds: Grounds, found: ObservedSubscription, receiver: string): void {
  const others = grounds
    .may(receiver)
    ?.subscriptions.filter((each) => each.name !== found.name && each.provider === found.provider);
  if (others === undefined || others.length > 0 || found.provider === null) return;
  grounds.know(
    receiver,
    'Node',
    `it is the last subscription to ${found.provider} there: ${grounds.changesFor(found).words.name} forgets ${found.provider} on ${receiver} with it`,
  );
}

function tellSlot(grounds: Grounds, found: ObservedSubscription, provider: ObservedFacts | null): void {
  const at = found.provider ?? 'the provider';
  const slot = provider?.slots.find((each) => each.name === found.slot);
  if (provider === null || provider.unread?.slots !== undefined) {
    grounds.know(
      found.provider,
      'Slot',
      `${at} could not be read: ${found.slot} may stay there and hold WAL; drop it there later. How much was not applied yet is not known`,
    );
    return;
  }
  if (slot === undefined) {
    grounds.ok(found.provider, 'Slot', `${found.slot} is gone already`);
    return;
  }
  const lost = slot.unconfirmedBytes ?? null;
  grounds.know(
    found.provider,
    'Slot',
    `${found.slot} is dropped with it; ${lost === null ? 'how much was not applied yet is not known' : `not applied yet: ${formatBytes(lost)} of WAL`}`,
  );
}
