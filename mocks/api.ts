/** The contract answered by a world, as a function from request to response. */
import { OpenAPIHandler } from '@orpc/openapi/fetch';
import { API_PREFIX } from '#core/contract/contract.ts';
import { os } from '#mocks/handlers/base.ts';
import { clusters } from '#mocks/handlers/clusters.ts';
import { history } from '#mocks/handlers/history.ts';
import { plans } from '#mocks/handlers/plans.ts';
import { runs } from '#mocks/handlers/runs.ts';
import { system } from '#mocks/handlers/system.ts';
import { tables } from '#mocks/handlers/tables.ts';
import type { World } from '#mocks/world/world.ts';

export const router = os.router({ system, clusters, tables, history, plans, runs });

export type MockApi = (request: Request) => Promise<Response | undefined>;

/** Answers requests under `/api/v1`; undefined for every other path. */
export function makeMockApi(world: World): MockApi {
  const handler = new OpenAPIHandler(router);
  return async (request) => {
    const { matched, response } = await handler.handle(request, { prefix: API_PREFIX, context: { world } });
    if (matched) return response;
    if (!new URL(request.url).pathname.startsWith(API_PREFIX)) return undefined;
    return Response.json({ code: 'NOT_FOUND', message: 'The API has no such path.' }, { status: 404 });
  };
}
