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
    Object.assign(window, { shownAt: performance.timeOrigin + performance.now() });
  };
  const watch = new MutationObserver(look);
  watch.observe(document, { childList: true, subtree: true, attributes: true });
}

/** Opens a path and counts the scripts that had come when its data stood there. */
async function weigh(page: Page, path: string): Promise<{ bytes: number; names: string[] }> {
  const network = await page.context().newCDPSession(page);
  await network.send('Network.enable');
  const sent = new Map<string, { wall: number; at: number }>();
  const heads = new Map<string, { url: string; head: number }>();
  const scripts: { name: string; bytes: number; finishedAt: number }[] = [];
  network.on('Network.requestWillBeSent', ({ requestId, wallTime, timestamp }) => {
    sent.set(requestId, { wall: wallTime, at: timestamp });
  });
  network.on('Network.responseReceived', ({ requestId, type, response }) => {
    if (type !== 'Script' && !/\.js$/.test(new URL(response.url).pathname)) return;
    // So far only the answer's head has come: it is no JavaScript.
    heads.set(requestId, { url: response.url, head: response.encodedDataLength });
  });
  network.on('Network.loadingFinished', ({ requestId, encodedDataLength, timestamp }) => {
    const script = heads.get(requestId);
    const begun = sent.get(requestId);
    if (!script || !begun) return;
    scripts.push({
      name: new URL(script.url).pathname,
      bytes: encodedDataLength - script.head,
      finishedAt: (begun.wall + timestamp - begun.at) * 1000,
    });
  });
  await page.addInitScript(noteShown);
  await page.goto(path);
  const shown = await page.waitForFunction(() => (window as { shownAt?: number }).shownAt);
  const shownAt = (await shown.jsonValue()) as number;
  // The charts' library comes beside the data, where there is a chart, and is counted apart.
  const counted = scripts.filter(
    (script) => script.finishedAt <= shownAt && !/\/lag-chart-/.test(script.name),
  );
  return {
    bytes: counted.reduce((sum, script) => sum + script.bytes, 0),
    names: counted.map((script) => `${script.name} ${script.bytes}`),
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
