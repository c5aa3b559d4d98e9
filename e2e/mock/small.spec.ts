/** Small things that are seen every day: the order on a narrow page, zones, counts, passwords that are typed. */
import { expect, type Page } from '@playwright/test';
import { test } from './mock-page.ts';

const top = async (page: Page, name: string): Promise<number> => {
  const box = await page.getByRole('region', { name, exact: true }).first().boundingBox();
  if (box === null) throw new Error(`${name} is not on the page.`);
  return box.y;
};

for (const scenario of ['behind', 'node-down', '64-nodes']) {
  test(`findings come before all drawings at 1024, as at 390: ${scenario}`, async ({ page, open }) => {
    for (const width of [1024, 390]) {
      await page.setViewportSize({ width, height: 768 });
      await open('/clusters/orders', scenario);
      const findings = await top(page, 'Findings');
      for (const other of ['Topology', 'Links', 'Lag', 'Events'])
        expect(findings, `${other} at ${width}`).toBeLessThan(await top(page, other));
      // In sight without a turn of the wheel.
      expect(findings).toBeLessThan(500);
    }
  });
}

test('times say their zone, also in the menu of a phone', async ({ page, open }) => {
  await open('/clusters/orders/nodes/n3', 'node-down');
  const zone = page.getByRole('banner').getByRole('button', { name: 'Times in UTC' });
  const lastAnswer = page.getByRole('complementary').getByText(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} UTC$/);
  await expect(lastAnswer).toHaveCount(1);
  await zone.click();
  // The browser of these tests stands in UTC.
  await expect(page.getByRole('banner').getByRole('button', { name: 'Times in UTC+0' })).toBeVisible();
  await expect(lastAnswer).toHaveCount(0);
  await expect(page.getByRole('complementary').getByText(/\+00:00$/)).toHaveCount(1);
  await page.setViewportSize({ width: 390, height: 844 });
  await page.getByRole('button', { name: 'Menu' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Times in UTC+0' }).click();
  await expect(
    page.getByRole('dialog').getByRole('button', { name: 'Times in UTC', exact: true }),
  ).toBeVisible();
});

test('a password is seen while it is typed, and not after', async ({ page, open }) => {
  await open('/clusters', 'empty');
  const address = page.getByLabel('Address of a node', { exact: true });
  await address.fill('postgres://watch:hush-4411@10.1.0.4:5432/orders');
  await expect(address).toHaveValue(/hush-4411/);
  await page.getByLabel('Name of the cluster here').focus();
  await expect(address).toHaveValue('postgres://watch:••••@10.1.0.4:5432/orders');
  // What is sent is what was typed.
  const sent = page.waitForRequest(
    (request) => request.method() === 'POST' && request.url().endsWith('/clusters'),
  );
  await page.getByRole('button', { name: 'Connect' }).click();
  expect((await sent).postDataJSON().nodes[0].dsn).toBe('postgres://watch:hush-4411@10.1.0.4:5432/orders');
});

test('host:port is no address, and what is one is said', { tag: ['@page:clusters', '@wrong'] }, async ({
  page,
  open,
}) => {
  await open('/clusters', 'empty');
  const address = page.getByLabel('Address of a node', { exact: true });
  await address.fill('10.1.0.4:5432');
  await page.getByLabel('Name of the cluster here').fill('shop');
  await page.getByRole('button', { name: 'Connect' }).click();
  await expect(address).toHaveAccessibleDescription(
    /neither a URI, such as postgres:\/\/user@host:5432\/dbname/,
  );
});

test('plan and run count the same steps', async ({ page, open }) => {
  await open('/plans/plan-1', 'deploy-failed');
  const heading = page.getByRole('heading', { level: 1 });
  const planned = await heading.textContent();
  await open('/runs/run-1', 'deploy-failed');
  const ran = /of (\d+) steps/.exec((await heading.textContent()) ?? '')?.[1];
  expect(ran).toBeDefined();
  expect(planned).toContain(`${ran} steps`);
});

test('tables that a subscription brings are offered to be copied again', {
  tag: '@page:subscription',
}, async ({ page, open }) => {
  await open('/clusters/orders/subscriptions/n3/sub_n3n1', 'behind');
  const field = page.getByLabel('Copy a table from the provider again');
  await field.fill('ship');
  const options = page.locator('datalist option');
  await expect(options.first()).toHaveAttribute('value', 'public.shipments');
  await field.fill('public.shipments');
  await page.getByRole('button', { name: 'Copy again…' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('shipments');
});

test('no page speaks of the API where a name is not known', async ({ page, open }) => {
  for (const path of ['/clusters/nope', '/clusters/orders/nodes/nope', '/plans/nope', '/runs/nope']) {
    await open(path, 'healthy');
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    expect(await page.locator('#page').innerText()).not.toMatch(/\/api\/|GET |POST /);
  }
});
