/** Plans and their runs: the only way in which anything is written to a node. */
import { eventIterator } from '@orpc/contract';
import { z } from 'zod';
import { Plan, PlanRequest, Run } from '#core/model/plan.ts';
import { procedure } from './errors.ts';

const byId = z.object({ id: z.string().min(1).max(64) });

export const plans = {
  create: procedure
    .route({ method: 'POST', path: '/plans', successStatus: 201, summary: 'Plan a change; writes nothing' })
    .input(PlanRequest)
    .output(Plan),
  get: procedure.route({ method: 'GET', path: '/plans/{id}' }).input(byId).output(Plan),
  run: procedure
    .route({
      method: 'POST',
      path: '/plans/{id}/runs',
      successStatus: 201,
      summary: 'Run a plan that was shown',
    })
    .input(byId)
    .output(Run),
  script: procedure
    .route({
      method: 'GET',
      path: '/plans/{id}/script',
      summary: "The plan to take away: for psql, or as the pgedge CLI's commands; passwords left out",
    })
    .input(byId.extend({ as: z.enum(['psql', 'pgedge']).default('psql') }))
    .output(z.object({ fileName: z.string(), text: z.string() })),
};

export const runs = {
  list: procedure.route({ method: 'GET', path: '/runs' }).output(z.object({ items: z.array(Run) })),
  get: procedure.route({ method: 'GET', path: '/runs/{id}' }).input(byId).output(Run),
  /** The whole run first, and again whenever something of it changed; ends when the run has ended. */
  events: procedure
    .route({ method: 'GET', path: '/runs/{id}/events' })
    .input(byId)
    .output(eventIterator(Run)),
  cancel: procedure.route({ method: 'POST', path: '/runs/{id}/cancel' }).input(byId).output(Run),
  resume: procedure.route({ method: 'POST', path: '/runs/{id}/resume' }).input(byId).output(Run),
  /** `dropWritten`: copied tables are taken back although they were written to since. */
  rollback: procedure
    .route({ method: 'POST', path: '/runs/{id}/rollback' })
    .input(byId.extend({ dropWritten: z.boolean().default(false) }))
    .output(Run),
};
