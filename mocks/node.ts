/** The mock world for tests in Node: a fetch that never leaves the process, and hands on its servers. */
import { createORPCClient } from '@orpc/client';
import type { ContractRouterClient } from '@orpc/contract';
import { OpenAPILink } from '@orpc/openapi-client/fetch';
import { API_PREFIX, type Contract, contract } from '#core/contract/contract.ts';
import { makeMockApi } from './api.ts';
import { makeWorld, type ScenarioName } from './scenarios.ts';

/** The moment at which test worlds begin: that of the drawings. */
export const TEST_NOW = Date.UTC(2025, 10, 22, 14, 6, 32);

/** A world, and a fetch that asks it. */
export function mockWorld(scenario: ScenarioName, now = TEST_NOW) {
  const world = makeWorld(scenario, now);
  const api = makeMockApi(world);
  const fetch = async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    const response = await api(new Request(input, init));
    return response ?? new Response('not the API', { status: 404 });
  };
  return { world, fetch };
}

/** A client of the mock, typed as the page's is. */
export function mockClient({
  fetch,
}: Pick<ReturnType<typeof mockWorld>, 'fetch'>): ContractRouterClient<Contract> {
  const link = new OpenAPILink(contract, {
    url: `http://mock${API_PREFIX}`,
    fetch: (request, init) => fetch(request, init),
  });
  return createORPCClient(link);
}
