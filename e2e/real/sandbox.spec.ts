import { expect } from '@playwright/test';
import type { Cluster } from '#core/contract/clusters.ts';
import type { Snapshot } from '#core/model/snapshot.ts';
import { test as base, type Console, startConsole } from './console.ts';

/** A console that knows of no cluster, whatever ran before. */
const test = base.extend<object, { tricorder: Console }>({
  tricorder: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of what a fixture needs from this pattern
    async ({}, use) => {
      const started = await startConsole();
      await use(started);
      await started.remove();
    },
    { scope: 'worker' },
  ],
});

test('from the first page to three live nodes; one is killed, is said to be down, and comes back', async ({
  page,
  enter,
  tricorder,
}) => {
  await enter();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Make a sandbox');

  // The plan is shown before anything is done.
  await page.getByRole('button', { name: 'Make a sandbox' }).click();
  await expect(page).toHaveURL(/\/plans\//);
  await expect(page.getByRole('table', { name: /Steps/ })).toBeVisible();
  expect((await tricorder.api<{ items: unknown[] }>('/clusters')).items).toEqual([]);

  // One click; the steps are ticked off, and the result is offered.
  // A port may be taken by somebody else in between: then a fresh plan is shown, and is run by another click.
  await expect(async () => {
    if (!/\/runs\//.test(page.url()))
      await page.locator('footer').getByRole('button').last().click({ timeout: 1000 });
    await expect(page).toHaveURL(/\/runs\//, { timeout: 3000 });
  }).toPass({ timeout: 30_000 });
  const open = page.getByRole('link', { name: /^Open / });
  await expect(open).toBeVisible({ timeout: 60_000 });
  await open.click();

  // Three nodes, six links.
  const sentence = page.getByRole('heading', { level: 1 });
  await expect(sentence).toContainText('3 nodes up');
  const { items } = await tricorder.api<{ items: { name: string }[] }>('/clusters');
  const name = items[0]?.name as string;
  const snapshot = await tricorder.api<Snapshot>(`/clusters/${name}/snapshot`);
  expect(snapshot.links.map((link) => link.state)).toEqual(Array(6).fill('replicating'));
  // What the console itself has made is well: the first thing that is seen of it is no warning.
  expect(snapshot.findings.map(({ code, title }) => `${code}: ${title}`)).toEqual([]);

  // Kill n3 as the kernel would: the page says so within 5 s.
  const cluster = await tricorder.api<Cluster>(`/clusters/${name}`);
  const server = cluster.sandbox?.servers.find((one) => one.node === 'n3');
  expect(server?.pid).toBeGreaterThan(1);
  process.kill(server?.pid as number, 'SIGKILL');
  await expect(sentence).toContainText('n3', { timeout: 5000 });
  await expect(page.getByRole('row', { name: /n3/ }).first()).toContainText(/down|no answer/, {
    timeout: 5000,
  });

  // It is started again, and the page sees it come back.
  await expect(sentence).toContainText('3 nodes up', { timeout: 30_000 });
  await expect(page.getByRole('row', { name: /n3/ }).first()).toContainText('up');
});
