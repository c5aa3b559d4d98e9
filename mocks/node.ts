/** The mock world for tests in Node: a fetch that never leaves the process. */
import { makeMockApi } from './api.ts';
import { makeWorld, type ScenarioName } from './scenarios.ts';

/** The moment at which test worlds begin: that of the drawings. */
export const TEST_NOW = Date.UTC(2025, 10, 22, 14, 6, 32);

export function mockWorld(scenario: ScenarioName, now = TEST_NOW) {
  const world = makeWorld(scenario, now);
  const api = makeMockApi(world);
  const fetch = async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    const response = await api(new Request(input, init));
    return response ?? new Response('not the API', { status: 404 });
  };
  return { world, fetch };
}
