/** What the page says while its event stream is away: the scenario's comes for ten seconds and stays away for a minute. */
import { expect } from '@playwright/test';
import { test } from './mock-page.ts';

test('a stream that is lost is said with the age of what is shown, and forgotten when it is back', async ({
  page,
  open,
}) => {
  await page.clock.install();
  await open('/clusters/orders', 'stream-lost');
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  const lost = page.getByText(/The console has not answered for .* What you see is of/);
  await expect(lost).toBeHidden();
  await page.clock.runFor(25_000);
  await expect(lost).toBeVisible();
  await expect(page.locator('#page')).toHaveAttribute('data-old', '');
  await page.clock.runFor(50_000);
  await expect(lost).toBeHidden();
  await expect(page.locator('#page')).not.toHaveAttribute('data-old');
  await expect(page.locator('.fresh').first()).toContainText(/Polled \d\ss\sago/);
});
