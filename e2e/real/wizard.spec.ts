/** The wizard's answers are on the console although the tab is closed in the moment in which the last one was typed. */
import { expect } from '@playwright/test';
import type { DeployDraft } from '#core/model/deploy.ts';
import { test } from './console.ts';

test('the wizard keeps what was typed when its tab is closed, or left, at once', async ({
  browser,
  tricorder,
}) => {
  const context = await browser.newContext({ baseURL: tricorder.url });
  const page = await context.newPage();
  await page.goto(`/?token=${tricorder.token}`);
  await page.goto('/deploy/servers/new');
  await expect(page).toHaveURL(/\/deploy\/servers\/(?!new)/);
  const id = page.url().split('/').at(-1)?.split('?')[0];
  const kept = () => tricorder.api<DeployDraft>(`/deploys/${id}`);
  const locations = async () => (await kept()).nodes.map(({ location }) => location);

  await page.getByLabel('Location of node 1').fill('eu-west');
  await page.getByLabel('Location of node 2').fill('eu-north');
  await page.goto('about:blank');
  await expect.poll(locations).toEqual(['eu-west', 'eu-north', null]);

  const again = await context.newPage();
  await again.goto(`/deploy/servers/${id}`);
  await expect(again.getByLabel('Location of node 2')).toHaveValue('eu-north');
  await again
    .getByLabel('Address of node 1', { exact: true })
    .fill('postgres://u:hush-1@127.0.0.1:9/db?connect_timeout=1');
  await again.getByLabel('Location of node 3').fill('us-east');
  await again.close({ runBeforeUnload: true });
  await expect.poll(locations).toEqual(['eu-west', 'eu-north', 'us-east']);
  expect((await kept()).nodes[0]?.dsn).toBe('postgres://u:••••@127.0.0.1:9/db?connect_timeout=1');
  await tricorder.api(`/deploys/${id}`, { method: 'DELETE' });
  await context.close();
});
