/** Who is in, and a console that cannot keep what it sees. */
import { expect } from '@playwright/test';
import { test } from './mock-page.ts';

test('lets another browser in by a link, and puts browsers out', { tag: '@page:settings' }, async ({
  page,
  open,
}) => {
  await open('/settings');
  const browsers = page.getByRole('table', { name: 'Signed-in browsers' });
  await expect(browsers.getByRole('row')).toHaveCount(4);
  await expect(browsers.getByRole('row', { name: /Chrome on Linux this one/ })).toContainText('now');

  await page.getByRole('button', { name: 'Sign in another browser' }).click();
  const dialog = page.getByRole('dialog', { name: 'Sign in another browser' });
  await expect(dialog).toContainText(/It signs in one browser, once, until \d\d:\d\d:\d\d/);
  await expect(dialog.locator('code').first()).toHaveText(/^http:\/\/127\.0\.0\.1:\d+\/\?token=link-1-/);
  await dialog.getByRole('button', { name: 'Close' }).last().click();
  // Each time another one: what was shown before is not shown again.
  await page.getByRole('button', { name: 'Sign in another browser' }).click();
  await expect(dialog.locator('code').first()).toHaveText(/token=link-2-/);
  await page.keyboard.press('Escape');

  await browsers
    .getByRole('row', { name: /Safari on iOS/ })
    .getByRole('button', { name: 'End session' })
    .click();
  await expect(browsers.getByRole('row')).toHaveCount(3);
  await page.getByRole('button', { name: 'End all other sessions' }).click();
  await page.getByRole('button', { name: 'Sign out one other browser' }).click();
  await expect(browsers.getByRole('row')).toHaveCount(2);
  await expect(page.getByRole('button', { name: 'End all other sessions' })).toHaveCount(0);
});

test('a full disk is said on every page, in the findings, and where something is saved', {
  tag: ['@page:settings', '@wrong'],
}, async ({ page, open }) => {
  await open('/clusters/orders', 'disk-full');
  const strip = page.getByRole('alert').filter({ hasText: 'is full (SQLITE_FULL)' });
  await expect(strip).toContainText('Free some space there; the console continues by itself.');
  await expect(page.getByRole('heading', { level: 1 })).toContainText('The console cannot store its data');
  for (const path of ['/activity', '/deploy', '/clusters/orders/lag']) {
    await page.goto(new URL(path, page.url()).href);
    await expect(strip).toBeVisible();
  }
  await page.goto(new URL('/settings', page.url()).href);
  await page.getByLabel('A link is behind from').fill('20');
  await page.getByRole('button', { name: /^Save/ }).click();
  await expect(page.getByText(/changes are refused until there is space/)).toHaveCount(2);
});
