import { ORPCError } from '@orpc/server';
import type { Run } from '#core/model/plan.ts';
import type { SimRun } from '#mocks/world/runs.ts';
import type { World } from '#mocks/world/world.ts';
import { os } from './base.ts';

function found(world: World, id: string): SimRun {
  const run = world.runs.get(id);
  if (!run) throw new ORPCError('NOT_FOUND', { message: `There is no run ${id}.` });
  return run;
}

function refuse(run: SimRun, what: string): never {
  throw new ORPCError('CONFLICT', {
    message: `Run ${run.run.id} is ${run.run.state}: it cannot be ${what} now.`,
    data: {},
  });
}

export const runs = {
  list: os.runs.list.handler(({ context }) => ({
    items: [...context.world.runs.values()].map((run) => run.run).reverse(),
  })),
  get: os.runs.get.handler(({ input, context }) => found(context.world, input.id).run),
  events: os.runs.events.handler(({ input, context, signal }) =>
    runEvents(context.world, found(context.world, input.id), signal),
  ),
  cancel: os.runs.cancel.handler(({ input, context }) => {
    const run = found(context.world, input.id);
    if (run.ended) refuse(run, 'cancelled');
    run.cancel();
    return run.run;
  }),
  resume: os.runs.resume.handler(({ input, context }) => {
    const run = found(context.world, input.id);
    if (!['waiting-for-operator', 'failed', 'cancelled', 'interrupted'].includes(run.run.state))
      refuse(run, 'resumed');
    run.resume();
    return run.run;
  }),
  rollback: os.runs.rollback.handler(({ input, context }) => {
    const run = found(context.world, input.id);
    if (run.run.state === 'running' || run.run.state === 'rolled-back') refuse(run, 'rolled back');
    run.rollback();
    return run.run;
  }),
};

async function* runEvents(
  world: World,
  run: SimRun,
  signal: AbortSignal | undefined,
): AsyncGenerator<Run, void, void> {
  let sent = run.run;
  yield sent;
  while (!signal?.aborted && !run.ended) {
    await world.nextTick(signal);
    if (run.run === sent) continue;
    sent = run.run;
    yield sent;
  }
}
