/** Parts of the page whose files are not to be had: the page says so, and goes on by itself when they are. */
import { expect, type Page } from '@playwright/test';
import { test } from './console.ts';
import { ensureSandbox } from './sandbox-cluster.ts';

const sentence = (page: Page) => page.getByRole('heading', { level: 1 });
const LOST = /files of this page could not be loaded/;

test('a page whose file is gone is loaded anew once, then says so, and comes back with the file', async ({
  page,
  enter,
  tricorder,
}) => {
  const cluster = await ensureSandbox(tricorder);
  let loads = 0;
  page.on('framenavigated', (frame) => {
    if (frame === page.mainFrame()) loads++;
  });
  const gone = '**/assets/nodes-page-*.js';
  await page.route(gone, (route) => route.fulfill({ status: 404, body: 'gone' }));
  await enter(`/clusters/${cluster}`);
  await expect(sentence(page)).toContainText('3 nodes');
  // Each full load is a navigation, and so is the click.
  loads = 0;
  await page
    .getByRole('link', { name: /^Nodes/ })
    .first()
    .click();
  await expect(sentence(page)).toHaveText(LOST);
  await expect(page).toHaveURL(/\/nodes$/);
  expect(loads).toBeLessThanOrEqual(2);
  await expect(page.getByRole('button', { name: 'Load the page again' })).toBeVisible();
  // The rest of the console goes on meanwhile.
  await page.getByRole('link', { name: 'Settings' }).first().click();
  await expect(sentence(page)).not.toHaveText(LOST);
  await page.goBack();
  await expect(sentence(page)).toHaveText(LOST);

  await page.unroute(gone);
  await expect(
    page.getByRole('table', { name: /Nodes/ }).or(page.locator('main table')).first(),
  ).toBeVisible();
  await expect(sentence(page)).toContainText('3 nodes');
});

test('a part of a page says it in its own place', async ({ page, enter, tricorder }) => {
  const cluster = await ensureSandbox(tricorder);
  const gone = '**/assets/table-panel-*.js';
  await page.route(gone, (route) => route.fulfill({ status: 404, body: 'gone' }));
  await enter(`/clusters/${cluster}/sets?table=public.pgbench_tellers`);
  const alert = page.getByRole('alert').filter({ hasText: 'This part of the page could not be loaded' });
  await expect(alert).toBeVisible();
  await expect(page.getByRole('row', { name: /pgbench_branches/ })).toBeVisible();
  await page.unroute(gone);
  await expect(page.getByRole('complementary').filter({ hasText: 'pgbench_tellers' })).toBeVisible();
  await expect(alert).toHaveCount(0);
});

test('with the console stopped a page that was never opened opens, one whose file had not come says so; both come back', async ({
  browser,
  tricorder,
}) => {
  const cluster = await ensureSandbox(tricorder);
  // Not watched for errors in its console: a stopped server is one for each request.
  const page = await browser.newPage({ baseURL: tricorder.url });
  const never = '**/assets/activity-page-*.js';
  await page.route(never, (route) => route.abort());
  const loaded = page.waitForResponse('**/assets/watching-page-*.js');
  await page.goto(`/?token=${tricorder.token}`);
  await page.goto(`/clusters/${cluster}`);
  await expect(sentence(page)).toContainText('3 nodes');
  // The last in the table of routes: all others have come before it.
  await loaded;
  await tricorder.kill();
  try {
    await expect(page.getByRole('status').filter({ hasText: /console/ })).toBeVisible();
    await page
      .getByRole('link', { name: /^Nodes/ })
      .first()
      .click();
    await expect(page.locator('main table').first()).toBeVisible();
    await page.getByRole('link', { name: 'Activity' }).first().click();
    await expect(sentence(page)).toHaveText(LOST);
  } finally {
    await page.unroute(never);
    await tricorder.start();
  }
  await expect(sentence(page)).not.toHaveText(LOST, { timeout: 30_000 });
  await expect(page).toHaveURL(/\/activity/);
  await page.close();
});

test('what the console did not answer is asked again by itself when it is back, in a page and in place of one', async ({
  browser,
  tricorder,
}) => {
  const cluster = await ensureSandbox(tricorder);
  const context = await browser.newContext({ baseURL: tricorder.url });
  const [inside, whole] = [await context.newPage(), await context.newPage()];
  await inside.goto(`/?token=${tricorder.token}`);
  for (const page of [inside, whole]) {
    const loaded = page.waitForResponse('**/assets/watching-page-*.js');
    await page.goto(`/clusters/${cluster}`);
    await expect(sentence(page)).toContainText('3 nodes');
    await loaded;
  }
  await tricorder.kill();
  const silent = (page: Page) => page.locator('main').getByText('The console did not answer');
  try {
    await inside
      .getByRole('link', { name: /^Conflicts/ })
      .first()
      .click();
    await expect(silent(inside)).toBeVisible({ timeout: 20_000 });
    // A page that cannot be without what it asks for first.
    await whole.getByRole('link', { name: 'Clusters' }).first().click();
    await whole
      .getByRole('link', { name: /^Deploy/ })
      .first()
      .click();
    await whole.getByRole('link', { name: 'Deploy on servers…' }).click();
    await expect(silent(whole)).toBeVisible({ timeout: 20_000 });
  } finally {
    await tricorder.start();
  }
  for (const page of [inside, whole]) await expect(silent(page)).toHaveCount(0, { timeout: 30_000 });
  await context.close();
});
