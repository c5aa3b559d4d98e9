/** What is done to subscriptions: each opens its plan, filled in. */
import { expect, type Page } from '@playwright/test';
import { shown, test } from './mock-page.ts';

test('sets of a subscription are ticked, planned and changed', async ({ page, open }) => {
  await open('/clusters/orders/subscriptions/n3/sub_n3n1');
  await page.getByRole('button', { name: 'Change sets…' }).click();
  const form = page.getByRole('form', { name: 'Replication sets' });
  await expect(form.getByRole('button', { name: 'Change sets…' })).toBeDisabled();
  await form.getByRole('checkbox', { name: 'ddl_sql' }).uncheck();
  await form.getByRole('button', { name: 'Change sets…' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Change the sets of sub_n3n1 on n3');
  await page.getByRole('button', { name: 'Change the sets of sub_n3n1 on n3' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('done');
});

async function chooseTwo(page: Page) {
  await shown(page);
  await page.getByRole('button', { name: 'Choose several' }).click();
  for (const name of ['sub_n1n2 on n1', 'sub_n3n2 on n3']) {
    await page.getByRole('checkbox', { name: `Choose ${name}` }).check();
  }
  const bar = page.getByRole('region', { name: 'Chosen subscriptions' });
  await expect(bar).toContainText('2 subscriptions chosen');
  return bar;
}

test('several subscriptions are disabled by one plan', async ({ page, open }) => {
  await open('/clusters/orders/subscriptions');
  const bar = await chooseTwo(page);
  await bar.getByRole('button', { name: 'Disable…' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Disable 2 subscriptions');
});

test('sets of several subscriptions are changed by one plan', async ({ page, open }) => {
  await open('/clusters/orders/subscriptions');
  const bar = await chooseTwo(page);
  await bar.getByRole('button', { name: 'Change sets…' }).click();
  const form = page.getByRole('form', { name: 'Replication sets' });
  await form.getByRole('checkbox', { name: 'default_insert_only' }).uncheck();
  await form.getByRole('button', { name: 'Change sets…' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Change the sets of 2 subscriptions');
});

test('options that the version cannot change say so in place', async ({ page, open }) => {
  await open('/clusters/orders/subscriptions/n3/sub_n3n1?do=options');
  await expect(page.getByRole('button', { name: 'Change options…' })).toBeDisabled();
  await expect(page.getByText('Spock 5.0.11 cannot change options')).toBeVisible();
});

test('a link is proved in place', async ({ page, open }) => {
  await open('/clusters/orders/subscriptions/n3/sub_n3n1');
  await page.getByRole('button', { name: 'Prove this link now' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'A mark was sent' })).toContainText(
    'arrived after',
  );
});

test('of all links, one that does not replicate says so', async ({ page, open }) => {
  await open('/clusters/orders', 'node-down');
  await page.getByRole('button', { name: 'Prove all links now' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'A mark was sent' })).toContainText(
    'does not replicate now',
  );
});

test('the interface that is asked for and is not there is refused by the plan', async ({ page, open }) => {
  await open('/clusters/orders/subscriptions/n3/sub_n3n1?do=interface');
  const form = page.getByRole('form', { name: 'Interface' });
  await form.getByRole('textbox').fill('nowhere');
  await form.getByRole('button', { name: 'Switch interface…' }).click();
  await expect(page.getByText('n3 has no interface nowhere of n1')).toBeVisible();
});
