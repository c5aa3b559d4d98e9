/**
 * `npm run bench -- heap`: an hour of polls of 64 nodes with 400 of 4,032 links changing, ten of them a second. What is kept for 15
 * minutes fills up in the first third; in the last third the heap must not grow.
 */
import { loadavg } from 'node:os';
import type { CDPSession, Page } from '@playwright/test';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openPageBench, type PageBench } from './mock-server.ts';

const TICKS = 3600;
/** Of the heap, in the last third of the hour. */
const MOST_GROWTH = 0.05;

let bench: PageBench;
beforeAll(async () => {
  bench = await openPageBench();
});
afterAll(() => bench?.close());

test('the heap after an hour of ticks', async () => {
  const page = await bench.browser.newPage({ viewport: { width: 1440, height: 900 } });
  await page.goto(`${bench.url}/clusters/orders?scenario=64-nodes&changing=400&beat=100`, {
    timeout: 120_000,
  });
  await page.getByRole('region', { name: 'Lag' }).locator('svg').first().waitFor({ timeout: 120_000 });
  const session = await page.context().newCDPSession(page);
  const begin = await polledAt(page);
  const heaps: number[] = [await heapOf(session)];
  for (const third of [1, 2, 3]) {
    await waitUntil(page, begin + (third * TICKS * 1000) / 3);
    heaps.push(await heapOf(session));
  }
  await page.close();
  const [, , before = 0, after = 0] = heaps;
  console.log(
    `heap after 0, ${[1, 2, 3].map((third) => (third * TICKS) / 3).join(', ')} ticks: ${heaps.map((bytes) => (bytes / 1e6).toFixed(1)).join(', ')} MB; load ${loadavg()[0]?.toFixed(1)}`,
  );
  expect(after / before - 1).toBeLessThan(MOST_GROWTH);
});

/** The moment of the last poll, as the headline says, ms since 1970. */
const polledAt = async (page: Page): Promise<number> =>
  Date.parse((await page.locator('.sentence .top time').last().getAttribute('datetime')) ?? '');

async function waitUntil(page: Page, moment: number): Promise<void> {
  while ((await polledAt(page)) < moment) await page.waitForTimeout(1000);
}

/** Bytes that are in use when all that can go has gone. */
async function heapOf(session: CDPSession): Promise<number> {
  for (let round = 0; round < 3; round++) await session.send('HeapProfiler.collectGarbage');
  return (await session.send('Runtime.getHeapUsage')).usedSize;
}
