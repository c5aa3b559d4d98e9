/** The contract, mounted: requests under /api/v1 to handlers, errors in one shape, and its description as OpenAPI. */
import { OpenAPIGenerator } from '@orpc/openapi';
import { OpenAPIHandler } from '@orpc/openapi/fetch';
import { ORPCError } from '@orpc/server';
import { ZodToJsonSchemaConverter } from '@orpc/zod/zod4';
import { API_PREFIX, contract } from '#core/contract/contract.ts';
import { invalid } from '#core/contract/faults.ts';
import { nulIn } from '#core/contract/nul.ts';
import type { Services } from '#server/services.ts';
import type { Access } from './access.ts';
import { clusters } from './clusters.ts';
import { deploys } from './deploys.ts';
import { errorResponse, errors, toApiError } from './errors.ts';
import { clusterEvents, feed } from './events.ts';
import { history } from './history.ts';
import { type Caller, os } from './implement.ts';
import { plans, runs } from './runs.ts';
import { access as accessHandlers } from './sessions.ts';
import { system } from './system.ts';
import { tables } from './tables.ts';

const router = os.router({
  system,
  access: accessHandlers,
  clusters: { ...clusters, events: clusterEvents },
  tables,
  history,
  deploys,
  feed,
  plans,
  runs,
});

export interface Api {
  handle(request: Request, caller: Caller): Promise<Response>;
  /** The OpenAPI 3.1 document; made when first asked for. */
  describe(): Promise<unknown>;
}

export function createApi(services: Services, access: Access): Api {
  const handler = new OpenAPIHandler(router, {
    clientInterceptors: [
      async ({ next, input }) => {
        const nul = nulIn(input);
        if (nul !== null) throw errors.BAD_REQUEST(invalid(nul.path, nul.message));
        try {
          return await next();
        } catch (error) {
          throw toApiError(error, services.log);
        }
      },
    ],
    interceptors: [
      async ({ next }) => {
        try {
          return await next();
        } catch (error) {
          // What is no error of the API by here failed before a handler was called.
          if (error instanceof ORPCError) throw error;
          throw errors.BAD_REQUEST(
            invalid([], 'The body cannot be read as JSON. Send JSON with content-type: application/json.'),
          );
        }
      },
    ],
  });
  let description: Promise<unknown> | null = null;
  return {
    async handle(request, caller) {
      const { matched, response } = await handler.handle(request, {
        prefix: API_PREFIX,
        context: { ...caller, services, access },
      });
      if (!matched) {
        return errorResponse(
          'NOT_FOUND',
          `There is no ${request.method} ${new URL(request.url).pathname}. ${API_PREFIX}/openapi.json lists all that there is.`,
        );
      }
      // Facts of a moment: no cache between is to keep them.
      if (!response.headers.has('cache-control')) response.headers.set('cache-control', 'no-store');
      return response;
    },
    describe() {
      description ??= new OpenAPIGenerator({ schemaConverters: [new ZodToJsonSchemaConverter()] }).generate(
        contract,
        {
          info: { title: 'Tricorder', version: services.console.version },
          servers: [{ url: API_PREFIX }],
          security: [{ token: [] }],
          components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
        },
      );
      return description;
    },
  };
}
