/** Plans of changes to the shop's cluster, shown before they run. */

import { wordsOf } from '#core/engines/words.ts';
import type { ObservedRole } from '#core/model/observed.ts';
import type { PlanRequest } from '#core/model/plan.ts';
import { makePlan } from '#mocks/world/plan.ts';
import { StepError } from '#mocks/world/step-error.ts';
import type { World } from '#mocks/world/world.ts';
import { healthy, slotBloat } from './orders.ts';

/** As docs/watching-role.md makes it. */
const WATCHING: ObservedRole = {
  name: 'tricorder_watch',
  superuser: false,
  replication: false,
  refused: ['sub_enable', 'sub_disable', 'sub_drop', 'sub_create', 'node_drop', 'repset_add_table'],
};

const DISABLE: PlanRequest = {
  kind: 'subscription-disable',
  cluster: 'orders',
  receiver: 'n3',
  subscription: 'sub_n3n1',
};

/** sub_n3n1 is to be disabled, and n1 keeps its WAL from then on: plan-1. */
export function planKnow(world: World): void {
  healthy(world);
  const made = makePlan(world, DISABLE, world.nextId('plan'));
  world.plans.set(made.plan.id, made);
}

/** The same, on a console that watches by a role that may not do it: plan-1. */
export function planRights(world: World): void {
  healthy(world);
  for (const node of world.need('orders').cluster.nodes) node.role = WATCHING;
  const made = makePlan(world, DISABLE, world.nextId('plan'));
  world.plans.set(made.plan.id, made);
}

/** A run of it has stopped, and what was given for it is not there any more: run-1. */
export function rightsStopped(world: World): void {
  planRights(world);
  world.failures.set(
    'disable',
    new StepError('canceling statement due to lock timeout', {
      code: 'locked',
      sqlstate: '55P03',
      why: `Another session holds a lock on the row of sub_n3n1 in ${wordsOf('spock').subscriptions}.`,
      remedy: 'End that session, then resume.',
    }),
  );
  const plan = world.plans.get('plan-1');
  if (plan === undefined) throw new Error('the scene has lost its plan');
  world.startRun(plan, world.now);
  world.advance(3000);
}

/** n3 has been away for long, and is to be given up: plan-1. */
export function planGiveUp(world: World): void {
  slotBloat(world);
  const made = makePlan(world, { kind: 'node-remove', cluster: 'orders', node: 'n3' }, world.nextId('plan'));
  world.plans.set(made.plan.id, made);
}

/** It was given up: run-1. */
export function givenUp(world: World): void {
  planGiveUp(world);
  const plan = world.plans.get('plan-1');
  if (plan === undefined) throw new Error('the scene has lost its plan');
  world.startRun(plan, world.now);
  world.advance(20_000);
}
