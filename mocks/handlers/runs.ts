import { ORPCError } from '@orpc/server';
import type { Run, RunState } from '#core/model/plan.ts';
import type { SimRun } from '#mocks/world/runs.ts';
import type { World } from '#mocks/world/world.ts';
import { os } from './base.ts';

function found(world: World, id: string): SimRun {
  const run = world.runs.get(id);
  if (!run) throw new ORPCError('NOT_FOUND', { message: `There is no run ${id}.` });
  return run;
}

/** Refuses a change of a run that is in no state for it. */
function need(run: SimRun, states: RunState[], what: string): void {
  if (!states.includes(run.run.state))
    throw new ORPCError('CONFLICT', {
      message: `Run ${run.run.id} is ${run.run.state}: it cannot be ${what}.`,
      data: {},
    });
}

const STOPPED: RunState[] = ['failed', 'cancelled', 'interrupted'];

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
    need(run, ['running', 'waiting-for-operator'], 'cancelled');
    run.cancel();
    context.world.runStopped(run);
    return run.run;
  }),
  resume: os.runs.resume.handler(({ input, context }) => {
    const run = found(context.world, input.id);
    need(run, STOPPED, 'resumed');
    run.resume();
    return run.run;
  }),
  rollback: os.runs.rollback.handler(({ input, context }) => {
    const run = found(context.world, input.id);
    need(run, [...STOPPED, 'succeeded'], 'rolled back');
    run.rollback(input.dropWritten);
    return run.run;
  }),
};

/** The whole run first, and again whenever something of it changed; ends when it has ended. */
async function* runEvents(
  world: World,
  run: SimRun,
  signal: AbortSignal | undefined,
): AsyncGenerator<Run, void, void> {
  let sent = run.run;
  yield sent;
  while (!signal?.aborted && (run.run !== sent || run.isUnderWay)) {
    if (run.run === sent) {
      await world.nextTick(signal);
      continue;
    }
    sent = run.run;
    yield sent;
  }
}
