/** A cluster on servers that are there, from the first page to the receipt, and what happens when it does not go well. */
import { expect, type Page } from '@playwright/test';
import { test } from './mock-page.ts';

const dsn = (host: string) => `postgres://spock_repl:hush-4411@${host}:5432/orders`;
const THREE = ['10.1.0.4', '10.2.0.4', '10.3.0.9'].map(dsn);
const address = (page: Page, number: number) => page.getByLabel(`Address of node ${number}`, { exact: true });

/** Pastes a text where the focus is, as a browser does from the clipboard. */
async function paste(page: Page, text: string): Promise<void> {
  await page.evaluate((pasted) => {
    const data = new DataTransfer();
    data.setData('text', pasted);
    const event = new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true });
    document.activeElement?.dispatchEvent(event);
  }, text);
}

/** Runs last as long as a simulated operator and copy take. */
const RUNS = { timeout: 60_000 };

test('from three addresses to a receipt: the defaults are right, and the run waits for the restarts', {
  tag: '@page:newDeploy',
}, async ({ page, open }) => {
  test.slow();
  await open('/clusters', 'bare-servers');
  await page.getByRole('link', { name: 'Deploy on servers…' }).click();
  await address(page, 1).focus();
  await paste(page, THREE.join('\n'));
  await expect(page.getByText('25 tables: 22 into default')).toBeVisible();
  await expect(page.getByText('needs a restart for')).toHaveCount(2);
  await page.getByRole('button', { name: 'Deploy on n1, n2 and n3…' }).click();

  await expect(page.getByRole('heading', { level: 1 })).toContainText('Deploy orders on n1, n2 and n3');
  await expect(page.getByText('has spock')).toBeVisible();
  await expect(page.getByRole('link', { name: 'Deploy', exact: true })).toHaveAttribute(
    'aria-current',
    'true',
  );
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'pgedge commands' }).click();
  expect((await download).suggestedFilename()).toBe('orders-deploy.sh');
  expect(await page.content()).not.toContain('hush-4411');
  await page.getByRole('button', { name: 'Deploy on n1, n2, n3', exact: true }).click();

  await expect(page.getByRole('heading', { level: 1 })).toContainText('waits for you on n2 and n3', RUNS);
  await expect(page.getByRole('region', { name: 'Waits for you' })).toContainText('10.2.0.4:5432');
  await expect(page.getByText('2 wait for you')).toBeVisible();
  await expect(page.getByText(/^\d+ running$/)).toHaveCount(0);
  await expect(page.getByRole('button', { name: /copy structure and rows on n2: running/ })).toContainText(
    'GB',
    RUNS,
  );
  await expect(page.getByRole('region', { name: 'Copies under way' })).toContainText(/copying rows: .* left/);
  const receipt = page.getByRole('region', { name: 'Receipt' });
  await expect(receipt).toBeVisible(RUNS);
  await expect(receipt.getByText(/^arrived after \d+ ms$/)).toHaveCount(6);
  const compared = receipt
    .getByRole('group')
    .filter({ hasText: 'Compare the tables on all nodes: 25 of 25 tables the same' });
  await compared.click();
  await expect(compared).toContainText(/public\.orders[\d,]+ rows, the same rows/);
  await receipt.getByText('The inverse').click();
  await expect(receipt.getByRole('figure', { name: 'The inverse' })).toContainText('spock.node_drop');
  await page.getByRole('link', { name: 'Open orders' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('3 nodes up');
});

test('a reload in the middle keeps what was answered, and no password is seen', async ({ page, open }) => {
  await open('/deploy/servers/new', 'bare-servers');
  await address(page, 1).fill(THREE[0] ?? '');
  await address(page, 2).fill(THREE[1] ?? '');
  await page.getByLabel('Location of node 1').fill('eu-west');
  await expect(page.getByText('25 tables, 33.3 GB')).toBeVisible();
  await page.getByRole('button', { name: 'Choose tables' }).click();
  await page.getByLabel('Set of public.audit_log').selectOption('');
  await expect(page.getByRole('heading', { level: 1 })).toContainText('1 in no set');
  await page.waitForResponse((response) => response.request().method() === 'PUT');
  await page.reload();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('1 in no set');
  await page.getByRole('link', { name: 'Nodes' }).first().click();
  await expect(address(page, 1)).toHaveValue('postgres://spock_repl:••••@10.1.0.4:5432/orders');
  await expect(page.getByLabel('Location of node 1')).toHaveValue('eu-west');
  await address(page, 1).fill('postgres://spock_repl:••••@10.9.0.4:5432/orders');
  await expect(page.getByText('Type it again in place of the dots.')).toBeVisible();

  await page.getByRole('link', { name: 'Deploy', exact: true }).click();
  await page.getByRole('link', { name: 'Go on with orders…' }).click();
  await expect(page.getByLabel('Location of node 1')).toHaveValue('eu-west');
  await page.getByRole('link', { name: 'Back' }).click();
  await page.getByRole('button', { name: 'Discard orders' }).click();
  await expect(page.getByRole('link', { name: 'Go on with orders…' })).toHaveCount(0);
});

