/** Tables of any page: their order and columns in the address, keys, files, thousands of rows, nothing and a fault. */
import { readFile } from 'node:fs/promises';
import { expect, type Page } from '@playwright/test';
import { test } from './mock-page.ts';

const subscriptions = '/clusters/orders/subscriptions';
const table = (page: Page, name: string) => page.getByRole('table', { name, exact: true });
const head = (page: Page, name: string, column: string) =>
  table(page, name).getByRole('columnheader', { name: column, exact: true });
/** The text of a column, row by row; heads of groups have none. */
const column = async (page: Page, name: string, index: number): Promise<string[]> =>
  table(page, name)
    .locator('tbody tr[data-line]')
    .evaluateAll((rows, at) => rows.map((row) => row.children[at]?.textContent ?? ''), index);

test('order and filter stand in the address, and Back finds them again', {
  tag: '@page:subscriptions',
}, async ({ page, open }) => {
  await open(subscriptions, 'behind');
  await head(page, 'Subscriptions', 'Lag').getByRole('button').click();
  await expect(head(page, 'Subscriptions', 'Lag')).toHaveAttribute('aria-sort', 'descending');
  expect((await column(page, 'Subscriptions', 0))[0]).toBe('n1 to n3');
  await page.getByRole('searchbox').fill('n3');
  await expect(page).toHaveURL(/[?&]sort=-lag(&|$)/);
  await expect(page).toHaveURL(/[?&]q=n3(&|$)/);
  await table(page, 'Subscriptions').getByRole('link').first().click();
  // Its heading may name n3 as this page's own does.
  await expect(page).not.toHaveURL(/q=n3/);
  await expect(page.getByRole('heading', { level: 1 })).toContainText('n3');
  await page.goBack();
  await expect(page.getByRole('searchbox')).toHaveValue('n3');
  await expect(head(page, 'Subscriptions', 'Lag')).toHaveAttribute('aria-sort', 'descending');
  await head(page, 'Subscriptions', 'Lag').getByRole('button').click();
  await expect(head(page, 'Subscriptions', 'Lag')).toHaveAttribute('aria-sort', 'ascending');
  await head(page, 'Subscriptions', 'Lag').getByRole('button').click();
  await expect(page).not.toHaveURL(/sort=/);
});

test('what is not well stands first, under its own head', async ({ page, open }) => {
  await open(subscriptions, 'disabled');
  await expect(table(page, 'Subscriptions').getByRole('rowheader').first()).toHaveText('Problems 1 link');
  expect((await column(page, 'Subscriptions', 2))[0]).toContain('disabled');
});

test('the choice of columns stands in the address', async ({ page, open }) => {
  await open(subscriptions, 'healthy');
  await expect(head(page, 'Subscriptions', 'Slot')).toBeVisible();
  await page.getByRole('button', { name: 'Columns' }).click();
  await page.getByRole('menuitemcheckbox', { name: 'Slot' }).click();
  await expect(head(page, 'Subscriptions', 'Slot')).toHaveCount(0);
  await expect(page).toHaveURL(/columns=/);
  await page.reload();
  await expect(head(page, 'Subscriptions', 'Lag')).toBeVisible();
  await expect(head(page, 'Subscriptions', 'Slot')).toHaveCount(0);
});

async function saved(page: Page, kind: string): Promise<{ name: string; text: string }> {
  await page.getByRole('button', { name: 'Export' }).click();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('menuitem', { name: kind }).click(),
  ]);
  return { name: download.suggestedFilename(), text: await readFile(await download.path(), 'utf8') };
}

test('a table is saved whole, in its order, without what the filter leaves out', async ({ page, open }) => {
  await open(`${subscriptions}?sort=subscription`, '64-nodes');
  const csv = await saved(page, 'CSV');
  expect(csv.name).toBe('subscriptions.csv');
  const lines = csv.text.trimEnd().split('\r\n');
  expect(lines[0]).toContain('"Lag, seconds"');
  expect(lines).toHaveLength(4033);
  expect(lines[1]).toMatch(/^n02 → n01,sub_n01n02,/);
  await page.getByRole('searchbox').fill('sub_n01n0');
  await expect(table(page, 'Subscriptions').locator('tbody tr[data-line]')).toHaveCount(8);
  const json = await saved(page, 'JSON');
  expect(JSON.parse(json.text)).toHaveLength(8);
});

test('the server sorts the tables, and gives all of them for a file', { tag: '@page:sets' }, async ({
  page,
  open,
}) => {
  await open('/clusters/orders/sets', 'sets-differ');
  await expect(table(page, 'Tables by node').getByRole('rowheader').first()).toContainText(
    'Different, or not sent',
  );
  await head(page, 'Tables by node', 'Rows, about').getByRole('button').click();
  await expect(table(page, 'Tables by node').locator('tbody tr[data-line]').first()).toContainText(
    'audit_log',
  );
  await expect(page).toHaveURL(/sort=-rows/);
  const csv = await saved(page, 'CSV');
  expect(csv.text.split('\r\n')[1]).toMatch(/^public\.audit_log,/);
});

