/** Deploys that are being prepared: answers are kept on the server, so that neither a reload nor a second try loses one. */
import { z } from 'zod';
import { DeployAnswers, DeployDraft, ServerLook, TablesLook } from '#core/model/deploy.ts';
import { FieldIssue, procedure } from './errors.ts';

const byId = z.object({ id: z.string().min(1).max(64) });

export const deploys = {
  list: procedure
    .route({ method: 'GET', path: '/deploys', summary: 'Deploys being prepared, newest first' })
    .output(z.object({ items: z.array(DeployDraft) })),
  create: procedure
    .route({ method: 'POST', path: '/deploys', successStatus: 201, summary: 'Start to prepare a deploy' })
    .input(DeployAnswers)
    .output(DeployDraft),
  get: procedure.route({ method: 'GET', path: '/deploys/{id}' }).input(byId).output(DeployDraft),
  /** A DSN whose password is masked (••••) keeps the password that it had, if all else of it is as it was. */
  save: procedure
    .route({ method: 'PUT', path: '/deploys/{id}', summary: 'Save the answers' })
    .input(byId.extend(DeployAnswers.shape))
    .output(DeployDraft),
  discard: procedure
    .route({ method: 'DELETE', path: '/deploys/{id}' })
    .input(byId)
    .output(z.object({ discarded: z.string() })),
  /** Tests one server of the draft. `look` null: `issue` says why it cannot be used. */
  look: procedure
    .route({
      method: 'POST',
      path: '/deploys/{id}/servers/{position}/look',
      summary: 'Read one server; writes nothing',
    })
    .input(byId.extend({ position: z.coerce.number().int().min(0).max(15) }))
    .output(z.object({ look: ServerLook.nullable(), issue: FieldIssue.nullable() })),
  tables: procedure
    .route({
      method: 'GET',
      path: '/deploys/{id}/tables',
      summary: 'Tables and sequences of all servers of the draft, compared; writes nothing',
    })
    .input(byId)
    .output(TablesLook),
};
