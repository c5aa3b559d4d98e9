/**
 * What one does on each page, and what goes wrong there, as far as no other file tells it. `src/page-tests.test.ts` asks each page for both:
 * two tests with its tag `@page:<id>`, one of them with `@wrong`.
 */
import { expect, type Page } from '@playwright/test';
import { test } from './mock-page.ts';

const ORDERS = '/clusters/orders';
const headline = (page: Page) => page.getByRole('heading', { level: 1 });

test('a node that does not answer is named, and its row leads to it', { tag: '@page:nodes' }, async ({
  page,
  open,
}) => {
  await open(`${ORDERS}/nodes`, 'node-down');
  await expect(headline(page)).toContainText('2 of 3 nodes answer');
  await page.getByRole('table', { name: 'Nodes' }).getByRole('link', { name: 'n3' }).click();
  await expect(page).toHaveURL(/\/nodes\/n3/);
  await expect(headline(page)).toContainText('it does not answer');
});

test('a filter that no node matches gives the way back', { tag: ['@page:nodes', '@wrong'] }, async ({
  page,
  open,
}) => {
  await open(`${ORDERS}/nodes?q=nobody`, '12-nodes');
  await expect(page.getByText('No node matches “nobody”')).toBeVisible();
  await page.getByRole('button', { name: 'Show all nodes' }).click();
  await expect(page).not.toHaveURL(/q=/);
  await expect(page.getByRole('table', { name: 'Nodes' }).getByRole('link').first()).toBeVisible();
});

test('a node shows who reads its slots, and leads to the subscription', { tag: '@page:node' }, async ({
  page,
  open,
}) => {
  await open(`${ORDERS}/nodes/n1`, 'behind');
  const slots = page.getByRole('table', { name: 'Slots on this node' });
  await slots.getByRole('row', { name: /n3/ }).getByRole('link').first().click();
  await expect(headline(page)).toContainText('n3');
});

test('a subscription that is not there leads back to those that are', {
  tag: ['@page:subscription', '@wrong'],
}, async ({ page, open }) => {
  await open(`${ORDERS}/subscriptions/n3/nope`);
  await expect(headline(page)).toContainText('n3 has no subscription nope');
  await page.getByRole('link', { name: 'Show subscriptions' }).click();
  await expect(page.getByRole('table', { name: 'Subscriptions' })).toBeVisible();
});

test('a filter that no table or set matches gives the way back', { tag: ['@page:sets', '@wrong'] }, async ({
  page,
  open,
}) => {
  await open(`${ORDERS}/sets?q=nothing-of-this-name`);
  await expect(page.getByText('No table or set matches “nothing-of-this-name”')).toBeVisible();
  await page.getByRole('button', { name: 'Show all tables' }).click();
  await expect(page.getByRole('table', { name: 'Tables by node' })).toBeVisible();
});

test('what the chart measures stands in the address, and Back takes it back', { tag: '@page:lag' }, async ({
  page,
  open,
}) => {
  await open(`${ORDERS}/lag`, 'behind');
  const measure = page.getByRole('group', { name: 'Measure' });
  await measure.getByRole('button', { name: 'Bytes' }).click();
  await expect(page).toHaveURL(/[?&]measure=bytes(&|$)/);
  await expect(page.getByText(/bytes behind, last/).first()).toBeVisible();
  await page.goBack();
  await expect(measure.getByRole('button', { name: 'Time' })).toHaveAttribute('aria-pressed', 'true');
});

