/** Plans and their runs, over HTTP. The runner's refusals are made the contract's errors by http/errors.ts. */
import { os } from './implement.ts';

export const plans = {
  create: os.plans.create.handler(({ input, context }) => context.services.runner.plan(input)),
  get: os.plans.get.handler(({ input, context }) => context.services.runner.getPlan(input.id)),
  script: os.plans.script.handler(({ input, context }) => context.services.runner.script(input.id, input.as)),
  run: os.plans.run.handler(({ input, context }) =>
    context.services.runner.start(input.id, context.by, input.dsns),
  ),
};

export const runs = {
  list: os.runs.list.handler(({ input, context }) => ({ items: context.services.runner.list(input.plan) })),
  get: os.runs.get.handler(({ input, context }) => context.services.runner.get(input.id)),
  events: os.runs.events.handler(({ input, context: { services }, signal }) => {
    // Asked here as well, so that an unknown run is a 404 and not a stream that breaks off.
    services.runner.get(input.id);
    return services.runner.events(input.id, signal ?? new AbortController().signal);
  }),
  cancel: os.runs.cancel.handler(({ input, context }) => context.services.runner.cancel(input.id)),
  endProof: os.runs.endProof.handler(({ input, context }) =>
    context.services.runner.endProof(input.id, input.step),
  ),
  resume: os.runs.resume.handler(({ input, context }) =>
    context.services.runner.resume(input.id, input.dsns),
  ),
  rollback: os.runs.rollback.handler(({ input, context }) =>
    context.services.runner.rollback(input.id, input.dropWritten, input.dsns),
  ),
};
