/** The page of the schema: statements on all nodes, DDL replication, and settings that have to be alike. */
import { expect } from '@playwright/test';
import { test } from './mock-page.ts';

test('a statement is planned for all nodes and run', { tag: '@page:schema' }, async ({ page, open }) => {
  await open('/clusters/orders/schema');
  const form = page.getByRole('form', { name: 'Run a statement on all nodes' });
  await form.getByLabel('Statement').fill('ALTER TABLE public.orders ADD COLUMN gift_note text');
  await form.getByRole('button', { name: 'Run on all nodes…' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('ALTER TABLE on 3 nodes');
  await expect(page.getByText(/takes ACCESS EXCLUSIVE on "public"."orders"/).first()).toBeVisible();
  await page.getByRole('button', { name: 'Run a statement on all nodes' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('done');
});

test('what is no statement is said before anything runs', { tag: ['@page:schema', '@wrong'] }, async ({
  page,
  open,
}) => {
  await open('/clusters/orders/schema');
  const form = page.getByRole('form', { name: 'Run a statement on all nodes' });
  await form.getByRole('button', { name: 'Run on all nodes…' }).click();
  await expect(form.getByRole('alert')).toContainText('Type a statement');
  await form.getByLabel('Statement').fill('ALTER TABLE');
  await form.getByRole('button', { name: 'Run on all nodes…' }).click();
  await expect(page.getByText(/The statement cannot be parsed/).first()).toBeVisible();
});

test('DDL replication and a setting of conflicts are changed on all nodes', { tag: '@page:schema' }, async ({
  page,
  open,
}) => {
  await open('/clusters/orders/schema');
  await page.getByRole('button', { name: 'Stop replicating DDL…' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Do not replicate DDL of 3 nodes');
  await page.goBack();
  const form = page.getByRole('form', { name: 'Conflicts and exceptions' });
  await form.getByLabel('Value').selectOption('sub_disable');
  await form.getByRole('button', { name: 'Set on all nodes…' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText(
    'Set spock.exception_behaviour on 3 nodes',
  );
});

test('columns are added up from the table', { tag: '@page:sets' }, async ({ page, open }) => {
  await open('/clusters/orders/sets?table=public.payments');
  const form = page.getByRole('form', { name: 'Columns summed from all nodes' });
  await form.getByLabel('Numeric columns').fill('amount');
  await form.getByRole('button', { name: 'Add up on all nodes…' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Add up amount of public.payments');
  await expect(page.getByText(/the later one wins and the other is lost/).first()).toBeVisible();
});

test('schemas are compared by a plan, which has nothing to do where they are alike', {
  tag: '@page:schema',
}, async ({ page, open }) => {
  await open('/clusters/orders/schema');
  await page.getByRole('button', { name: 'Compare and make alike…' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText(
    'Make the schema of n2 like that of n1',
  );
  await expect(page.getByText('as on n1').first()).toBeVisible();
});
