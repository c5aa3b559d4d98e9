/** The page says one thing of a link everywhere, what stops data first, and of what it does not know that it is not known. */
import { expect } from '@playwright/test';
import { test } from './mock-page.ts';

test('what stops data now stands first, with its button, and past losses after it', {
  tag: '@page:overview',
}, async ({ page, open }) => {
  await open('/clusters/orders', 'exceptions');
  const column = page.getByRole('region', { name: 'Findings' });
  const first = column.getByRole('article').first();
  await expect(first).toContainText('sub_n2n1 on n2 was disabled by an exception');
  await expect(first.getByRole('button', { name: /Enable/ })).toBeInViewport();
  await expect(column.getByRole('article').nth(1)).toContainText(/discarded|disabled/);
});

test('a link whose worker fails again and again is failing on every page, whatever a poll meets', async ({
  page,
  open,
}) => {
  await open('/clusters/orders', 'apply-loop');
  const headline = page.getByRole('heading', { level: 1 });
  const rail = page.getByRole('link', { name: /^Subscriptions/ });
  await expect(headline).toContainText('is failing');
  await expect(rail).toContainText('failing, down or missing');
  const cell = page.getByRole('link', { name: /^n1 to n2: failing/ });
  await expect(cell).toBeVisible();
  const loop = page.getByRole('article').filter({ hasText: 'keeps failing and restarting' });
  await expect(loop).toContainText('drop nothing');
  // A second slot finding of the same link must not tell somebody to bring back what is up.
  await expect(page.getByText(/Bring n2 back/)).toHaveCount(0);
  // Over more than one of its lives: each change of the page is looked at, not a moment of ours.
  const said = await page.evaluate(
    () =>
      new Promise<string[]>((resolve) => {
        const seen = new Set<string>();
        const look = () => seen.add(document.querySelector('h1')?.textContent ?? '');
        const observer = new MutationObserver(look);
        observer.observe(document.body, { subtree: true, childList: true, characterData: true });
        look();
        setTimeout(() => {
          observer.disconnect();
          resolve([...seen]);
        }, 7000);
      }),
  );
  for (const text of said) expect(text).toContain('is failing');
  await page.goto(
    `${new URL(page.url()).origin}/clusters/orders/subscriptions/n2/sub_n2n1?scenario=apply-loop`,
  );
  await expect(headline).toContainText('the worker of sub_n2n1 keeps exiting');
  await expect(headline).not.toContainText('replicates by');
});

test('a receipt shows what was polled after its run had ended', async ({ page, open }) => {
  await open('/clusters/orders/subscriptions/n2/sub_n2n1', 'healthy');
  await page.getByRole('button', { name: /^Disable/ }).click();
  await page.getByRole('button', { name: 'Disable sub_n2n1 on n2', exact: true }).click();
  const receipt = page.getByRole('region', { name: 'Receipt' });
  await expect(receipt).toBeVisible();
  // The first sentence that is shown is already the one of after.
  const now = receipt.locator('dt', { hasText: 'now' }).locator('xpath=following-sibling::dd[1]');
  await expect(now).toContainText('replicating');
  expect(await now.textContent()).toContain('is disabled');
});

test('a standby, another server and a full one are said to be what they are', {
  tag: ['@page:overview', '@wrong'],
}, async ({ page, open }) => {
  await open('/clusters/orders', 'standby');
  const headline = page.getByRole('heading', { level: 1 });
  await expect(headline).toContainText('n1 is a standby, not the primary');
  await expect(page.getByRole('region', { name: 'Findings' }).getByRole('article').first()).toContainText(
    'target_session_attrs=read-write',
  );
  await open('/clusters/orders/nodes', 'node-replaced');
  await expect(headline).toContainText('n3 cannot be read, though something answers there');
  await expect(page.getByText('another server', { exact: true })).toBeVisible();
  await open('/clusters/orders/nodes', 'node-full');
  await expect(page.getByText('accepts no connections')).toBeVisible();
  await expect(page.getByText('not polled yet')).toHaveCount(0);
});

test('readers that nobody knows are no alarm, and no slot of theirs is offered to be dropped', async ({
  page,
  open,
}) => {
  await open('/clusters/orders', 'unknown-readers');
  await expect(page.getByRole('heading', { level: 1 })).toContainText(
    '6 of 6 links replicating, none behind',
  );
  const column = page.getByRole('region', { name: 'Findings' });
  await expect(column.getByRole('article')).toHaveCount(3);
  await expect(column.getByRole('button', { name: /Drop/ })).toHaveCount(0);
});
