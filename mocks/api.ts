/** The contract answered by a world, as a function from request to response. */
import { OpenAPIHandler } from '@orpc/openapi/fetch';
import { ORPCError, onError, ValidationError } from '@orpc/server';
import { API_PREFIX } from '#core/contract/contract.ts';
import { contractErrors, type ErrorCode } from '#core/contract/errors.ts';
import { badInput, invalid, notKept, OWN_FAULT } from '#core/contract/faults.ts';
import { nulIn } from '#core/contract/nul.ts';
import { errors } from '#mocks/errors.ts';
import { access } from '#mocks/handlers/access.ts';
import { os } from '#mocks/handlers/base.ts';
import { clusters } from '#mocks/handlers/clusters.ts';
import { deploys } from '#mocks/handlers/deploys.ts';
import { history } from '#mocks/handlers/history.ts';
import { plans } from '#mocks/handlers/plans.ts';
import { runs } from '#mocks/handlers/runs.ts';
import { feed } from '#mocks/handlers/streams.ts';
import { system } from '#mocks/handlers/system.ts';
import { tables } from '#mocks/handlers/tables.ts';
import type { World } from '#mocks/world/world.ts';

export const router = os.router({ system, access, clusters, tables, history, deploys, feed, plans, runs });

export type MockApi = (request: Request) => Promise<Response | undefined>;

/** Answers requests under `/api/v1`; undefined for every other path. */
export function makeMockApi(world: World): MockApi {
  const handler = new OpenAPIHandler(router, { clientInterceptors: [onError(inOurShape), withoutNul] });
  return async (request) => {
    const { pathname } = new URL(request.url);
    if (!pathname.startsWith(`${API_PREFIX}/`)) return undefined;
    const refused = (await troubled(world, pathname)) ?? unkept(world, request);
    if (refused) return refused;
    const { matched, response } = await handler.handle(request, { prefix: API_PREFIX, context: { world } });
    return matched ? response : refusal('NOT_FOUND', `The API has no ${request.method} ${pathname}.`);
  };
}

/** What a scenario puts between a request and its answer: latency, a refusal. */
async function troubled(world: World, pathname: string): Promise<Response | null> {
  const { latencyMs, status, stream } = world.trouble;
  if (latencyMs > 0) await new Promise((resolve) => setTimeout(resolve, latencyMs));
  if (status === 401 && !pathname.endsWith('/health'))
    return refusal(
      'UNAUTHORIZED',
      'This console asks for its token. Open the link that it printed when it started.',
    );
  if (status === 500) return refusal('INTERNAL_SERVER_ERROR', OWN_FAULT);
  if (stream === 'breaks' && pathname.endsWith('/events') && world.streamIsAway)
    return refusal('INTERNAL_SERVER_ERROR', 'The event stream is not to be had now.');
  return null;
}

/** What cannot be kept is not done. Planning and looking keep nothing that is missed. */
function unkept({ storage }: World, { method }: Request): Response | null {
  const { state } = storage;
  if (state === 'ok' || state === 'key-removed' || method === 'GET') return null;
  const { code, message, data } = notKept(storage);
  return refusal(code, message, data);
}

function refusal(code: ErrorCode, message: string, data?: object): Response {
  const { status } = contractErrors[code];
  return Response.json({ defined: true, code, status, message, data }, { status });
}

const withoutNul = ({ input, next }: { input: unknown; next: () => Promise<unknown> }): Promise<unknown> => {
  const nul = nulIn(input);
  if (nul === null) return next();
  throw errors.BAD_REQUEST(invalid(nul.path, nul.message));
};

/** Faults of input are told as the backend tells them: each with the field it stands in. */
function inOurShape(error: unknown): never {
  if (!(error instanceof ORPCError) || !(error.cause instanceof ValidationError)) throw error;
  throw error.code === 'BAD_REQUEST' ? errors.BAD_REQUEST(badInput(error.cause.issues)) : error;
}
