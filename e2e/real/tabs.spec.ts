/** Many tabs of one browser, and pages that are put away for Back: how many connections they hold, and that all of them live. */
import {
  type Browser,
  type BrowserContext,
  chromium,
  expect,
  type Page,
  type Request,
} from '@playwright/test';
import type { Plan, Run } from '#core/model/plan.ts';
import { type Console, test } from './console.ts';
import { type Counted, countedWay } from './counted.ts';

/** Six clusters of which nobody answers: they are watched all the same. */
const AWAY = Array.from({ length: 6 }, (_, index) => `away-${index + 1}`);

let way: Counted;

test.beforeAll(async ({ tricorder }) => {
  way = await countedWay(tricorder.url);
  for (const name of AWAY) {
    await tricorder.api('/clusters', {
      method: 'POST',
      body: JSON.stringify({
        name,
        unreachable: 'keep',
        nodes: [{ dsn: 'postgres://u:p@127.0.0.1:9/db?connect_timeout=1' }],
      }),
    });
  }
});

test.afterAll(async ({ tricorder }) => {
  for (const name of AWAY) await tricorder.api(`/clusters/${name}`, { method: 'DELETE' });
  const { items } = await tricorder.api<{ items: { name: string; sandbox: boolean }[] }>('/clusters');
  for (const { name, sandbox } of items) if (sandbox) await remove(tricorder, name);
  await way?.close();
});

async function begin(tricorder: Console, request: object): Promise<Run> {
  const plan = await tricorder.api<Plan>('/plans', { method: 'POST', body: JSON.stringify(request) });
  return tricorder.api<Run>(`/plans/${plan.id}/runs`, { method: 'POST', body: '{}' });
}

async function remove(tricorder: Console, name: string): Promise<void> {
  const { id } = await begin(tricorder, { kind: 'remove', target: 'sandbox', name });
  await expect
    .poll(async () => (await tricorder.api<Run>(`/runs/${id}`)).state, { timeout: 60_000 })
    .toBe('succeeded');
}

async function enter(context: BrowserContext, token: string): Promise<void> {
  const page = await context.newPage();
  await page.goto(`${way.url}/?token=${token}`);
  await page.close();
}

/** In the page: how it came to be shown, and why not from the cache. */
function cameBack(): string {
  if ((window as { cameBack?: boolean }).cameBack === true) return 'from the cache';
  const [entry] = performance.getEntriesByType('navigation') as (PerformanceEntry & {
    notRestoredReasons?: object;
  })[];
  return JSON.stringify(entry?.notRestoredReasons ?? null);
}

const polledNow = (page: Page) =>
  expect(page.locator('.fresh').first()).toHaveText(/^(Polled [12] s ago|Not polled yet)$/);

test('eight tabs, each on another cluster and two on runs, hold one stream, and each of them goes on', async ({
  browser,
  tricorder,
}) => {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  await enter(context, tricorder.token);
  const tabs: Page[] = [];
  for (const name of AWAY) {
    const page = await context.newPage();
    await page.goto(`${way.url}/clusters/${name}`);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    tabs.push(page);
  }
  const runs: Page[] = [];
  for (const name of ['tab-a', 'tab-b']) {
    const { id } = await begin(tricorder, { kind: 'deploy', target: 'sandbox', name });
    const page = await context.newPage();
    await page.goto(`${way.url}/runs/${id}`);
    runs.push(page);
  }
  await expect.poll(() => way.streams()).toBe(1);
  // What is pushed reaches the tabs: the runs go on before their eyes, to their ends.
  for (const page of runs)
    await expect(page.getByRole('region', { name: 'Receipt' })).toBeVisible({ timeout: 90_000 });
  for (const page of tabs) await polledNow(page);
  // A click that has to fetch is answered in every one of them.
  for (const page of tabs) {
    await page.getByRole('link', { name: 'Settings' }).first().click();
    await expect(page).toHaveURL(/\/settings/);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  }
  // One is opened anew when what is followed changes; no two stand longer than that takes.
  expect(way.mostStreams()).toBeLessThanOrEqual(2);
  expect(way.streams()).toBeLessThanOrEqual(1);
  await context.close();
  await expect.poll(() => way.connections()).toBe(0);
});

test('pages that are put away for Back hold no connection, and go on when they come back', async ({
  tricorder,
}) => {
  const executablePath = process.env.CHROME_BIN || undefined;
  // As a user's browser, whose cache of pages the tests' own has not.
  const browser: Browser = await chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-gpu'],
    ignoreDefaultArgs: ['--disable-back-forward-cache'],
  });
  try {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    await context.addInitScript(() => {
      addEventListener('pageshow', (event) => Object.assign(window, { cameBack: event.persisted }));
    });
    await enter(context, tricorder.token);
    way.mostStreams();
    const page = await context.newPage();
    const under = new Set<Request>();
    // The worker's own file is asked for by the worker.
    page.on('request', (request) => !/\/worker-[^/]*\.js$/.test(request.url()) && under.add(request));
    for (const end of ['requestfinished', 'requestfailed'] as const)
      page.on(end as 'requestfinished', (request) => under.delete(request));
    for (const name of AWAY) {
      under.clear();
      await page.goto(`${way.url}/clusters/${name}`);
      await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
      await expect.poll(() => way.streams()).toBe(1);
      // Chromium keeps no page that waits for an answer; that of the stream is the worker's.
      await expect.poll(() => [...under].map((request) => request.url())).toEqual([]);
    }
    const back = async (name: string) => {
      // Playwright waits for a load that a page from the cache does not have.
      await page.evaluate(() => setTimeout(() => history.back(), 0));
      // Until then the page before it stands there, which may have come from the cache as well.
      await page.waitForFunction((path) => location.pathname === path, `/clusters/${name}`);
      await expect.poll(() => page.evaluate(cameBack).catch(() => undefined)).toBe('from the cache');
    };
    for (const name of AWAY.slice(1, -1).reverse()) {
      await back(name);
      await expect.poll(() => way.streams()).toBe(1);
      await polledNow(page);
    }
    expect(way.mostStreams()).toBeLessThanOrEqual(2);
    await page.goto('about:blank');
    await expect.poll(() => way.streams()).toBe(0);
  } finally {
    await browser.close();
  }
});
