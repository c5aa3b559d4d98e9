/** A subscription made: under a name that is nobody's, and only where there is room for it. */

import type { Changes } from '#core/engines/changes.ts';
import { sql } from '#core/engines/sql.ts';
import type { Awaited } from '#core/engines/units.ts';
import { formatNames } from '#core/model/format.ts';
import type { Observed, ObservedFacts, ObservedLimit } from '#core/model/observed.ts';
import type { PlanRequest } from '#core/model/plan.ts';
import type { ExecutablePlan, ExecutableStep } from './executable.ts';
import { subscribeStep, subscriptionName } from './mesh.ts';
import { checkSets } from './needed-sets.ts';
import { Grounds } from './nodes.ts';
import { waitForStatus } from './subscriptions.ts';

type Create = Extract<PlanRequest, { kind: 'subscription-create' }>;
type Ends = Pick<Create, 'provider' | 'receiver'>;

export function planCreate(request: Create, observed: Observed): ExecutablePlan {
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
      grounds.problem(
        node,
        'no-spock-node',
        `${node} is not a ${grounds.changes.words.name} node yet.`,
        'Create the node there first.',
      );
    }
  }
  if (at !== null) checkReceiver(grounds, request, at, from);
  if (from !== null) checkProvider(grounds, request, from);
  if (at !== null && from !== null && provider !== receiver) {
    checkSame(grounds, request, at, from);
    checkRoom(grounds, provider, from, { slots: 1, senders: 1 });
    checkRoom(grounds, receiver, at, { workers: 1, origins: 1 });
  }
  grounds.know(
    receiver,
    'Data',
    `existing rows are not copied: only what ${provider} commits from then on reaches ${receiver}`,
  );
  const name =
    at === null || from === null ? null : chooseName(grounds, request, at, from, takenNames(observed));
  if (name !== null) tellSilent(grounds, request, observed);
  return {
    title: `Subscribe ${receiver} to ${provider}`,
    checks: grounds.checks,
    problems: grounds.problems,
    steps:
      grounds.problems.length > 0 || name === null || at === null
        ? []
        : steps(request, name, at, grounds.changes),
  };
}

function checkReceiver(
  grounds: Grounds,
  { provider, receiver }: Create,
  at: ObservedFacts,
  from: ObservedFacts | null,
): void {
  if (!grounds.read(receiver, at, 'subscriptions')) return;
  const there = at.subscriptions.find((each) => each.provider === (from?.nodeName ?? provider));
  if (there !== undefined) {
    grounds.problem(
      receiver,
      'subscribed',
      `${receiver} already subscribes to ${provider}, as ${there.name}.`,
      there.enabled ? 'Nothing is missing.' : `Enable ${there.name}.`,
    );
  }
  checkForwarding(grounds, receiver, at, `what ${provider} writes`);
}

/** `what` may come twice beside one that forwards. */
export function checkForwarding(grounds: Grounds, receiver: string, at: ObservedFacts, what: string): void {
  const forwarding = at.subscriptions.find((each) => each.enabled && each.forwardOrigins.length > 0);
  if (forwarding !== undefined) {
    grounds.stop(receiver, 'Forwarding', `${forwarding.name} forwards all origins`, {
      code: 'forwarding',
      message: `${forwarding.name} on ${receiver} forwards the changes of all origins: ${what} may arrive by both, and ${grounds.changes.subscriptions.besideForwarding}.`,
      remedy: `Remove forward_origins from ${forwarding.name}, or drop it, first.`,
    });
  }
  const { readOnly } = grounds.changes.settings;
  if (readOnly !== null && at.readOnly === readOnly.heldAt) {
    grounds.know(
      receiver,
      'Read-only',
      `${readOnly.name} is ${readOnly.heldAt}: incoming changes wait until that is reset`,
    );
  }
}

export function checkProvider(
  grounds: Grounds,
  { provider }: Pick<Ends, 'provider'>,
  from: ObservedFacts,
): void {
  if (!grounds.read(provider, from, 'sets')) return;
  checkSets(grounds, provider, from, grounds.changes.subscriptions.sets, 'Create it there first.');
}

/** Two names of one server and database would subscribe to themselves; two nodes with one name would be taken for one. */
export function checkSame(
  grounds: Grounds,
  { provider, receiver }: Ends,
  at: ObservedFacts,
  from: ObservedFacts,
): void {
  if (at.nodeName !== null && at.nodeName === from.nodeName) {
    grounds.stop(receiver, 'Server', `is node ${at.nodeName}, as ${provider} is`, {
      code: 'same-node',
      message: `${provider} and ${receiver} both answer as node ${at.nodeName}: they are one node, or two with one name.`,
      remedy: 'Check the DSNs: both may lead to the same server.',
    });
    return;
  }
  const same = at.systemId != null && at.systemId === from.systemId;
  if (!same) return;
  if (at.database !== from.database) {
    grounds.know(
      receiver,
      'Server',
      `${provider} and ${receiver} are databases of one server, or of copies of one`,
    );
    return;
  }
  grounds.know(
    receiver,
    'Server',
    `${provider} and ${receiver} have the same system identifier: one is a physical copy of the other`,
  );
}

type Room = NonNullable<ObservedFacts['room']>;

/**
 * One slot and one sender on the provider, one worker and one origin on the receiver, for each subscription. Without, it is down
 * for ever.
 */
