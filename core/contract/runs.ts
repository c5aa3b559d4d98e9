/** Plans and their runs: the only way in which anything is written to a node. */
import { eventIterator } from '@orpc/contract';
import { z } from 'zod';
import { Plan, PlanRequest, Run } from '#core/model/plan.ts';
import { procedure } from './errors.ts';

const byId = z.object({ id: z.string().min(1).max(64) });

/** By node, for this run only: kept sealed until it has succeeded or was taken back. Faults stand on `["dsns", node]`. */
const dsns = z.record(z.string().min(1).max(63), z.string().min(1).max(4096)).optional();

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
    .input(byId.extend({ dsns }))
    .output(Run),
  script: procedure
    .route({
      method: 'GET',
      path: '/plans/{id}/script',
      summary: 'The plan as a script: for psql, or as commands of the pgedge CLI; passwords left out',
    })
    .input(byId.extend({ as: z.enum(['psql', 'pgedge']).default('psql') }))
    .output(z.object({ fileName: z.string(), text: z.string() })),
};

export const runs = {
  /** Newest first; `plan`: only those of that plan. */
  list: procedure
    .route({ method: 'GET', path: '/runs' })
    .input(z.object({ plan: z.string().max(64).optional() }))
    .output(z.object({ items: z.array(Run) })),
  get: procedure.route({ method: 'GET', path: '/runs/{id}' }).input(byId).output(Run),
  /** The whole run first, and again whenever something of it changed; ends when the run has ended. */
  events: procedure
    .route({ method: 'GET', path: '/runs/{id}/events' })
    .input(byId)
    .output(eventIterator(Run)),
  cancel: procedure.route({ method: 'POST', path: '/runs/{id}/cancel' }).input(byId).output(Run),
  /** Ends the proof of a step that is `proving`: what it moved is there, and not proved. Never done by the console itself. */
  endProof: procedure
    .route({ method: 'POST', path: '/runs/{id}/steps/{step}/end-proof' })
    .input(byId.extend({ step: z.string().min(1).max(400) }))
    .output(Run),
  resume: procedure
    .route({ method: 'POST', path: '/runs/{id}/resume' })
    .input(byId.extend({ dsns }))
    .output(Run),
  /** `dropWritten`: copied tables are taken back although they were written to since. */
  rollback: procedure
    .route({ method: 'POST', path: '/runs/{id}/rollback' })
    .input(byId.extend({ dropWritten: z.boolean().default(false), dsns }))
    .output(Run),
};
