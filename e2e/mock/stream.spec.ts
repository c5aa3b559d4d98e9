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
  // From here time goes on by the test alone, however slow the machine is.
  await page.clock.pauseAt((await page.evaluate(() => Date.now())) + 1000);
  const until = async (there: boolean) => {
    for (let step = 0; step < 30 && (await lost.isVisible()) !== there; step++) await page.clock.runFor(5000);
    await expect(lost).toBeVisible({ visible: there });
  };
  await until(true);
  await expect(page.locator('#page')).toHaveAttribute('data-old', '');
  await until(false);
  // What it then brings is polled anew.
  await expect(async () => {
    await page.clock.runFor(500);
    await expect(page.locator('.fresh').first()).toContainText(/Polled \d\ss\sago/, { timeout: 100 });
  }).toPass();
  await expect(page.locator('#page')).not.toHaveAttribute('data-old');
});
