import { actRefused, proofRefused } from '#core/run/refused.ts';
import { refusal } from '#mocks/errors.ts';
import type { SimRun } from '#mocks/world/runs.ts';
import { found, os } from './base.ts';
import { checkDsns } from './given-dsns.ts';
import { runEvents } from './streams.ts';

/** Refuses a change of a run that is in no state for it. */
function need(run: SimRun, act: 'cancel' | 'resume' | 'rollback'): void {
  const refused = actRefused(run.run, act);
  if (refused !== null) throw refusal(refused);
}

export const runs = {
  list: os.runs.list.handler(({ input, context }) => ({
    items: [...context.world.runs.values()]
      .map((run) => run.run)
      .filter((run) => input.plan === undefined || run.plan === input.plan)
      .reverse(),
  })),
  get: os.runs.get.handler(({ input, context }) => found(context.world, input.id).run),
  events: os.runs.events.handler(({ input, context, signal }) =>
    runEvents(context.world, found(context.world, input.id), signal),
  ),
  cancel: os.runs.cancel.handler(({ input, context }) => {
    const run = found(context.world, input.id);
    need(run, 'cancel');
    run.cancel();
    context.world.runStopped(run);
    return run.run;
  }),
  endProof: os.runs.endProof.handler(({ input, context }) => {
    const run = found(context.world, input.id);
    if (!run.endProof(input.step)) throw refusal(proofRefused(input.id, input.step));
    return run.run;
  }),
  resume: os.runs.resume.handler(({ input, context }) => {
    const run = found(context.world, input.id);
    need(run, 'resume');
    checkDsns(run.plan.plan.rights, input.dsns, run.run.dsnsKept);
    run.keepDsns(Object.keys(input.dsns ?? {}));
    run.resume();
    return run.run;
  }),
  rollback: os.runs.rollback.handler(({ input, context }) => {
    const run = found(context.world, input.id);
    need(run, 'rollback');
    checkDsns(run.plan.plan.rights, input.dsns, run.run.dsnsKept);
    run.keepDsns(Object.keys(input.dsns ?? {}));
    run.rollback(input.dropWritten);
    return run.run;
  }),
};
