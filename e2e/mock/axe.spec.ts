/** Each page by axe: all its rules in light at 1440, contrast alone in dark, all but contrast at 390. */
import AxeBuilder from '@axe-core/playwright';
import { expect } from '@playwright/test';
import { PAGES } from '#e2e/pages.ts';
import { shown, looking as test } from './mock-page.ts';

const CONTRAST = 'color-contrast';

/** One state of each page: the first that `PAGES` names of its route. */
const ROUTES = new Map<string, (typeof PAGES)[number]>();
for (const page of PAGES) {
  const route = page.path.replace(/\?.*$/, '').replace(/\/(plan|run|draft)-\d+$/, '/$1');
  if (!ROUTES.has(route)) ROUTES.set(route, page);
}

/** What is violated, by rule and element. */
async function violations(axe: AxeBuilder): Promise<string[]> {
  // In the page itself: else each is finished in a further tab, for frames of other sites, of which there are none.
  const found = await axe.setLegacyMode().analyze();
  return found.violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.join(' ')}`));
}

for (const { name, path, scenario } of ROUTES.values()) {
  test(`${name}: axe finds nothing`, async ({ page, open }) => {
    await page.emulateMedia({ colorScheme: 'light' });
    await open(path, scenario);
    await shown(page);
    expect.soft(await violations(new AxeBuilder({ page })), 'in light at 1440').toEqual([]);
    await page.emulateMedia({ colorScheme: 'dark' });
    expect
      .soft(await violations(new AxeBuilder({ page }).withRules([CONTRAST])), 'contrast in dark')
      .toEqual([]);
    await page.emulateMedia({ colorScheme: 'light' });
    await page.setViewportSize({ width: 390, height: 844 });
    await shown(page);
    expect.soft(await violations(new AxeBuilder({ page }).disableRules([CONTRAST])), 'at 390').toEqual([]);
  });
}
