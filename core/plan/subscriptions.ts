/** Subscriptions: enabled, disabled, made, dropped. */
import { quoteLiteral } from '#core/engines/quote.ts';
import type { PlanRequest } from '#core/model/plan.ts';
import { type Awaited, type Draft, type DraftStep, step, unit } from './draft.ts';
import { SETS, subscribeUnit, subscriptionName } from './mesh.ts';
import { Grounds } from './nodes.ts';
import type { Observed, ObservedFacts, ObservedSubscription } from './observed.ts';
import { type Sql, sql } from './sql.ts';

type Request<K extends PlanRequest['kind']> = Extract<PlanRequest, { kind: K }>;

/** Both take effect at once, which they only do outside a transaction block. */
const enable = (name: string): Sql => sql`SELECT spock.sub_enable(${quoteLiteral(name)}, true)`;
const disable = (name: string): Sql => sql`SELECT spock.sub_disable(${quoteLiteral(name)}, true)`;
const isEnabled = (name: string, wanted: boolean): Sql =>
  sql`SELECT sub_enabled = ${wanted ? 'true' : 'false'} FROM spock.subscription WHERE sub_name = ${quoteLiteral(name)}`;
/** `also`: what else must be so. */
function waitForStatus(
  node: string,
  name: string,
  status: string,
  after: string,
  also: Awaited[] = [],
): DraftStep {
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
          text: `${node} says that ${name} is ${status}`,
          query: sql`SELECT status = ${quoteLiteral(status)} FROM spock.sub_show_status(${quoteLiteral(name)})`,
        },
        ...also,
      ],
    },
  });
}

export function planEnable(request: Request<'subscription-enable'>, observed: Observed): Draft {
  const { receiver, subscription: name } = request;
  const grounds = new Grounds(observed);
  const found = grounds.subscription(receiver, name);
  if (found !== null) checkSlot(grounds, found, receiver);
  if (found !== null) checkForwarding(grounds, found, receiver);
  return {
    title: `Enable ${name} on ${receiver}`,
    checks: grounds.checks,
    problems: grounds.problems,
    steps:
      found === null
        ? []
        : [
            step({
              id: 'enable',
              title: `Enable ${name}`,
              node: receiver,
              done: found.enabled,
              undo: `Disables ${name} again.`,
              action: {
                type: 'sql',
                node: receiver,
                timeoutSeconds: 60,
                units: [unit(enable(name), { already: isEnabled(name, true), undo: [disable(name)] })],
              },
            }),
            waitForStatus(receiver, name, 'replicating', 'enable', slotInUse(grounds, found)),
          ],
  };
}

/** A subscription goes on from its slot: without it, it is down for ever. */
function checkSlot(grounds: Grounds, found: ObservedSubscription, receiver: string): void {
  const provider = grounds.may(found.provider);
  if (provider === null) {
    grounds.ok(found.provider, 'Slot', `unknown: ${found.provider ?? 'the provider'} could not be read`);
    return;
  }
  if (provider.slots.some((slot) => slot.name === found.slot)) {
    grounds.ok(found.provider, 'Slot', found.slot);
    return;
  }
  grounds.stop(found.provider, 'Slot', `${found.slot} is gone`, {
    code: 'slot-gone',
    message: `${found.provider} has no slot ${found.slot} any more, so ${found.name} cannot go on from where it stopped.`,
    remedy: `Drop ${found.name} on ${receiver}, create it anew, and compare the rows.`,
  });
}

/** What the provider says of it: 4.0's receivers say `replicating` for a while with nobody at the other end. */
function slotInUse(grounds: Grounds, found: ObservedSubscription): Awaited[] {
  if (found.provider === null || !grounds.knows(found.provider)) return [];
  return [
    {
      node: found.provider,
      text: `slot ${found.slot} is in use on ${found.provider}`,
      query: sql`SELECT active FROM pg_replication_slots WHERE slot_name = ${quoteLiteral(found.slot)}`,
    },
  ];
}

/** Spock 6 refuses it (facts of its source: one forwarding subscription, no other enabled). */
function checkForwarding(grounds: Grounds, found: ObservedSubscription, receiver: string): void {
  const facts = grounds.may(receiver);
  const forwarding = facts?.subscriptions.find(
    (other) => other.name !== found.name && other.enabled && other.forwardOrigins.length > 0,
  );
  if (forwarding === undefined) return;
  grounds.todo(
    receiver,
    'Forwarding',
    `${forwarding.name} forwards the changes of all origins; Spock 6 refuses a second enabled subscription beside it`,
    'enable',
  );
}

