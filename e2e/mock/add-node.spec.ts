/** A node is added from the page of nodes: its plan says what is done, phase by phase, and the run ends with a node more. */
import { expect } from '@playwright/test';
import { shown, test } from './mock-page.ts';

/** A run lasts half a minute here. */
const RUNS = { timeout: 60_000 };
const DSN = 'postgres://postgres:secret@10.9.0.4:5432/orders';

test('a node is planned, copied and watched', { tag: '@page:nodes' }, async ({ page, open }) => {
  test.slow();
  await open('/clusters/orders/nodes');
  await page.getByRole('button', { name: 'Add node…' }).click();
  const form = page.getByRole('form', { name: 'Add a node' });
  await expect(form.getByRole('textbox', { name: 'Name' })).toHaveValue('n4');
  await form.getByRole('textbox', { name: 'Address' }).fill(DSN);
  await form.getByRole('combobox', { name: 'Copy from' }).selectOption('n2');
  await form.getByRole('button', { name: 'Plan the node…' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Add n4 to orders, copied from n2');
  await expect(page.getByText('Keep n1’s changes for n4').first()).toBeVisible();
  await expect(page.getByText('secret')).toHaveCount(0);
  await page.getByRole('button', { name: 'Add n4, copied from n2' }).click();
  // Of a run under way the heading says how many of its steps are done.
  await expect(page.getByRole('heading', { level: 1 })).toContainText('copied from n2: done', RUNS);
  // Another address would begin the world anew.
  await page
    .getByRole('link', { name: /^Nodes/ })
    .first()
    .click();
  await shown(page);
  await expect(page.getByRole('table', { name: 'Nodes' }).getByRole('link', { name: 'n4' })).toBeVisible();
});

test('a name that is taken is said in place, a server that is a node already by the plan', {
  tag: ['@page:nodes', '@wrong'],
}, async ({ page, open }) => {
  await open('/clusters/orders/nodes?do=add-node');
  const form = page.getByRole('form', { name: 'Add a node' });
  await form.getByRole('textbox', { name: 'Name' }).fill('n2');
  await form
    .getByRole('textbox', { name: 'Address' })
    .fill('postgres://postgres@has-node.example:5432/orders');
  await form.getByRole('button', { name: 'Plan the node…' }).click();
  await expect(form.getByText('A node has this name.')).toBeVisible();
  await form.getByRole('textbox', { name: 'Name' }).fill('n4');
  await form.getByRole('button', { name: 'Plan the node…' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Add n4 to orders');
  await expect(page.getByText(/is a Spock node already/).first()).toBeVisible();
  await expect(page.getByRole('button', { name: /^Add n4/ })).toBeDisabled();
});