test('the keyboard alone is enough', async ({ page, open }) => {
  await open('/deploy/servers/new', 'bare-servers');
  await address(page, 1).focus();
  await page.keyboard.type(THREE[0] ?? '');
  for (const each of THREE.slice(1)) {
    // Location, take away, the next row's name, its address.
    for (let stop = 0; stop < 4; stop++) await page.keyboard.press('Tab');
    await page.keyboard.type(each);
  }
  await expect(page.getByRole('button', { name: 'Deploy on n1, n2 and n3…' })).toBeEnabled();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Deploy orders on n1, n2 and n3');
  await page.getByRole('button', { name: 'Deploy on n1, n2, n3', exact: true }).focus();
  await page.keyboard.press('Enter');
  const cell = page.getByRole('button', { name: 'Set parameters on n2: done' });
  await cell.focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('region', { name: 'Set parameters on n2' })).toContainText('ALTER SYSTEM SET');
});

test('a server with a stop is left out, and taken in again', async ({ page, open }) => {
  await open('/plans/plan-1', 'deploy-planned');
  await expect(page.getByText('Blocked: 2 things to fix on n4')).toBeVisible();
  await expect(page.getByText('Fix what blocks n4 and check again, or leave it out.')).toBeVisible();
  await page.getByRole('checkbox', { name: 'n4' }).click();
  await expect(page.getByText('left out: blocked twice')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Deploy on n1, n2, n3', exact: true })).toBeEnabled();
  await page.getByRole('checkbox', { name: 'n4' }).click();
  await expect(page.getByRole('button', { name: 'Deploy on n1, n2, n3, n4', exact: true })).toBeDisabled();
});

test('a failed step says why, and is resumed to the end', { tag: ['@page:run', '@wrong'] }, async ({
  page,
  open,
}) => {
  await open('/runs/run-1', 'deploy-stopped');
  await expect(page.getByRole('alert', { name: 'Subscribe to n2 failed on n3' })).toContainText(
    'pg_hba.conf',
  );
  await page.getByRole('button', { name: 'Resume from here' }).click();
  await expect(page.getByRole('region', { name: 'Receipt' })).toBeVisible(RUNS);
});

test('a rollback stops at rows that were written since, and drops them only by a word of its own', async ({
  page,
  open,
}) => {
  await open('/runs/run-1', 'deploy-stopped');
  await page.getByRole('button', { name: 'Roll back…' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Roll back', exact: true }).click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('The rollback stopped', RUNS);
  await expect(page.getByRole('listitem', { name: 'table public.orders: written since' })).toContainText(
    'has been written to since it was copied',
  );
  await page.getByRole('button', { name: 'Roll back, and drop what was written…' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Drop them, and roll back' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('rolled back', RUNS);
  await expect(page.getByText(/^\d+ not run$/)).toBeVisible();
});

test('ten thousand tables scroll, are filtered, and are left out by schema', {
  tag: '@page:deployServers',
}, async ({ page, open }) => {
  await open('/deploy/servers/draft-1?step=tables', 'deploy-many-tables');
  await expect(page.getByRole('heading', { level: 1 })).toContainText('10,000 tables', RUNS);
  const rows = page.getByRole('region', { name: 'Tables of the deploy' }).getByRole('row');
  expect(await rows.count()).toBeLessThan(200);
  await page.getByRole('checkbox', { name: /tenant_01/ }).click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('2,500 in no set');
  await page.getByLabel('Filter tables').fill('t_09999');
  await expect(page.getByText('t_09999')).toBeVisible();
});
