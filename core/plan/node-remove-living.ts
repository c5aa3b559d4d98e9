/**
 * A node removed while it runs: kept from writes, drained until every other node has all that it wrote, then unsubscribed on both
 * sides. What others lack of it is said before, and waited for: survivors that have applied different changes would stay different.
 */
import { formatBytes, formatNames, formatSeconds } from '#core/model/format.ts';
import type { Observed, ObservedFacts, ObservedSubscription } from '#core/model/observed.ts';
import type { PlanRequest } from '#core/model/plan.ts';
import type { ExecutablePlan } from './executable.ts';
import { type Leaving, livingRemovalSteps, type Remaining } from './node-remove-living-steps.ts';
import { Grounds } from './nodes.ts';

type Request = Extract<PlanRequest, { kind: 'node-remove' }>;

export function planLivingNodeRemove({ node }: Request, observed: Observed): ExecutablePlan {
  const grounds = new Grounds(observed);
  const facts = grounds.need(node);
  const steps = facts === null ? [] : stepsOf(grounds, observed, node, facts);
  return {
    title: `Remove ${node}`,
    checks: grounds.checks,
    problems: grounds.problems,
    steps: grounds.problems.length > 0 ? [] : steps,
  };
}

function stepsOf(grounds: Grounds, observed: Observed, node: string, facts: ObservedFacts) {
  if (!grounds.read(node, facts, 'subscriptions') || !grounds.read(node, facts, 'slots')) return [];
  const own = facts.nodeName;
  const others = (observed.nodes ?? []).filter(({ name }) => name !== node).map(({ name }) => name);
  if (own === null || others.length === 0) {
    grounds.problem(
      node,
      own === null ? 'no-node' : 'no-survivors',
      own === null
        ? `${node} is no node of ${grounds.changes.words.name}: none was created in its database.`
        : `${node} is the only node of the cluster.`,
      `Forget it under Settings: there is nothing to remove.`,
    );
    return [];
  }
  const remaining = others.flatMap((name) => remainingOf(grounds, name, own) ?? []);
  for (const each of remaining) checkDrains(grounds, node, facts, each);
  checkOwn(grounds, node, facts, observed);
  checkSlots(grounds, node, facts, remaining);
  tellMissing(grounds, node, own, remaining);
  const steps = livingRemovalSteps(grounds, leavingOf(node, own, facts), remaining);
  tellAfterwards(grounds, node, steps.keepsReadOnly);
  return steps.steps;
}

/** Null, and a problem: a node that is not read now would never hear of the removal, nor get what it lacks. */
function remainingOf(grounds: Grounds, name: string, leaving: string): Remaining | null {
  const facts = grounds.need(name);
  if (facts === null) return null;
  if (!grounds.read(name, facts, 'subscriptions') || !grounds.read(name, facts, 'slots')) return null;
  return {
    name,
    facts,
    subscriptions: facts.subscriptions.filter(({ provider }) => provider === leaving),
    nodeId: facts.nodeIds?.[leaving] ?? null,
  };
}

/** What the node has written reaches this one, and how much of it is still to come. */
function checkDrains(grounds: Grounds, node: string, from: ObservedFacts, to: Remaining): void {
  const { name, subscriptions } = to;
  if (subscriptions.length === 0) {
    grounds.know(
      name,
      `Changes of ${node}`,
      `${name} does not subscribe to ${node}: what it lacks of it is not waited for`,
    );
  }
  for (const sub of subscriptions) {
    const slot = from.slots.find((each) => each.name === sub.slot);
    const why = notApplying(sub, slot);
    if (why !== null) {
      grounds.stop(name, `Changes of ${node}`, why, {
        code: 'not-draining',
        message: `${sub.name} on ${name} does not apply what ${node} has written (${why}): ${node} would take it along.`,
        remedy: `Bring the link ${node} → ${name} to replicate, then plan again. If it cannot, drop ${sub.name} first: what ${name} lacks of ${node} is lost then, unless another node has it.`,
      });
      continue;
    }
    const bytes = slot?.unconfirmedBytes ?? null;
    grounds.todo(
      name,
      `Changes of ${node}`,
      bytes === null
        ? `how much is to come by ${sub.name} is not known`
        : `${formatBytes(bytes)} of WAL to come by ${sub.name}`,
      'drain',
    );
    const delay = sub.options?.applyDelaySeconds ?? 0;
    if (delay > 0) {
      grounds.know(
        name,
        'Apply delay',
        `${sub.name} applies ${formatSeconds(delay)} later, so the run waits at least that long`,
      );
    }
  }
}

