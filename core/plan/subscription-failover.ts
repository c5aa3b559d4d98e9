/** Slots marked for failover: a standby of the provider then keeps a copy of them, and its links go on after a failover. */
import type { Observed, ObservedFacts } from '#core/model/observed.ts';
import type { PlanRequest } from '#core/model/plan.ts';
import { subscriptionsOf } from '#core/model/subscription-names.ts';
import { type ExecutablePlan, type ExecutableStep, step } from './executable.ts';
import { Grounds } from './nodes.ts';
import { calledIn } from './receivers.ts';

type Request = Extract<PlanRequest, { kind: 'subscription-failover' }>;

/** PostgreSQL 17: pg_replication_slots.failover, and the standby's slot sync worker. */
const FIRST_VERSION = 170_000;
const SQL_SECONDS = 30;

export function planSubscriptionFailover(request: Request, observed: Observed): ExecutablePlan {
  const grounds = new Grounds(observed);
  const slots = subscriptionsOf(request).flatMap(({ receiver, subscription }) => {
    const found = grounds.subscription(receiver, subscription);
    return found?.provider == null ? [] : [{ provider: found.provider, slot: found.slot }];
  });
  const providers = [...new Set(slots.map(({ provider }) => provider))];
  const steps = providers.flatMap((provider) => {
    const own = slots.filter((each) => each.provider === provider).map(({ slot }) => slot);
    return stepOn(grounds, provider, own) ?? [];
  });
  return {
    title: `Mark the slot of ${calledIn(request)} for failover`,
    checks: grounds.checks,
    problems: grounds.problems,
    steps: grounds.problems.length > 0 ? [] : steps,
  };
}

function stepOn(grounds: Grounds, provider: string, wanted: readonly string[]): ExecutableStep | null {
  const facts = grounds.need(provider);
  if (facts === null || !grounds.read(provider, facts, 'slots')) return null;
  if (!canMark(grounds, provider, facts)) return null;
  const found = wanted.map((name) => ({ name, slot: facts.slots.find((each) => each.name === name) }));
  for (const { name, slot } of found) {
    if (slot === undefined) {
      grounds.stop(provider, 'Slot', `${name} is gone`, {
        code: 'slot-gone',
        message: `${provider} no longer has slot ${name}.`,
        remedy: 'Drop its subscription, create it again, and compare the rows.',
      });
    } else if (slot.failover === true) grounds.ok(provider, 'Failover', `${name} is marked`);
    else grounds.todo(provider, 'Failover', `${name} is not marked`, `failover:${provider}`);
  }
  const others = facts.slots.filter(
    ({ name, failover, plugin }) =>
      failover === false &&
      !wanted.includes(name) &&
      plugin !== null &&
      grounds.changes.slots.mayBeOurs(name),
  );
  if (others.length > 0) {
    grounds.know(
      provider,
      'Other slots',
      `${grounds.changes.words.name} marks all of its slots on ${provider}: ${others.map(({ name }) => name).join(', ')} too`,
    );
  }
  grounds.know(
    provider,
    'Standby',
    `it takes sync_replication_slots, hot_standby_feedback and a dbname in primary_conninfo on the standby, and its own slot in synchronized_standby_slots of ${provider}: these are not changed here`,
  );
  return step({
    id: `failover:${provider}`,
    title: `Mark the slots of ${provider} for failover`,
    node: provider,
    done: found.every(({ slot }) => slot?.failover === true),
    undo: 'Nothing: the mark stays, and does no harm without a standby.',
    action: {
      type: 'sql',
      node: provider,
      timeoutSeconds: SQL_SECONDS,
      units: [grounds.changes.slots.markForFailover(provider)],
    },
  });
}

function canMark(grounds: Grounds, provider: string, facts: ObservedFacts): boolean {
  const { serverVersion = 0, marksFailover, standin, engineVersion } = facts;
  const { slots, words } = grounds.changes;
  if (serverVersion < FIRST_VERSION) {
    grounds.stop(provider, 'PostgreSQL', `${Math.floor(serverVersion / 10_000)}`, {
      code: 'version',
      message: `${provider} runs PostgreSQL ${Math.floor(serverVersion / 10_000)}, whose slots cannot be marked for failover: that came with PostgreSQL 17.`,
      remedy: `Before 17 a standby gets slots from ${words.name}'s own worker, or not at all. Upgrade PostgreSQL.`,
    });
    return false;
  }
  if (standin || marksFailover !== true) {
    const name = standin ? 'The stand-in' : `${words.name} ${engineVersion}`;
    grounds.stop(provider, words.name, engineVersion, {
      code: 'version',
      message: `${name} on ${provider} has no function that marks slots which are there.`,
      remedy: slots.otherwiseFailover,
    });
    return false;
  }
  return true;
}
