/**
 * `npm run bench -- ticks`: what a poll of 64 nodes costs the page. The production build in Chromium, the mock world in a process of
 * its own; a second is a tick, and all that the main thread does in it counts.
 */
import { loadavg } from 'node:os';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { mainThread, quantile } from './main-thread.ts';
import { openPageBench, type PageBench } from './mock-server.ts';

const TICKS = 60;
const SETTLE_MS = 15_000;

let bench: PageBench;
beforeAll(async () => {
  bench = await openPageBench();
});
afterAll(() => bench?.close());

const CASES = [
  { changing: 0, p50: null, p95: null },
  { changing: 400, p50: 16, p95: 33 },
  { changing: 4032, p50: 50, p95: null },
];

for (const path of ['/clusters/orders', '/clusters/orders/subscriptions', '/clusters/orders/lag']) {
  for (const { changing, p50, p95 } of CASES) {
    test(`${path}, ${changing} of 4,032 links changing`, async () => {
      const page = await bench.browser.newPage({ viewport: { width: 1440, height: 900 } });
      await page.goto(`${bench.url}${path}?scenario=64-nodes&changing=${changing}`, { timeout: 120_000 });
      await page.locator('h1').first().waitFor();
      await page.waitForTimeout(SETTLE_MS);
      const { cpuMs, wallMs } = await mainThread(page, TICKS);
      await page.close();
      const of = (values: number[]) =>
        `${quantile(values, 0.5).toFixed(1)} ms, 95 of 100 under ${quantile(values, 0.95).toFixed(1)} ms`;
      console.log(
        `${path}, ${changing} changing: median ${of(cpuMs)} (by the wall ${of(wallMs)}); load ${loadavg()[0]?.toFixed(1)}`,
      );
      if (p50 !== null) expect.soft(quantile(cpuMs, 0.5)).toBeLessThanOrEqual(p50);
      if (p95 !== null) expect.soft(quantile(cpuMs, 0.95)).toBeLessThanOrEqual(p95);
    });
  }
}