export function planDisable(request: Request<'subscription-disable'>, observed: Observed): Draft {
  const { receiver, subscription: name } = request;
  const grounds = new Grounds(observed);
  const found = grounds.subscription(receiver, name);
  if (found !== null) {
    grounds.ok(
      found.provider,
      'WAL',
      `${found.provider ?? 'the provider'} holds its WAL for ${receiver} from now on, until ${name} is enabled or dropped`,
    );
  }
  return {
    title: `Disable ${name} on ${receiver}`,
    checks: grounds.checks,
    problems: grounds.problems,
    steps:
      found === null
        ? []
        : [
            step({
              id: 'disable',
              title: `Disable ${name}`,
              node: receiver,
              done: !found.enabled,
              undo: `Enables ${name} again.`,
              action: {
                type: 'sql',
                node: receiver,
                timeoutSeconds: 60,
                units: [unit(disable(name), { already: isEnabled(name, false), undo: [enable(name)] })],
              },
            }),
            waitForStatus(receiver, name, 'disabled', 'disable'),
          ],
  };
}

export function planCreate(request: Request<'subscription-create'>, observed: Observed): Draft {
  const { provider, receiver } = request;
  const grounds = new Grounds(observed);
  const at = grounds.need(receiver);
  const from = grounds.need(provider);
  if (provider === receiver) {
    grounds.problem(receiver, 'same-node', 'A node does not subscribe to itself.', 'Choose two nodes.');
  }
  for (const [node, facts] of [
    [receiver, at],
    [provider, from],
  ] as const) {
    if (facts !== null && facts.nodeName === null) {
      grounds.problem(node, 'no-spock-node', `${node} is no Spock node yet.`, 'Create the node there first.');
    }
  }
  const there = at?.subscriptions.find((each) => each.provider === (from?.nodeName ?? provider));
  if (there !== undefined) {
    grounds.problem(
      receiver,
      'subscribed',
      `${receiver} subscribes to ${provider} already, as ${there.name}.`,
      there.enabled ? 'Nothing is missing.' : `Enable ${there.name}.`,
    );
  }
  if (from !== null) {
    const missing = SETS.filter((set) => !from.sets.some((each) => each.name === set));
    if (missing.length === 0) grounds.ok(provider, 'Sets', SETS.join(', '));
    else {
      grounds.stop(provider, 'Sets', `lacks ${missing.join(', ')}`, {
        code: 'no-set',
        message: `${provider} has no replication set ${missing.join(', ')}.`,
        remedy: 'Create it there first.',
      });
    }
  }
  grounds.ok(receiver, 'Data', `not copied: changes arrive that ${provider} commits from then on`);
  const name = subscriptionName(provider, receiver, at?.subscriptions.map((each) => each.name) ?? []);
  return {
    title: `Subscribe ${receiver} to ${provider}`,
    checks: grounds.checks,
    problems: grounds.problems,
    steps: grounds.problems.length > 0 ? [] : createSteps(provider, receiver, name),
  };
}

function createSteps(provider: string, receiver: string, name: string): DraftStep[] {
  return [
    step({
      id: 'create',
      title: `Subscribe to ${provider}`,
      node: receiver,
      undo: `Drops ${name} and its slot on ${provider}.`,
      action: {
        type: 'sql',
        node: receiver,
        timeoutSeconds: 60,
        units: [subscribeUnit({ provider, receiver, name })],
      },
    }),
    waitForStatus(receiver, name, 'replicating', 'create'),
  ];
}

export function planDrop(request: Request<'subscription-drop'>, observed: Observed): Draft {
  const { receiver, subscription: name } = request;
  const grounds = new Grounds(observed);
  const found = grounds.subscription(receiver, name);
  if (found !== null) tellSlot(grounds, found, grounds.may(found.provider));
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
              title: `Drop ${name}`,
              node: receiver,
              risk: 'data',
              riskText: `What ${provider} has committed and ${receiver} has not applied is never applied there.`,
              undo: 'Nothing: its slot is gone at once. A new subscription begins from then on.',
              action: {
                type: 'sql',
                node: receiver,
                timeoutSeconds: 60,
                units: [
                  unit(sql`SELECT spock.sub_drop(${quoteLiteral(name)})`, {
                    already: sql`SELECT NOT EXISTS (SELECT FROM spock.subscription WHERE sub_name = ${quoteLiteral(name)})`,
                  }),
                ],
              },
            }),
          ],
  };
}

function tellSlot(grounds: Grounds, found: ObservedSubscription, provider: ObservedFacts | null): void {
  if (provider === null) {
    grounds.ok(
      found.provider,
      'Slot',
      `${found.provider ?? 'the provider'} could not be read: ${found.slot} may stay there and hold WAL; drop it there later`,
    );
  } else if (provider.slots.some((slot) => slot.name === found.slot)) {
    grounds.ok(found.provider, 'Slot', `${found.slot} is dropped with it`);
  } else grounds.ok(found.provider, 'Slot', `${found.slot} is gone already`);
}