test('arrows move from row to row, Enter opens, and Escape closes what stands beside', async ({
  page,
  open,
}) => {
  await open('/clusters/orders/sets', 'sets-differ');
  const first = table(page, 'Tables by node').locator('tbody tr[data-line]').first();
  await first.focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/table=public\.prices/);
  await expect(table(page, 'Tables by node').locator('tr[aria-selected="true"]')).toContainText('prices');
  await page.keyboard.press('Escape');
  await expect(page).not.toHaveURL(/table=/);
});

test('of 4,032 links only those in sight are drawn, and End goes to the last', async ({ page, open }) => {
  await open(`${subscriptions}?sort=link`, '64-nodes');
  const links = table(page, 'Subscriptions');
  await expect(links).toHaveAttribute('aria-rowcount', '4033');
  const rows = links.locator('tbody tr[data-line]');
  await expect(rows.first()).toContainText('n01');
  expect(await rows.count()).toBeLessThan(150);
  await links.getByRole('link').first().focus();
  await page.keyboard.press('End');
  await expect(page.locator(':focus')).toHaveText('n64 to n63');
  expect(await rows.count()).toBeLessThan(150);
  await page.keyboard.press('Home');
  await expect(page.locator(':focus')).toHaveText('n01 to n02');
});

test('a table that holds nothing says what it would hold, and gives the way back', {
  tag: ['@page:subscriptions', '@wrong'],
}, async ({ page, open }) => {
  await open(`${subscriptions}?q=nobody`, 'healthy');
  await expect(page.getByText('No subscription matches “nobody”')).toBeVisible();
  await page.getByRole('button', { name: 'Show all', exact: true }).click();
  await expect(table(page, 'Subscriptions').getByRole('link')).toHaveCount(6);
});

test('a list that cannot be read says why, and is asked for again', {
  tag: ['@page:activity', '@wrong'],
}, async ({ page, open }) => {
  await open('/activity?cluster=gone', 'behind');
  await expect(page.getByRole('alert')).toContainText('gone');
  await page.getByRole('alert').getByRole('button', { name: 'Try again' }).click();
  await page.getByRole('combobox', { name: 'Cluster' }).selectOption('');
  await expect(page.getByRole('alert')).toHaveCount(0);
  await expect(table(page, 'Activity')).toBeVisible();
});

test('chosen tables, and those of a pattern, make one plan', async ({ page, open }) => {
  await open('/clusters/orders/sets', 'sets-differ');
  for (const name of ['shipments', 'prices']) {
    await page.getByRole('checkbox', { name: `Choose public.${name}`, exact: true }).check();
  }
  const chosen = page.getByRole('region', { name: 'Chosen tables' });
  await expect(chosen).toContainText('2 tables chosen');
  await chosen.getByRole('button', { name: 'Add to set…' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Add 2 tables to set default');
  await page.goBack();
  const form = page.getByRole('form', { name: 'Tables by pattern' });
  await form.getByRole('button', { name: 'Remove from set…' }).click();
  await expect(form.getByRole('alert')).toContainText('Type a pattern');
  await form.getByRole('textbox', { name: 'Pattern' }).fill('nothing_*');
  await form.getByRole('button', { name: 'Add to set…' }).click();
  await expect(page.getByText('nothing_* matches no table of users')).toBeVisible();
});

test('a set is created by its name; one that subscriptions list is not dropped', async ({ page, open }) => {
  await open('/clusters/orders/sets', 'sets-differ');
  const form = page.getByRole('form', { name: 'Create or change a set' });
  await form.getByRole('textbox', { name: 'Set' }).fill('eu');
  await form.getByRole('checkbox', { name: 'delete' }).uncheck();
  await form.getByRole('button', { name: 'Create set…' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Create set eu');
  await page.goBack();
  await form.getByRole('textbox', { name: 'Set' }).fill('default');
  await form.getByRole('button', { name: 'Drop set…' }).click();
  await expect(page.getByText(/list default: without it they go down for good/).first()).toBeVisible();
});

test('a row filter typed beside a table makes a plan; one that could fail blocks it', {
  tag: '@page:sets',
}, async ({ page, open }) => {
  await open('/clusters/orders/sets?table=public.orders', 'healthy');
  const form = page.getByRole('form', { name: 'Rows and columns to send' });
  await form.getByLabel('Row filter').fill('order_id > 5');
  await form.getByRole('button', { name: 'Change rows and columns…' }).click();
  await expect(page.getByText(/lets 3,000,000 of 9,000,000 rows through/).first()).toBeVisible();
  await page.goBack();
  await form.getByLabel('Row filter').fill('10 / order_id > 1');
  await form.getByRole('button', { name: 'Change rows and columns…' }).click();
  await expect(page.getByText(/is no SQL expression/).first()).toBeVisible();
});
