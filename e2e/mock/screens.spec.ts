import { expect, type Page } from '@playwright/test';
import { PAGES, WIDTHS } from '#e2e/pages.ts';
import { violations } from './axe.ts';
import { shown, looking as test } from './mock-page.ts';

/** Texts that are cut off with nothing that gives them whole: no ellipsis with a tooltip, no scroll of their own. */
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
        const excused = style.textOverflow === 'ellipsis' && parent.closest('[data-tip]') !== null;
        if (cut && !excused) clipped.push(`${node.textContent.trim().slice(0, 60)} in .${box.className}`);
        if (cut) break;
      }
    }
    return clipped;
  });
}

/** The page is laid out anew, and what watches its width has drawn. */
const drawn = (page: Page): Promise<void> =>
  page.evaluate(
    () => new Promise<void>((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve()))),
  );

/** The first state that `PAGES` names of each route: axe looks at these. */
const FIRST = new Map<string, string>();
for (const { name, path } of PAGES) {
  const route = path.replace(/\?.*$/, '').replace(/\/(plan|run|draft)-\d+$/, '/$1');
  if (!FIRST.has(route)) FIRST.set(route, name);
}
const LOOKED_AT = new Set(FIRST.values());

for (const { name, path, scenario } of PAGES) {
  const withAxe = LOOKED_AT.has(name);
  test(`${name}: at no width is a text clipped, or does the page scroll sideways${withAxe ? '; axe finds nothing' : ''}`, async ({
    page,
    open,
  }) => {
    await open(path, scenario);
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 900 });
      await shown(page);
      await drawn(page);
      const { content, window: visible } = await page.evaluate(() => ({
        content: document.documentElement.scrollWidth,
        window: innerWidth,
      }));
      expect.soft(content, `width of what is in the page at ${width}`).toBeLessThanOrEqual(visible);
      expect.soft(await clippedTexts(page), `clipped at ${width}`).toEqual([]);
      if (withAxe) await axeFindsNothing(page, width);
    }
  });
}

/** All its rules in light at the widest, contrast alone in dark, all but contrast at the narrowest. */
async function axeFindsNothing(page: Page, width: number): Promise<void> {
  if (width === Math.max(...WIDTHS)) {
    expect.soft(await violations(page, 'all'), 'in light').toEqual([]);
    await page.emulateMedia({ colorScheme: 'dark' });
    expect.soft(await violations(page, 'contrast'), 'contrast in dark').toEqual([]);
    await page.emulateMedia({ colorScheme: 'light' });
  }
  if (width === Math.min(...WIDTHS))
    expect.soft(await violations(page, 'all but contrast'), `at ${width}`).toEqual([]);
}
