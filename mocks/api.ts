/** The contract answered by a world, as a function from request to response. */
import { OpenAPIHandler } from '@orpc/openapi/fetch';
import { ORPCError, onError, ValidationError } from '@orpc/server';
import { API_PREFIX } from '#core/contract/contract.ts';
import type { FieldIssue } from '#core/contract/errors.ts';
import { os } from '#mocks/handlers/base.ts';
import { clusters } from '#mocks/handlers/clusters.ts';
import { deploys } from '#mocks/handlers/deploys.ts';
import { history } from '#mocks/handlers/history.ts';
import { plans } from '#mocks/handlers/plans.ts';
import { runs } from '#mocks/handlers/runs.ts';
import { system } from '#mocks/handlers/system.ts';
import { tables } from '#mocks/handlers/tables.ts';
import type { World } from '#mocks/world/world.ts';

export const router = os.router({ system, clusters, tables, history, deploys, plans, runs });

export type MockApi = (request: Request) => Promise<Response | undefined>;

/** Answers requests under `/api/v1`; undefined for every other path. */
export function makeMockApi(world: World): MockApi {
  const handler = new OpenAPIHandler(router, { clientInterceptors: [onError(inOurShape)] });
  return async (request) => {
    const { pathname } = new URL(request.url);
    if (!pathname.startsWith(`${API_PREFIX}/`)) return undefined;
    const refused = await troubled(world, pathname);
    if (refused) return refused;
    const { matched, response } = await handler.handle(request, { prefix: API_PREFIX, context: { world } });
    return matched ? response : refusal('NOT_FOUND', 404, `The API has no ${request.method} ${pathname}.`);
  };
}

/** What a scenario puts between a request and its answer: latency, a refusal. */
async function troubled(world: World, pathname: string): Promise<Response | null> {
  const { latencyMs, status, stream } = world.trouble;
  if (latencyMs > 0) await new Promise((resolve) => setTimeout(resolve, latencyMs));
  if (status === 401 && !pathname.endsWith('/health'))
    return refusal(
      'UNAUTHORIZED',
      401,
      'This console asks for its token. Open the link that it printed when it started.',
    );
  if (status === 500)
    return refusal(
      'INTERNAL_SERVER_ERROR',
      500,
      'The console failed at this request. Its log has the cause; the request may be sent again.',
    );
  if (stream === 'breaks' && pathname.endsWith('/events') && world.streamIsAway)
    return refusal('INTERNAL_SERVER_ERROR', 500, 'The event stream is not to be had now.');
  return null;
}

const refusal = (code: string, status: number, message: string): Response =>
  Response.json({ defined: true, code, status, message }, { status });

/** Faults of input are told as the backend tells them: each with the field it stands in. */
function inOurShape(error: unknown): never {
  if (!(error instanceof ORPCError) || !(error.cause instanceof ValidationError)) throw error;
  if (error.code !== 'BAD_REQUEST') throw error;
  const issues = error.cause.issues.map(
    (issue): FieldIssue => ({
      path: (issue.path ?? []).map((part) => {
        const key = typeof part === 'object' ? part.key : part;
        return typeof key === 'number' ? key : String(key);
      }),
      code: 'invalid',
      message: issue.message,
      remedy: null,
    }),
  );
  const message = issues
    .map((issue) => (issue.path.length === 0 ? issue.message : `${issue.path.join('.')}: ${issue.message}`))
    .join(' ');
  throw new ORPCError('BAD_REQUEST', { defined: true, message, data: { issues } });
}
