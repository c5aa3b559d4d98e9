/** `npm run screenshots`: every page at three widths in both themes, into docs/screenshots/. */
import { expect } from '@playwright/test';
import { test } from '#e2e/mock/mock-page.ts';
import { PAGES, THEMES, WIDTHS } from '#e2e/pages.ts';

for (const theme of THEMES) {
  for (const width of WIDTHS) {
    test.describe(`${theme} ${width}`, () => {
      test.use({
        viewport: { width, height: width === 390 ? 844 : 900 },
        colorScheme: theme,
        reducedMotion: 'reduce',
      });
      for (const { name, path, scenario } of PAGES) {
        test(name, async ({ page, open }) => {
          await open(path, scenario);
          await expect(page.locator('h1').first()).toBeVisible();
          await expect(page.locator('[aria-busy="true"]')).toHaveCount(0);
          await page.evaluate(() => document.fonts.ready);
          // Charts come after the page, in a chunk of their own; the live world gets a few polls to fill the tapes.
          await page.waitForTimeout(1500);
          await page.screenshot({ path: `docs/screenshots/${name}-${theme}-${width}.png`, fullPage: true });
        });
      }
    });
  }
}
