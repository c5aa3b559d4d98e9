/**
 * Six pages beside the pictures that were made of them. Only on the Chromium build that made them: another one draws text otherwise.
 * `npm run looks` makes them anew, after somebody has looked at what changed.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { expect } from '@playwright/test';
import { PAGES } from '#e2e/pages.ts';
import { shown, test } from './mock-page.ts';

const MADE_BY = 'e2e/looks/chromium.txt';
const LOOKED_AT = ['overview', 'nodes', 'subscriptions', 'conflicts', 'run-failed', 'deploy-tables'];
/** The world begins then and stands still. */
const NOON = new Date('2026-03-10T12:00:00Z');

test.use({ viewport: { width: 1440, height: 900 }, colorScheme: 'light', reducedMotion: 'reduce' });

for (const { name, path, scenario } of PAGES.filter((page) => LOOKED_AT.includes(page.name))) {
  test(`${name} looks as it did`, async ({ page, open, browser }, { config }) => {
    if (config.updateSnapshots === 'all') writeFileSync(MADE_BY, `${browser.version()}\n`);
    const madeBy = readFileSync(MADE_BY, 'utf8').trim();
    test.skip(browser.version() !== madeBy, `the pictures were made by Chromium ${madeBy}`);
    await page.clock.setFixedTime(NOON);
    await open(path, scenario);
    await shown(page);
    // A chart comes beside the data; what stands in its place is no picture of the page.
    await expect(page.locator('.lag-chart[aria-hidden="true"]')).toHaveCount(0);
    await expect(page).toHaveScreenshot(`${name}.png`, { maxDiffPixelRatio: 0.005, animations: 'disabled' });
  });
}