test('a range that ends before it begins is refused beside it', { tag: ['@page:lag', '@wrong'] }, async ({
  page,
  open,
}) => {
  await open(`${ORDERS}/lag`);
  await page.getByRole('group', { name: 'Range' }).getByRole('button', { name: 'Custom' }).click();
  await page.getByLabel('to', { exact: true }).fill('2020-01-01T00:00:00');
  await expect(page.getByText('The end must come after the beginning.')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Show', exact: true })).toBeDisabled();
});

test('a conflict is chosen from the list, and the address keeps it', { tag: '@page:conflicts' }, async ({
  page,
  open,
}) => {
  await open(`${ORDERS}/conflicts`, 'conflicts');
  const detail = page.getByRole('article', { name: /^Conflict on / });
  await expect(detail).toContainText('What each node saw');
  await page.getByLabel('Since').selectOption({ label: 'all time' });
  await expect(page).toHaveURL(/[?&]since=all(&|$)/);
  await expect(headline(page)).toContainText(/\d+ conflicts/);
});

test('what a node that cannot be read has recorded is said to be left out', {
  tag: ['@page:conflicts', '@wrong'],
}, async ({ page, open }) => {
  await open(`${ORDERS}/conflicts`, 'node-down');
  await expect(page.getByText('What n3 recorded is not here')).toBeVisible();
  await expect(page.getByText(/read on 2 of 3 nodes/)).toBeVisible();
});

test('an exception says what was lost and what to do', { tag: '@page:exceptions' }, async ({
  page,
  open,
}) => {
  await open(`${ORDERS}/exceptions`, 'exceptions');
  const detail = page.getByRole('article', { name: /^Transaction / });
  await expect(detail.getByRole('heading', { name: 'What to do' })).toBeVisible();
  await expect(page.getByText(/exception_log read on 3 of 3 nodes/)).toBeVisible();
});

test('without an exception the whole time is offered', { tag: ['@page:exceptions', '@wrong'] }, async ({
  page,
  open,
}) => {
  await open(`${ORDERS}/exceptions`);
  await expect(page.getByText('Every transaction that was received was applied')).toBeVisible();
  await page.getByRole('button', { name: 'Show all time' }).click();
  await expect(page).toHaveURL(/[?&]since=all(&|$)/);
});

test('a sandbox is planned before anything is written', { tag: '@page:deploy' }, async ({ page, open }) => {
  await open('/deploy');
  await page.getByLabel('Name').fill('trial');
  await page.getByRole('button', { name: 'Plan the sandbox…' }).click();
  await expect(page).toHaveURL(/\/plans\//);
  await expect(headline(page)).toContainText('Deploy trial: three nodes on this machine');
});

test('a sandbox of a name that is taken is blocked, with the reason', {
  tag: ['@page:deploy', '@wrong'],
}, async ({ page, open }) => {
  await open('/deploy');
  await page.getByLabel('Name').fill('orders');
  await page.getByRole('button', { name: 'Plan the sandbox…' }).click();
  await expect(page.getByText(/A cluster orders is already watched/).first()).toBeVisible();
});

test('an address that is none is said at its field', { tag: ['@page:newDeploy', '@wrong'] }, async ({
  page,
  open,
}) => {
  await open('/deploy/servers/new', 'bare-servers');
  await page.getByLabel('Address of node 1').fill('db1.example:5432');
  await expect(headline(page)).toContainText('n1 cannot be read with the address given');
});

test('a deploy that was discarded is said to be gone', { tag: ['@page:deployServers', '@wrong'] }, async ({
  page,
  open,
}) => {
  await open('/deploy/servers/nope');
  await expect(page.getByText(/There is no deploy nope in preparation/)).toBeVisible();
});

test('what happened is narrowed to warnings, in the address', { tag: '@page:activity' }, async ({
  page,
  open,
}) => {
  await open('/activity', 'node-down');
  await page.getByRole('group', { name: 'Show' }).getByRole('button', { name: 'Warnings' }).click();
  await expect(page).toHaveURL(/[?&]show=serious(&|$)/);
  await expect(page.getByRole('table', { name: 'Activity' })).toContainText('n3 does not answer');
});

test('a console that asks for sign-in says where its link is', { tag: '@page:signIn' }, async ({
  page,
  open,
}) => {
  await open(ORDERS, 'unauthorised');
  await expect(page.getByLabel('Link or token')).toBeFocused();
  await expect(page.getByText(/npm start -- --new-link/)).toBeVisible();
});

test('a link without a token is refused at its field', { tag: ['@page:signIn', '@wrong'] }, async ({
  page,
  open,
}) => {
  await open(ORDERS, 'unauthorised');
  await page.getByLabel('Link or token').fill('http://127.0.0.1:4310/');
  await page.getByRole('button', { name: 'Enter' }).click();
  await expect(page.getByLabel('Link or token')).toHaveAccessibleDescription(/This link holds no token/);
});

test('an address of no page says so, and leads to the clusters', async ({ page, open }) => {
  await open('/nowhere');
  await expect(headline(page)).toContainText('There is no page at this address.');
  await page.getByRole('link', { name: 'Show clusters' }).click();
  await expect(page).toHaveURL(/\/clusters/);
});
