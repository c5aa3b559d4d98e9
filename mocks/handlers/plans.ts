import { ORPCError } from '@orpc/server';
import { makePlan } from '#mocks/world/plan.ts';
import { os } from './base.ts';

export const plans = {
  create: os.plans.create.handler(({ input, context }) => {
    const { world } = context;
    if ('cluster' in input && !world.clusters.has(input.cluster))
      throw new ORPCError('NOT_FOUND', { message: `No cluster named ${input.cluster} is watched here.` });
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
  run: os.plans.run.handler(({ input, context }) => {
    const found = context.world.plans.get(input.id);
    if (!found) throw new ORPCError('NOT_FOUND', { message: `There is no plan ${input.id}.` });
    const first = found.plan.problems[0];
    if (first)
      throw new ORPCError('UNPROCESSABLE_CONTENT', {
        message: `${first.message} ${first.remedy}`,
        data: {
          issues: found.plan.problems.map((problem) => ({
            path: [],
            code: problem.code,
            message: problem.message,
            remedy: problem.remedy,
          })),
        },
      });
    return context.world.startRun(found).run;
  }),
};
