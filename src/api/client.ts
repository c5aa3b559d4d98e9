/**
 * The client, typed by the contract and fed by its route table alone: the schemas stay on the server, so that no zod is loaded.
 * `route-table.json` is made from core/contract; a test holds it against the contract (`npx vitest run src/api -u` writes it anew).
 */
import { createORPCClient } from '@orpc/client';
import type { ContractRouterClient } from '@orpc/contract';
import { OpenAPILink } from '@orpc/openapi-client/fetch';
import type { Contract } from '#core/contract/contract.ts';
import table from './route-table.json' with { type: 'json' };

/** How the table writes a procedure: method, path, and the status of success where it is not 200. */
type Row = [method: string, path: string, successStatus?: number];

function procedure([method, path, successStatus]: Row): unknown {
  return { '~orpc': { errorMap: {}, meta: {}, route: { method, path, successStatus } } };
}

const router = Object.fromEntries(
  Object.entries(table as unknown as Record<string, Record<string, Row>>).map(([domain, procedures]) => [
    domain,
    Object.fromEntries(Object.entries(procedures).map(([name, row]) => [name, procedure(row)])),
  ]),
);

const link = new OpenAPILink(router as unknown as Contract, {
  url: () => `${location.origin}/api/v1`,
  fetch: (request, init) => fetch(request, { ...init, credentials: 'same-origin' }),
});

export const api: ContractRouterClient<Contract> = createORPCClient(link);
