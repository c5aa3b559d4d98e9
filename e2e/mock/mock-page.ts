/** The page with the mock world: built files served from this process, the API answered in the browser. */
import { expect, type Page } from '@playwright/test';
import { preview } from 'vite';
import { test as watched } from '#e2e/watched-page.ts';

export const test = watched.extend<
  { open: (path: string, scenario?: string) => Promise<void> },
  { mockUrl: string; tab: { page?: Page } }
>({
  mockUrl: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of what a fixture needs from this pattern
    async ({}, use) => {
      const server = await preview({
        mode: 'mocks',
        logLevel: 'silent',
        preview: { port: 0, host: '127.0.0.1' },
      });
      await use(server.resolvedUrls?.local[0] ?? '');
      await server.close();
    },
    { scope: 'worker' },
  ],
  /** Of `looking`; here, so that both run in the same worker. */
  tab: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of what a fixture needs from this pattern
    async ({}, use) => {
      const tab: { page?: Page } = {};
      await use(tab);
      await tab.page?.context().close();
    },
    { scope: 'worker' },
  ],
  /** Opens a path of the page in a named scenario of the mock world. */
  open: async ({ page, mockUrl }, use) => {
    await use(async (path, scenario = 'healthy') => {
      const url = new URL(path, mockUrl);
      url.searchParams.set('scenario', scenario);
      await page.goto(url.href);
    });
  },
});

/**
 * For tests that only look at a page: they share one tab of the worker's, each with a load and a world of its own. A new window
 * and a compiled bundle for each would cost more than what they look at. They begin in light at 1440, without motion.
 */
export const looking = test.extend({
  page: async ({ browser, tab }, use) => {
    tab.page ??= await (await browser.newContext()).newPage();
    const { page } = tab;
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
    await use(page);
    page.removeAllListeners();
    await page.evaluate(() => {
      localStorage.clear();
      sessionStorage.clear();
    });
    // Its world ends.
    await page.goto('about:blank');
  },
});

/** The page shows data, in its own fonts: its headline stands, and nothing says that it is still being read. */
export async function shown(page: Page): Promise<void> {
  await expect(page.locator('h1').first()).toBeVisible();
  await expect(page.locator('[aria-busy="true"]')).toHaveCount(0);
  await page.evaluate(() => document.fonts.ready);
}