function notApplying(
  { enabled, status, worker }: ObservedSubscription,
  slot: ObservedFacts['slots'][number] | undefined,
): string | null {
  if (!enabled) return 'it is disabled';
  if (slot === undefined) return 'its slot is gone';
  if (slot.walStatus === 'lost') return 'its slot is lost';
  if (status !== 'replicating') return `it is ${status}`;
  if (worker === 'none') return 'it has no worker';
  return slot.active ? null : 'nobody reads its slot';
}

/** A copy that this node gives or takes would be cut off. */
function checkOwn(grounds: Grounds, node: string, facts: ObservedFacts, observed: Observed): void {
  const begun = facts.slots.filter((slot) => slot.begun === true).map((slot) => `slot ${slot.name}`);
  const copies = (observed.nodes ?? []).flatMap(({ name, read }) =>
    read.ok ? (read.facts.copies ?? []).map((session) => `${session} on ${name}`) : [],
  );
  const signs = [...begun, ...copies];
  if (signs.length === 0) return;
  grounds.stop(node, 'Copies', formatNames(signs), {
    code: 'copying',
    message: `A copy is under way (${formatNames(signs)}); it may be of ${node}.`,
    remedy: 'Wait until it has ended, then plan again.',
  });
}

/** Slots of this engine that are left on the node go with it; a reader that nobody knows would be cut off. */
function checkSlots(
  grounds: Grounds,
  node: string,
  facts: ObservedFacts,
  remaining: readonly Remaining[],
): void {
  const { slots } = grounds.changes;
  const known = remaining.flatMap(({ subscriptions }) => subscriptions.map((each) => each.slot));
  const unknown = facts.slots.filter(
    (slot) =>
      slot.physical !== true &&
      slot.database === facts.database &&
      slots.mayBeOurs(slot.name) &&
      !known.some((each) => slots.isOf(slot.name, each)),
  );
  for (const slot of unknown) {
    if (!slot.active) {
      grounds.know(node, 'Slot', `no node of this cluster reads ${slot.name}: it is dropped with ${node}`);
      continue;
    }
    grounds.stop(node, 'Slot', `${slot.name} is being read`, {
      code: 'unknown-reader',
      message: `Somebody reads from ${node} by slot ${slot.name}, and no node of this cluster names it.`,
      remedy: `Find out who that is (pg_stat_replication on ${node}), and drop its subscription there, or add it to this cluster.`,
    });
  }
}

/** Pairs of the nodes that stay, of which one heard of the other only by the one that goes. */
function tellMissing(grounds: Grounds, node: string, leaving: string, remaining: readonly Remaining[]): void {
  for (const to of remaining) {
    const forwards = to.subscriptions.some((sub) => sub.forwardOrigins.length > 0);
    if (!forwards) continue;
    const without = remaining.filter(
      (from) =>
        from.name !== to.name &&
        from.facts.nodeName !== leaving &&
        !to.facts.subscriptions.some((sub) => sub.provider === (from.facts.nodeName ?? from.name)),
    );
    if (without.length === 0) continue;
    grounds.know(
      to.name,
      'Forwarding',
      `${to.name} receives what ${formatNames(without.map(({ name }) => name))} ${without.length === 1 ? 'writes' : 'write'} by ${node} only: that ends. Create the missing links first`,
    );
  }
}

const leavingOf = (node: string, own: string, facts: ObservedFacts): Leaving => ({
  name: node,
  own,
  facts,
  subscriptions: facts.subscriptions.map(({ name, provider }) => ({ name, provider: provider ?? '' })),
});

function tellAfterwards(grounds: Grounds, node: string, keepsReadOnly: string | null): void {
  grounds.know(
    null,
    'Afterwards',
    `the rows of ${node} stay on it; what is written there reaches no other node. To return, it must be copied again`,
  );
  if (keepsReadOnly === null) {
    grounds.know(
      node,
      'Applications',
      `nothing here can keep them from writing on ${node}: stop them before the run. What they write after it is drained is not on any other node`,
    );
  } else {
    grounds.know(
      node,
      'Read-only',
      `${node} stays read-only afterwards, so that nobody writes there by mistake; to let it be written: ${keepsReadOnly}`,
    );
  }
}
