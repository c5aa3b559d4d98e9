/** The mock world in a browser tab: a service worker hands the page's requests back to it. */
import { http, passthrough } from 'msw';
import { setupWorker } from 'msw/browser';
import { API_PREFIX } from '#core/contract/contract.ts';
import type { SimDraft } from '#mocks/world/drafts.ts';
import { makeMockApi } from './api.ts';
import { isScenario, makeWorld, type ScenarioName } from './scenarios.ts';

const STORED = 'tricorder-scenario';
/** Drafts of deploys, which the backend keeps over a reload of the page, and a world in a tab has to keep as well. */
const DRAFTS = 'tricorder-drafts';

/** The scenario of this tab: from the URL, else as it was before, else `healthy`. */
function chosenScenario(): ScenarioName {
  const asked = new URLSearchParams(location.search).get('scenario');
  if (isScenario(asked)) {
    if (sessionStorage.getItem(STORED) !== asked) sessionStorage.removeItem(DRAFTS);
    sessionStorage.setItem(STORED, asked);
    return asked;
  }
  const kept = sessionStorage.getItem(STORED);
  return isScenario(kept) ? kept : 'healthy';
}

/** Starts the world and the worker; resolves when requests are answered. */
export async function startMockWorld(): Promise<void> {
  let last = Date.now();
  const world = makeWorld(chosenScenario(), last);
  const restored = sessionStorage.getItem(DRAFTS);
  if (restored !== null) {
    world.drafts.clear();
    for (const draft of JSON.parse(restored) as SimDraft[]) world.drafts.set(draft.id, draft);
  }
  const mock = makeMockApi(world);
  const api = async (request: Request) => {
    const response = await mock(request);
    if (request.method !== 'GET') sessionStorage.setItem(DRAFTS, JSON.stringify([...world.drafts.values()]));
    return response;
  };
  const worker = setupWorker(
    http.all(`*${API_PREFIX}/*`, async ({ request }) => (await api(request)) ?? passthrough()),
  );
  await worker.start({ onUnhandledRequest: 'bypass', quiet: true });
  setInterval(() => {
    const now = Date.now();
    world.advance(now - last);
    last = now;
  }, 100);
}
