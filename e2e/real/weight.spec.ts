import { expect, type Page } from '@playwright/test';
import { test } from './console.ts';
import { ensureSandbox } from './sandbox-cluster.ts';

/** Gzipped JavaScript that a browser has loaded when a page shows its data. */
const LIMIT = 150_000;

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
  '/settings',
];

/** Counts scripts as they cross the network, until `shown` resolves. */
async function loaded(
  page: Page,
  shown: () => Promise<unknown>,
): Promise<{ bytes: number; names: string[] }> {
  const network = await page.context().newCDPSession(page);
  await network.send('Network.enable');
  const scripts = new Map<string, string>();
  let bytes = 0;
  const names: string[] = [];
  network.on('Network.responseReceived', ({ requestId, type, response }) => {
    if (type === 'Script' || /\.js$/.test(new URL(response.url).pathname))
      scripts.set(requestId, response.url);
  });
  network.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    const url = scripts.get(requestId);
    if (!url) return;
    bytes += encodedDataLength;
    names.push(new URL(url).pathname);
  });
  await shown();
  await network.detach();
  return { bytes, names };
}

test('no page loads more than 150 kB of gzipped JavaScript before it shows its data', async ({
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
    const { bytes, names } = await loaded(page, async () => {
      await page.goto(path);
      await expect(page.locator('h1').first()).toBeVisible();
      await expect(page.locator('main [aria-busy="true"]')).toHaveCount(0);
    });
    weights.push(`${path} ${Math.round(bytes / 1000)} kB`);
    expect(bytes, `${path}: ${names.join(', ')}`).toBeLessThan(LIMIT);
    expect(bytes, `${path} loads its scripts over the network`).toBeGreaterThan(20_000);
    await context.close();
  }
  console.log(`note: JavaScript until the data shows, gzipped: ${weights.join('; ')}`);
});
