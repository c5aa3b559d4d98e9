/** What keeps nodes in order: settings, the extension, the peers' password, old records. Each opens its plan, filled in. */
import { expect, type Page } from '@playwright/test';
import { test } from './mock-page.ts';

const title = (page: Page) => page.getByRole('heading', { level: 1 });

test('a setting is changed on all nodes, and the plan says when it is in force', async ({ page, open }) => {
  await open('/clusters/orders/nodes/n1');
  await page.getByRole('button', { name: 'Change a setting…' }).click();
  const form = page.getByRole('form', { name: 'Change a setting' });
  await form.getByRole('combobox', { name: 'Setting' }).fill('max_slot_wal_keep_size');
  await form.getByRole('textbox', { name: 'Value' }).fill('80GB');
  await form.getByRole('checkbox', { name: 'On all 3 nodes' }).check();
  await form.getByRole('button', { name: 'Change setting…' }).click();
  await expect(title(page)).toContainText('Set max_slot_wal_keep_size to 80GB');
  await expect(page.getByText('in force after a reload').first()).toBeVisible();
  await page.getByRole('button', { name: 'Change settings on n1, n2 and n3' }).click();
  await expect(title(page)).toContainText('done');
});

test('a value that is none is refused by the plan', async ({ page, open }) => {
  await open('/clusters/orders/nodes/n1?do=setting');
  const form = page.getByRole('form', { name: 'Change a setting' });
  await form.getByRole('combobox', { name: 'Setting' }).fill('max_slot_wal_keep_size');
  await form.getByRole('textbox', { name: 'Value' }).fill('a lot');
  await form.getByRole('button', { name: 'Change setting…' }).click();
  await expect(page.getByText('max_slot_wal_keep_size cannot be a lot').first()).toBeVisible();
});

test('the extension has nothing newer, and says so', async ({ page, open }) => {
  await open('/clusters/orders/nodes/n1');
  await page.getByRole('button', { name: 'Update the extension…' }).click();
  await expect(page.getByText('its server has no other version installed').first()).toBeVisible();
});

test('old records go once the name of the node was typed', async ({ page, open }) => {
  await open('/clusters/orders/exceptions?node=n2', 'exceptions');
  await page.getByRole('button', { name: 'Remove old records…' }).click();
  const form = page.getByRole('form', { name: 'Remove old records' });
  await form.getByRole('textbox').fill('0');
  await form.getByRole('button', { name: 'Remove old records…' }).click();
  await expect(title(page)).toContainText('Remove records of exceptions');
  const run = page.getByRole('button', { name: 'Remove old records of exceptions on n2' });
  await expect(run).toBeDisabled();
  await page.getByLabel(/^Type the name of the node, n2,/).fill('n2');
  await run.click();
  await expect(title(page)).toContainText('done');
});

test("the peers' password is typed twice, and shown nowhere", async ({ page, open }) => {
  await open('/clusters/orders/nodes');
  await page.getByRole('button', { name: "Change the peers' password…" }).click();
  const form = page.getByRole('form', { name: 'Password of the peers' });
  await form.getByLabel('Role by which').fill('spock_repl');
  await form.getByLabel('New password').fill('n3w-secret');
  await form.getByLabel('The same once more').fill('n3w');
  await form.getByRole('button', { name: 'Change password…' }).click();
  await expect(form.getByText('Not the same password.')).toBeVisible();
  await form.getByLabel('The same once more').fill('n3w-secret');
  await form.getByRole('button', { name: 'Change password…' }).click();
  await expect(title(page)).toContainText('Change the password of spock_repl');
  expect(await page.content()).not.toContain('n3w-secret');
});
