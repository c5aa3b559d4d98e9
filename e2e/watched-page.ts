/** A page whose console is watched: an error in it fails the test that caused it. */
import { test as base, expect } from '@playwright/test';

/** Answers of the API that a test asked for on purpose are logged by Chromium as failed loads; those are no faults of the page. */
const EXPECTED =
  /Failed to load resource: the server responded with a status of (401|404|409|422|500|502|503|504|507)/;

export const test = base.extend<{ faults: string[]; watched: undefined }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of what a fixture needs from this pattern
  faults: async ({}, use) => {
    await use([]);
  },
  watched: [
    async ({ page, faults }, use) => {
      page.on('console', (message) => {
        if (message.type() === 'error' && !EXPECTED.test(message.text())) faults.push(message.text());
      });
      page.on('pageerror', (error) => faults.push(error.stack ?? error.message));
      await use(undefined);
      expect(faults, 'errors in the console of the page').toEqual([]);
    },
    { auto: true },
  ],
});