export function checkRoom(
  grounds: Grounds,
  node: string,
  facts: ObservedFacts,
  needed: Partial<Record<keyof Room, number>>,
): void {
  if (!grounds.read(node, facts, 'room') || facts.room === undefined) return;
  const { room } = facts;
  const wanted = Object.entries(needed) as [keyof Room, number][];
  const full = wanted.filter(([what, count]) => room[what].used + count > room[what].max);
  for (const [what, count] of full) stopFull(grounds, node, what, room[what], count);
  if (full.length > 0) return;
  const text = wanted.map(([what]) => `${what} ${room[what].used} of ${room[what].max}`).join(', ');
  grounds.ok(node, 'Room', text);
}

function stopFull(
  grounds: Grounds,
  node: string,
  what: string,
  { setting, used, max }: ObservedLimit,
  count: number,
): void {
  const message =
    count === 1
      ? `${node} uses all of its ${max} ${what} (${setting}): the subscription would stay down.`
      : `${node} uses ${used} of its ${max} ${what} (${setting}), and ${count} more are needed: subscriptions would stay down.`;
  grounds.stop(node, 'Room', `${what} ${used} of ${max}`, {
    code: 'no-room',
    message,
    remedy: `Raise ${setting} on ${node} and restart it, or free some.`,
  });
}

/** Of all subscriptions of the cluster, and those that the plan itself gives: `chooseName` puts them in. */
export interface TakenNames {
  names: Set<string>;
  slots: Set<string>;
}

export function takenNames({ nodes }: Observed): TakenNames {
  const all = (nodes ?? []).flatMap(({ read }) => (read.ok ? read.facts.subscriptions : []));
  return { names: new Set(all.map(({ name }) => name)), slots: new Set(all.map(({ slot }) => slot)) };
}

/**
 * The first name that is no subscription's on any node, and whose slot is nobody's: no slot of the provider, no other
 * subscription's, no origin of the receiver. Names that differ in what Spock folds give one slot, and two receivers of one slot
 * take the changes from each other. Null, with the problem: none, or it cannot be known.
 */
export function chooseName(
  grounds: Grounds,
  { provider, receiver }: Ends,
  at: ObservedFacts,
  from: ObservedFacts,
  taken: TakenNames,
): string | null {
  if (!grounds.read(provider, from, 'slots') || !grounds.read(receiver, at, 'slots')) return null;
  const there = new Set([...from.slots.map(({ name }) => name), ...(at.origins ?? [])]);
  const isTaken = (slot: string) => there.has(slot) || taken.slots.has(slot);
  const candidates = at.slotNames?.[provider] ?? [
    { subscription: subscriptionName(provider, receiver, [...taken.names]), slot: null },
  ];
  const free = candidates.find(
    ({ subscription, slot }) => !taken.names.has(subscription) && (slot === null || !isTaken(slot)),
  );
  if (free === undefined) {
    const slots = candidates.flatMap(({ slot }) => (slot !== null && isTaken(slot) ? [slot] : []));
    grounds.stop(provider, 'Name', 'none is free', {
      code: 'no-name',
      message: `All names for a subscription of ${receiver} to ${provider} are taken, or their slots are: ${formatNames(slots)}.`,
      remedy: `Look at the slots of ${provider} and the origins of ${receiver}, and drop those that nobody needs.`,
    });
    return null;
  }
  taken.names.add(free.subscription);
  if (free.slot !== null) taken.slots.add(free.slot);
  grounds.ok(
    receiver,
    'Name',
    free.slot === null ? free.subscription : `${free.subscription}, slot ${free.slot}`,
  );
  return free.subscription;
}

/** Names and slots of a node that cannot be read may be any. */
function tellSilent(grounds: Grounds, { provider, receiver }: Ends, { nodes }: Observed): void {
  const silent = (nodes ?? []).filter(
    ({ read }) => !read.ok || read.facts.unread?.subscriptions !== undefined,
  );
  if (silent.length === 0) return;
  grounds.know(
    receiver,
    'Names of others',
    `${formatNames(silent.map(({ name }) => name))} could not be asked; their slots on ${provider} could, and this name is free there`,
  );
}

function steps(
  { provider, receiver }: Create,
  name: string,
  at: ObservedFacts,
  changes: Changes,
): ExecutableStep[] {
  return [
    subscribeStep(
      { provider, receiver, name },
      {
        id: 'create',
        way: changes.subscriptions.way([{ version: at.engineVersion, standin: at.standin }]),
        risk: 'data',
        riskText: riskOfNew(provider, receiver),
        undo: `Drops ${name} and its slot on ${provider}.`,
      },
      changes,
    ),
    waitForStatus(receiver, name, 'replicating', 'create', changes, [slotOfNew(provider, name, changes)]),
  ];
}

/** What a subscription without a copy risks, wherever one is planned. */
export const riskOfNew = (provider: string, receiver: string): string =>
  `Changes of ${provider} are applied on ${receiver} from then on: where ${receiver} does not have the same rows, they are discarded there, or overwrite its own.`;

/** The provider knows why there is none. */
export const slotOfNew = (provider: string, name: string, { waits }: Changes): Awaited => ({
  node: provider,
  text: `the slot of ${name} is in use on ${provider}`,
  query: sql`SELECT bool_or(r.active AND r.confirmed_flush_lsn IS NOT NULL) FROM pg_replication_slots r WHERE ${waits.isSlot({ of: name })}`,
  hopeless: waits.cannotCome({ for: 'slot-in-use', node: provider, slot: { of: name }, made: false }),
});
