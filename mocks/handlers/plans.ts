import { ORPCError } from '@orpc/server';
import type { Plan } from '#core/model/plan.ts';
import { pgedgeScript } from '#core/plan/scripts/pgedge.ts';
import { psqlScript } from '#core/plan/scripts/psql.ts';
import { makePlan, maskedDsnOf } from '#mocks/world/plan.ts';
import { os } from './base.ts';

/** Whether two plans would do the same on the same grounds. */
function samePlan(one: Plan, other: Plan): boolean {
  const grounds = (plan: Plan) =>
    JSON.stringify([
      plan.steps,
      plan.problems.map(({ node, code }) => [node, code]),
      plan.checks.map(({ node, name, result, step }) => [node, name, result, step]),
    ]);
  return grounds(one) === grounds(other);
}

export const plans = {
  create: os.plans.create.handler(({ input, context }) => {
    const { world } = context;
    if ('cluster' in input && !world.clusters.has(input.cluster))
      throw new ORPCError('NOT_FOUND', { message: `No cluster is named ${input.cluster}.` });
    try {
      const made = makePlan(world, input, world.nextId('plan'));
      world.plans.set(made.plan.id, made);
      return made.plan;
    } catch (error) {
      throw new ORPCError('NOT_FOUND', { message: (error as Error).message });
    }
  }),
  get: os.plans.get.handler(({ input, context }) => {
    const found = context.world.plans.get(input.id);
    if (!found) throw new ORPCError('NOT_FOUND', { message: `There is no plan ${input.id}.` });
    return found.plan;
  }),
  script: os.plans.script.handler(({ input, context }) => {
    const found = context.world.plans.get(input.id);
    if (!found) throw new ORPCError('NOT_FOUND', { message: `There is no plan ${input.id}.` });
    const { plan, draft } = found;
    const masked = (node: string) => maskedDsnOf(context.world, plan, node);
    const name = `${plan.cluster}-${plan.kind}`.replace(/[^\w.-]+/g, '_');
    return input.as === 'psql'
      ? { fileName: `${name}.sql`, text: psqlScript(plan, draft, masked) }
      : { fileName: `${name}.sh`, text: pgedgeScript(plan, draft, masked) };
  }),
  run: os.plans.run.handler(({ input, context }) => {
    const found = context.world.plans.get(input.id);
    if (!found) throw new ORPCError('NOT_FOUND', { message: `There is no plan ${input.id}.` });
    if (found.plan.problems.length > 0)
      throw new ORPCError('UNPROCESSABLE_CONTENT', {
        message: `This plan cannot be run: ${found.plan.problems.map((problem) => problem.message).join(' ')}`,
        data: {
          issues: found.plan.problems.map((problem) => ({
            path: [],
            code: problem.code,
            message: problem.message,
            remedy: problem.remedy,
          })),
        },
      });
    const { cluster, request } = found.plan;
    const busy = [...context.world.runs.values()].find(
      (run) => run.run.cluster === cluster && run.isUnderWay,
    );
    if (busy)
      throw new ORPCError('CONFLICT', {
        message: `Run ${busy.run.id} (${busy.run.title}) is under way. Wait for its end, or cancel it.`,
        data: {},
      });
    const fresh = makePlan(context.world, request, context.world.nextId('plan'));
    if (!samePlan(found.plan, fresh.plan)) {
      context.world.plans.set(fresh.plan.id, fresh);
      throw new ORPCError('CONFLICT', {
        message: `${cluster} has changed since this plan was made. Look at the fresh one, and run that.`,
        data: { plan: fresh.plan },
      });
    }
    return context.world.startRun(found).run;
  }),
};
