import { noCluster, noPlan } from '#core/contract/faults.ts';
import { samePlan } from '#core/plan/same-plan.ts';
import { scriptOf } from '#core/plan/scripts/script.ts';
import { usedBy } from '#core/run/plan-use.ts';
import { changedRefused, planRefused, secondRefused } from '#core/run/refused.ts';
import { errors, refusal } from '#mocks/errors.ts';
import { makePlan, maskedDsnOf } from '#mocks/world/plan.ts';
import { os } from './base.ts';
import { checkDsns } from './given-dsns.ts';

export const plans = {
  create: os.plans.create.handler(({ input, context }) => {
    const { world } = context;
    if ('cluster' in input && !world.clusters.has(input.cluster))
      throw errors.NOT_FOUND(noCluster(input.cluster));
    try {
      const made = makePlan(world, input, world.nextId('plan'));
      world.plans.set(made.plan.id, made);
      return made.plan;
    } catch (error) {
      throw errors.NOT_FOUND({ message: (error as Error).message });
    }
  }),
  get: os.plans.get.handler(({ input, context }) => {
    const found = context.world.plans.get(input.id);
    if (!found) throw errors.NOT_FOUND(noPlan(input.id));
    return found.plan;
  }),
  script: os.plans.script.handler(({ input, context }) => {
    const found = context.world.plans.get(input.id);
    if (!found) throw errors.NOT_FOUND(noPlan(input.id));
    const { plan, executable } = found;
    return scriptOf(plan, executable, input.as, (node) => maskedDsnOf(context.world, plan, node));
  }),
  run: os.plans.run.handler(({ input, context }) => {
    const found = context.world.plans.get(input.id);
    if (!found) throw errors.NOT_FOUND(noPlan(input.id));
    const refused = planRefused(found.plan);
    if (refused !== null) throw refusal(refused);
    const { cluster, request } = found.plan;
    const busy = [...context.world.runs.values()].find(
      (run) => run.run.cluster === cluster && run.isUnderWay,
    );
    if (busy) throw refusal(secondRefused(busy.run));
    const used = usedBy(
      [...context.world.runs.values()].map(({ run }) => run).findLast(({ plan }) => plan === input.id),
    );
    if (used?.over === false) throw refusal({ code: 'CONFLICT', message: used.words, issues: [] });
    checkDsns(found.plan.rights, input.dsns);
    const fresh = makePlan(context.world, request, context.world.nextId('plan'));
    if (used !== null || !samePlan(found, fresh)) {
      context.world.plans.set(fresh.plan.id, fresh);
      const changed = changedRefused(found.plan);
      throw refusal({ ...changed, message: used?.words ?? changed.message }, fresh.plan);
    }
    const started = context.world.startRun(found);
    started.keepDsns(Object.keys(input.dsns ?? {}));
    return started.run;
  }),
};
