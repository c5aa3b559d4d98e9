/** Where somebody would be stuck: a node that is gone for good, a role that may not, a plan whose run has stopped. */
import { expect, type Page } from '@playwright/test';
import { test } from './mock-page.ts';

const RUNS = { timeout: 60_000 };
const heading = (page: Page) => page.getByRole('heading', { level: 1 });

test('a node that is gone for good is given up by the finding, and the others are well without it', async ({
  page,
  open,
}) => {
  await open('/clusters/orders', 'slot-bloat');
  const finding = page.getByRole('article').filter({ hasText: 'slot-bloat' }).first();
  await expect(finding).toContainText('give it up');
  await finding.getByRole('button', { name: 'Give up n3…' }).click();

  await expect(heading(page)).toContainText('Give up n3');
  const known = page.getByRole('region', { name: 'Know this' });
  await expect(known).toContainText('must be copied again');
  const steps = page.getByRole('table', { name: /Steps/ });
  for (const title of [
    'Check that n3 is still silent',
    'Record what n1 has applied of n3',
    'Drop sub_n1n3',
    'Remove n3 from this console',
  ])
    await expect(steps.getByText(title).first()).toBeVisible();
  const run = page.locator('footer').getByRole('button', { name: 'Give up n3', exact: true });
  await expect(run).toBeDisabled();
  await page.getByRole('textbox', { name: /^Type the name of the node, n3/ }).fill('n3');
  await run.click();

  const receipt = page.getByRole('region', { name: 'Receipt' });
  await expect(receipt).toBeVisible(RUNS);
  for (const name of ['n1', 'n2'])
    await expect(receipt.getByText(`${name} has applied of n3 by sub_${name}n3`)).toBeVisible();
  await expect(receipt.getByText(/^up to [0-9A-F]+\/[0-9A-F]+, last commit \d{4}-/)).toHaveCount(2);
  await expect(receipt.getByText(/must be copied again/)).toBeVisible();
  await page.getByRole('link', { name: 'Open orders' }).click();
  await expect(heading(page)).toContainText('2 nodes up');
  await expect(page.getByText('slot-bloat')).toHaveCount(0);
});

test('a node that runs is removed from its page: the others get what it wrote first', {
  tag: ['@page:node'],
}, async ({ page, open }) => {
  await open('/clusters/orders/nodes/n3', 'healthy');
  await page.getByRole('button', { name: 'Remove n3…' }).click();
  await expect(heading(page)).toContainText('Remove n3');
  const steps = page.getByRole('table', { name: /Steps/ });
  for (const title of ['Wait until n1 and n2 have all that n3 wrote', 'Drop sub_n1n3', 'Drop node n3'])
    await expect(steps.getByText(title).first()).toBeVisible();
  await page.getByRole('textbox', { name: /^Type the name of the node, n3/ }).fill('n3');
  await page.locator('footer').getByRole('button', { name: 'Remove n3', exact: true }).click();
  await expect(page.getByRole('region', { name: 'Receipt' })).toBeVisible(RUNS);
  await page.getByRole('link', { name: 'Open orders' }).click();
  await expect(heading(page)).toContainText('2 nodes up');
});

test('an interface is added and a location changed from the page of the node; a bad DSN is said by the plan', {
  tag: ['@page:node'],
}, async ({ page, open }) => {
  await open('/clusters/orders/nodes/n3', 'healthy');
  await page.getByRole('button', { name: 'Add interface…' }).click();
  const form = page.getByRole('form', { name: 'New interface' });
  await form.getByLabel('Name').fill('private');
  await form.getByLabel(/^DSN by which/).fill('postgres://[');
  await form.getByRole('button', { name: 'Add interface…' }).click();
  await expect(page.getByText('The DSN of the interface cannot be read.').first()).toBeVisible();

  await open('/clusters/orders/nodes/n3', 'healthy');
  await page.getByRole('button', { name: 'Change location…' }).click();
  const place = page.getByRole('form', { name: 'Location' });
  await place.getByLabel('Location').fill('Lyon');
  await place.getByRole('button', { name: 'Change location…' }).click();
  await expect(heading(page)).toContainText('Set the location of n3');
  await page.locator('footer').getByRole('button', { name: 'Set the location of n3', exact: true }).click();
  await expect(page.getByRole('region', { name: 'Receipt' })).toBeVisible(RUNS);
});

