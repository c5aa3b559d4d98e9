import { expect, type Page } from '@playwright/test';
import { PAGES, WIDTHS } from '#e2e/pages.ts';
import { test } from './mock-page.ts';

/** Waits until the page shows data: its one sentence stands, and nothing says that it is still being read. */
async function shown(page: Page): Promise<void> {
  await expect(page.locator('h1').first()).toBeVisible();
  await expect(page.locator('[aria-busy="true"]')).toHaveCount(0);
}

/** Texts that are cut off with nothing that gives them whole: no ellipsis with a title, no scroll of their own. */
function clippedTexts(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const clipped: string[] = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const range = document.createRange();
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const parent = node.parentElement;
      if (!node.textContent?.trim() || !parent?.checkVisibility({ visibilityProperty: true })) continue;
      range.selectNodeContents(node);
      const text = range.getBoundingClientRect();
      if (text.width < 2 || text.height < 2) continue;
      for (let box: Element | null = parent; box && box !== document.body; box = box.parentElement) {
        const style = getComputedStyle(box);
        // For screen readers only.
        if (style.clipPath !== 'none') break;
        if (style.overflowX === 'visible') continue;
        if (style.overflowX === 'auto' || style.overflowX === 'scroll') break;
        const frame = box.getBoundingClientRect();
        const cut = text.right > frame.right + 1.5 || text.left < frame.left - 1.5;
        const excused = style.textOverflow === 'ellipsis' && parent.closest('[title]') !== null;
        if (cut && !excused) clipped.push(`${node.textContent.trim().slice(0, 60)} in .${box.className}`);
        if (cut) break;
      }
    }
    return clipped;
  });
}

for (const width of WIDTHS) {
  test.describe(`${width} wide`, () => {
    test.use({ viewport: { width, height: 900 } });
    for (const { name, path, scenario } of PAGES) {
      test(`${name}: no text is clipped, and the page does not scroll sideways`, async ({ page, open }) => {
        await open(path, scenario);
        await shown(page);
        const { content, window: visible } = await page.evaluate(() => ({
          content: document.documentElement.scrollWidth,
          window: innerWidth,
        }));
        expect(content, 'width of what is in the page').toBeLessThanOrEqual(visible);
        expect(await clippedTexts(page)).toEqual([]);
      });
    }
  });
}
