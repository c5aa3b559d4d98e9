/** Plans and their runs, over HTTP. */
import { ORPCError } from '@orpc/server';
import { Refusal } from '#server/run/refusal.ts';
import { os } from './implement.ts';

/** The runner's refusals with their codes; every other error as it is. */
async function answered<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { code, message, plan, issues } = error;
    const shape = { defined: true, message } as const;
    if (code === 'NOT_FOUND') throw new ORPCError(code, { ...shape, status: 404 });
    if (code === 'CONFLICT') {
      throw new ORPCError(code, { ...shape, status: 409, data: plan === null ? {} : { plan } });
    }
    throw new ORPCError(code, { ...shape, status: 422, data: { issues } });
  }
}

/** What the runner knows, or 404. */
function known<T>(what: string, id: string, value: T | undefined): T {
  if (value === undefined) throw new Refusal('NOT_FOUND', `There is no ${what} ${id}.`);
  return value;
}

export const plans = {
  create: os.plans.create.handler(({ input, context }) =>
    answered(() => context.services.runner.plan(input)),
  ),
  get: os.plans.get.handler(({ input, context }) =>
    answered(() => known('plan', input.id, context.services.runner.getPlan(input.id))),
  ),
  script: os.plans.script.handler(({ input, context }) =>
    answered(() => context.services.runner.script(input.id, input.as)),
  ),
  run: os.plans.run.handler(({ input, context }) =>
    answered(() => context.services.runner.start(input.id, context.by)),
  ),
};

export const runs = {
  list: os.runs.list.handler(({ context }) => ({ items: context.services.runner.list() })),
  get: os.runs.get.handler(({ input, context }) =>
    answered(() => known('run', input.id, context.services.runner.get(input.id))),
  ),
  events: os.runs.events.handler(({ input, context, signal }) =>
    answered(() => {
      // Asked here as well, so that an unknown run is a 404 and not a stream that breaks off.
      known('run', input.id, context.services.runner.get(input.id));
      return context.services.runner.events(input.id, signal ?? new AbortController().signal);
    }),
  ),
  cancel: os.runs.cancel.handler(({ input, context }) =>
    answered(() => context.services.runner.cancel(input.id)),
  ),
  resume: os.runs.resume.handler(({ input, context }) =>
    answered(() => context.services.runner.resume(input.id)),
  ),
  rollback: os.runs.rollback.handler(({ input, context }) =>
    answered(() => context.services.runner.rollback(input.id, input.dropWritten)),
  ),
};
