import { expect, type Page } from '@playwright/test';
import { test } from './console.ts';
import { ensureSandbox } from './sandbox-cluster.ts';

/** Gzipped JavaScript that a browser has loaded when a page shows its data: of the overview, and of any other page. */
const OVERVIEW_LIMIT = 155_000;
const LIMIT = 185_000;

const pages = (cluster: string) => [
  '/clusters',
  `/clusters/${cluster}`,
  `/clusters/${cluster}/nodes`,
  `/clusters/${cluster}/nodes/n1`,
  `/clusters/${cluster}/subscriptions`,
  `/clusters/${cluster}/subscriptions/n1/sub_n1n2`,
  `/clusters/${cluster}/sets`,
  `/clusters/${cluster}/lag`,
  `/clusters/${cluster}/conflicts`,
  '/activity',
  '/deploy',
  '/deploy/servers/new',
  '/settings',
];

/** Notes in the page itself when its data first stands: a look from outside comes some tenths of a second late. */
function noteShown(): void {
  const look = () => {
    const main = document.querySelector('main');
    if (!main?.querySelector('h1') || main.querySelector('[aria-busy="true"]')) return;
    watch.disconnect();
    Object.assign(window, { shownAt: performance.now() });
  };
  const watch = new MutationObserver(look);
  watch.observe(document, { childList: true, subtree: true, attributes: true });
}

/** Opens a path and counts the scripts that had come when its data stood there, both by the page's own clock: a machine may set its clock meanwhile. */
async function weigh(page: Page, path: string): Promise<{ bytes: number; names: string[] }> {
  await page.addInitScript(noteShown);
  await page.goto(path);
  await page.waitForFunction(() => 'shownAt' in window);
  const scripts = await page.evaluate(() => {
    const { shownAt } = window as unknown as { shownAt: number };
    return (performance.getEntriesByType('resource') as PerformanceResourceTiming[])
      .filter(({ name, responseEnd }) => new URL(name).pathname.endsWith('.js') && responseEnd <= shownAt)
      .map(({ name, encodedBodySize }) => ({ name: new URL(name).pathname, bytes: encodedBodySize }));
  });
  // The charts' library and what it stands on come beside the data, where there is a chart, and are counted apart.
  const counted = scripts.filter(({ name }) => !/\/(lag-chart|external-store)-/.test(name));
  return {
    bytes: counted.reduce((sum, { bytes }) => sum + bytes, 0),
    names: counted.map(({ name, bytes }) => `${name} ${bytes}`),
  };
}

test('the overview loads at most 155 kB of gzipped JavaScript before it shows its data, any other page 185 kB', async ({
  browser,
  tricorder,
}) => {
  const cluster = await ensureSandbox(tricorder);
  const weights: string[] = [];
  for (const path of pages(cluster)) {
    // A browser that has nothing in its cache, and asks for gzip: brotli would count less.
    const context = await browser.newContext({
      baseURL: tricorder.url,
      extraHTTPHeaders: { authorization: `Bearer ${tricorder.token}`, 'accept-encoding': 'gzip' },
    });
    const page = await context.newPage();
    const { bytes, names } = await weigh(page, path);
    weights.push(`${path} ${(bytes / 1000).toFixed(1)} kB`);
    const limit = path === `/clusters/${cluster}` ? OVERVIEW_LIMIT : LIMIT;
    expect(bytes, `${path}: ${names.join(', ')}`).toBeLessThan(limit);
    expect(bytes, `${path} loads its scripts over the network`).toBeGreaterThan(20_000);
    await context.close();
  }
  console.log(`note: JavaScript until the data shows, gzipped: ${weights.join('; ')}`);
});
