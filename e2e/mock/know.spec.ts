/** What is not plainly well is said before it is done and after: what to know, what is left, what was not proved. */
import { expect } from '@playwright/test';
import { test } from './mock-page.ts';

const RUNS = { timeout: 60_000 };

test('a rollback says by node what it has left, why, and with which statements; it is not run forward again', async ({
  page,
  open,
}) => {
  await open('/runs/run-1', 'rollback-left');
  await expect(page.getByRole('heading', { level: 1 })).toContainText('left to do on n1, n2 and n3');
  const n1 = page.getByRole('region', { name: 'Left on n1' });
  const node = n1.getByRole('listitem', { name: 'node n1: still read' });
  await expect(node).toContainText('sub_n3n1 on n3 may still read from n1');
  await node.getByText('The statement, to run on n1').click();
  await expect(node.getByRole('figure')).toContainText('spock.node_drop');
  await expect(node.getByRole('button', { name: 'Copy the statements' })).toBeVisible();
  await expect(
    page
      .getByRole('region', { name: 'Left on n2' })
      .getByRole('listitem', { name: 'table public.orders: written since' }),
  ).toBeVisible();
  await expect(
    page
      .getByRole('region', { name: 'Left on n3' })
      .getByRole('listitem', { name: /: no answer$/ })
      .first(),
  ).toContainText('Bring n3 back');
  await expect(page.getByRole('button', { name: 'Create extension spock on n1: left to do' })).toBeVisible();
  await expect(page.getByRole('button', { name: /forward|Resume/ })).toHaveCount(0);
  await page.getByRole('button', { name: 'Create the node on n1: failed' }).click();
  await expect(page.getByRole('alert', { name: 'Create the node failed on n1' })).toContainText(
    'A subscription still reads from n1',
  );
});

test('a proof is ended by a word of its own, and is then nowhere drawn as done or as not needed', {
  tag: '@page:run',
}, async ({ page, open }) => {
  await open('/runs/run-1', 'deploy-proving');
  await expect(page.getByRole('region', { name: 'Proofs under way' })).toContainText('tables equal');
  const end = page.getByRole('button', { name: 'End the proof of Compare the tables on all nodes…' });
  await end.focus();
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'End the proof' });
  await expect(dialog).toContainText('not known');
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await expect(end).toBeFocused();
  await end.click();
  await dialog.getByRole('button', { name: 'End the proof', exact: true }).click();

  const cell = page.getByRole('button', {
    name: /^Compare the tables on all nodes on this machine: know this.*: not proved/,
  });
  await expect(cell).toBeVisible(RUNS);
  await expect(cell).not.toContainText('not needed');
  await expect(cell.locator('.ok')).toHaveCount(0);
  const receipt = page.getByRole('region', { name: 'Receipt' });
  await expect(receipt).toBeVisible(RUNS);
  await expect(receipt.getByRole('region', { name: 'Know this' })).toContainText(
    'not proved: ended by the operator',
  );
  await expect(page.getByRole('heading', { level: 1 })).toContainText('1 thing to know');
  // What it had read before is not among what is verified.
  await expect(receipt.getByText('Verified')).toBeVisible();
  await expect(receipt.getByText('25 of 25 tables the same')).toHaveCount(0);
});

test('a copy of which rows are missing is called incomplete, and resumed', async ({ page, open }) => {
  await open('/runs/run-1', 'copy-incomplete');
  const box = page.getByRole('alert', { name: /failed on n2$/ });
  await expect(box).toContainText('The copy is incomplete');
  await expect(box).toContainText('131,072 of 6,120,441 rows');
  await page.getByRole('button', { name: 'Resume from here' }).click();
  await expect(page.getByRole('region', { name: 'Receipt' })).toBeVisible(RUNS);
});

test('a plan that was run says by which run, and offers that run in place of its button', async ({
  page,
  open,
}) => {
  await open('/plans/plan-1', 'deployed-servers');
  await expect(page.getByRole('heading', { level: 1 })).toContainText(
    'Run run-1 used this plan and succeeded',
  );
  await expect(page.getByText('nothing has been written yet')).toHaveCount(0);
  await expect(page.getByRole('button', { name: 'Deploy on n1, n2, n3', exact: true })).toHaveCount(0);
  await page.getByRole('link', { name: 'Show run run-1' }).click();
  await expect(page.getByRole('region', { name: 'Receipt' })).toBeVisible();
});

test('a plan whose run has stopped says so as well, and is not run beside it', async ({ page, open }) => {
  await open('/plans/plan-1', 'deploy-stopped');
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Run run-1 used this plan and failed');
  await expect(page.getByRole('button', { name: /^Deploy on/ })).toHaveCount(0);
  await expect(page.getByRole('button', { name: 'Plan it again' })).toBeEnabled();
  await page.getByRole('link', { name: 'Show run run-1' }).click();
  await expect(page.getByRole('button', { name: 'Resume from here' })).toBeEnabled();
});

test('what a plan leaves is seen before its button, and nothing of it says that the risk is none', {
  tag: '@page:plan',
}, async ({ page, open }) => {
  await open('/plans/plan-1', 'plan-know');
  const known = page.getByRole('region', { name: 'Know this' });
  await expect(known).toContainText('n1');
  await expect(known.getByRole('listitem').first()).toBeInViewport();
  const button = page.getByRole('button', { name: 'Disable sub_n3n1 on n3', exact: true });
  await expect(button).toHaveAccessibleDescription(/Know this/);
  await expect(page.getByRole('heading', { level: 1 })).toContainText(/\d+ things? to know/);
  await expect(page.getByRole('table', { name: 'Steps' }).getByText('none', { exact: true })).toHaveCount(0);
  await page
    .locator('footer')
    .getByRole('button', { name: /to know/ })
    .click();
  await expect(known).toBeFocused();
});
