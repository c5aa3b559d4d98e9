/** The page with the mock world: built files served from this process, the API answered in the browser. */
import { expect, type Page } from '@playwright/test';
import { preview } from 'vite';
import { test as watched } from '#e2e/watched-page.ts';

export const test = watched.extend<
  { open: (path: string, scenario?: string) => Promise<void> },
  { mockUrl: string }
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
  /** Opens a path of the page in a named scenario of the mock world. */
  open: async ({ page, mockUrl }, use) => {
    await use(async (path, scenario = 'healthy') => {
      const url = new URL(path, mockUrl);
      url.searchParams.set('scenario', scenario);
      await page.goto(url.href);
    });
  },
});

/** The page shows data, in its own fonts: its headline stands, and nothing says that it is still being read. */
export async function shown(page: Page): Promise<void> {
  await expect(page.locator('h1').first()).toBeVisible();
  await expect(page.locator('[aria-busy="true"]')).toHaveCount(0);
  await page.evaluate(() => document.fonts.ready);
}