test('its page offers it as well; a node that answers is refused with words', {
  tag: ['@page:node', '@wrong'],
}, async ({ page, open }) => {
  await open('/clusters/orders/nodes/n3', 'node-down');
  await page.getByRole('button', { name: 'Give up n3…' }).click();
  await expect(heading(page)).toContainText('Give up n3');
  await open('/clusters/orders/nodes/n1', 'node-down');
  await expect(heading(page)).toContainText('n1');
  await expect(page.getByRole('button', { name: /^Give/ })).toHaveCount(0);
  const refused = await page.evaluate(async () => {
    const answer = await fetch('/api/v1/plans', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ kind: 'node-remove', cluster: 'orders', node: 'n1' }),
    });
    return answer.json();
  });
  // n3 is silent: it would never have what n1 wrote.
  expect(refused.problems).toMatchObject([{ code: 'unreachable', node: 'n3' }]);
});

test('a plan that the watching role may not run asks for another, for this run only', {
  tag: ['@page:plan', '@wrong'],
}, async ({ page, open }) => {
  await open('/plans/plan-1', 'plan-rights');
  const rights = page.getByRole('region', { name: 'Another role for this run' });
  await expect(rights).toContainText('tricorder_watch lacks EXECUTE on spock.sub_disable');
  const run = page.locator('footer').getByRole('button', { name: 'Disable sub_n3n1 on n3', exact: true });
  await expect(run).toBeDisabled();
  await expect(run).toHaveAccessibleDescription(/lacks EXECUTE/);

  await rights.getByLabel('Role', { exact: true }).fill('admin');
  await rights.getByLabel('Password').fill('wrong');
  await run.click();
  await expect(rights.getByLabel('Role', { exact: true })).toHaveAttribute('aria-invalid', 'true');
  await expect(rights.getByLabel('Role', { exact: true })).toHaveAccessibleDescription(
    /password authentication failed/,
  );
  await rights.getByLabel('Password').fill('hush-4411');
  await run.click();
  await expect(page.getByRole('region', { name: 'Receipt' })).toBeVisible(RUNS);
  expect(await page.content()).not.toContain('hush-4411');
});

test('whole addresses can be given, and their passwords are seen only while they are typed', async ({
  page,
  open,
}) => {
  await open('/plans/plan-1', 'plan-rights');
  const rights = page.getByRole('region', { name: 'Another role for this run' });
  await rights.getByRole('button', { name: 'Give whole addresses' }).click();
  const address = rights.getByLabel('Address of n3 for this run');
  await address.fill('postgres://admin:hush-4411@10.3.0.9:5432/orders');
  await rights.getByLabel('Password').focus();
  await expect(address).toHaveValue('postgres://admin:••••@10.3.0.9:5432/orders');
  await page.locator('footer').getByRole('button', { name: 'Disable sub_n3n1 on n3', exact: true }).click();
  await expect(page.getByRole('region', { name: 'Receipt' })).toBeVisible(RUNS);
});

test('a run that has stopped asks again for what it kept no longer', async ({ page, open }) => {
  await open('/runs/run-1', 'rights-stopped');
  await page.getByRole('button', { name: 'Resume from here' }).click();
  const dialog = page.getByRole('dialog', { name: 'Resume, as another role' });
  await expect(dialog.getByLabel('Role', { exact: true })).toBeFocused();
  await dialog.getByLabel('Role', { exact: true }).fill('tricorder_watch');
  await dialog.getByLabel('Password').fill('x');
  await dialog.getByRole('button', { name: 'Resume' }).click();
  await expect(dialog.getByLabel('Role', { exact: true })).toHaveAccessibleDescription(
    /also lacks what this plan needs on n3/,
  );
  await dialog.getByLabel('Role', { exact: true }).fill('admin');
  await dialog.getByRole('button', { name: 'Resume' }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByRole('region', { name: 'Receipt' })).toBeVisible(RUNS);
});
