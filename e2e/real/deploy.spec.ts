/** Three servers with a password and no Spock yet, deployed on in the browser: all that is on the page is real. */
import { expect, type Page } from '@playwright/test';
import type { Plan, Run } from '#core/model/plan.ts';
import type { Snapshot } from '#core/model/snapshot.ts';
import type { BareServers } from '#server/testing/bare-servers.ts';
import { FILLED, NODES, SCHEMA, until } from '#server/testing/deploy-orders.ts';
import { bareServers } from './bare.ts';
import { test } from './console.ts';

const WRONG = 'not-the-secret';

let servers: BareServers;
let spock: boolean;

test.beforeAll(async () => {
  servers = await bareServers(3, { prepared: true });
  spock = servers.engine.spockVersion !== null;
  await servers.sql(1, SCHEMA + FILLED);
  // The stand-in cannot copy structure.
  if (!spock) for (const n of [2, 3]) await servers.sql(n, SCHEMA);
  const { serverVersion, spockVersion } = servers.engine;
  console.log(
    `note: deployed in the browser on PostgreSQL ${serverVersion}, ${spock ? `Spock ${spockVersion}` : 'the stand-in for Spock'}`,
  );
});

test.afterAll(async ({ tricorder }) => {
  await servers?.stop();
  // The console is that of all tests here, and some of them begin where nothing is watched.
  await tricorder.api('/clusters/orders', { method: 'DELETE' }).catch(() => undefined);
});

const address = (page: Page, n: number) => page.getByLabel(`Address of node ${n}`, { exact: true });

/** Everything that the API answered, event streams included once they end. */
function answersTo(page: Page): string[] {
  const answers: string[] = [];
  page.on('response', (response) => {
    if (!new URL(response.url()).pathname.startsWith('/api/')) return;
    response.text().then(
      (text) => answers.push(`${response.url()} ${text}`),
      () => undefined,
    );
  });
  return answers;
}

test('from the page Deploy to a cluster that replicates, past a wrong password and two reloads', async ({
  page,
  enter,
  tricorder,
}) => {
  const answers = answersTo(page);
  const safe = async () => {
    const seen = [await page.content(), ...answers].join('\n');
    expect(seen).not.toContain(servers.password);
    expect(seen).not.toContain(WRONG);
  };
  const heading = page.getByRole('heading', { level: 1 });
  await enter('/deploy');
  await page.getByRole('link', { name: 'Deploy on servers…' }).click();

  // Three addresses are pasted at once; the second has a wrong password, which is said at its field.
  const wrong = servers.dsn(2).replace(servers.password, WRONG);
  await address(page, 1).focus();
  await page.evaluate(
    (text) => {
      const data = new DataTransfer();
      data.setData('text', text);
      const event = new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true });
      document.activeElement?.dispatchEvent(event);
    },
    [servers.dsn(1), wrong, servers.dsn(3)].join('\n'),
  );
  const engine = spock ? /PostgreSQL \S+, Spock \d/ : /PostgreSQL \S+, stand-in for Spock/;
  await expect(page.getByText(engine)).toHaveCount(2);
  await expect(address(page, 2)).toHaveAttribute('aria-invalid', 'true');
  await expect(address(page, 2)).toHaveAccessibleDescription(/password authentication failed/);
  await expect(heading).toContainText('n2 cannot be read with the address given');
  await expect(address(page, 3)).toHaveValue(servers.dsn(3).replace(servers.password, '••••'));

  await address(page, 2).fill(servers.dsn(2));
  await address(page, 1).focus();
  await expect(page.getByText(engine)).toHaveCount(3);
  await page.getByLabel('Location of node 1').fill('eu-west');
  await page.waitForResponse((response) => response.request().method() === 'PUT');
  await safe();

  // Nothing of it is lost by a reload, the password that nobody can see least of all.
  await page.reload();
  await expect(page.getByLabel('Location of node 1')).toHaveValue('eu-west');
  await expect(page.getByText(engine)).toHaveCount(3);
  await expect(page.getByText(/3 tables: 2 into default, 1 into default_insert_only/)).toContainText(
    'rows are copied from n1',
  );

  // The defaults are right: straight to the review, where nothing stops it and nothing has been written.
  await page.getByRole('button', { name: 'Deploy on n1, n2 and n3…' }).click();
  await expect(heading).toContainText('Deploy orders on n1, n2 and n3');
  const preflight = page.getByRole('table', { name: /Preflight/ });
  await expect(preflight.getByRole('row', { name: /^Reaches its peers/ })).toContainText('n2, n3');
  await expect(page.getByText('Ready', { exact: true })).toBeVisible();
  const plan = await tricorder.api<Plan>(`/plans/${page.url().split('/').at(-1)}`);
  expect(plan.problems).toEqual([]);
  expect(new Set(plan.checks.map(({ result }) => result))).not.toContain('stop');
  const [extension] = await servers.sql(
    1,
    "SELECT count(*)::int AS n FROM pg_extension WHERE extname = 'spock'",
  );
  expect(extension?.n).toBe(0);
  await safe();

  // One click, and the grid fills; whoever opens it again in the middle sees it go on.
  await page.getByRole('button', { name: 'Deploy on n1, n2, n3', exact: true }).click();
  await expect(page).toHaveURL(/\/runs\//);
  const grid = page.getByRole('region', { name: 'Steps by node' });
  await expect(grid.getByRole('button', { name: /: done/ }).first()).toBeVisible();
  await page.reload();
  const receipt = page.getByRole('region', { name: 'Receipt' });
  await expect(receipt).toBeVisible({ timeout: 60_000 });
  await expect(grid.getByRole('button', { name: /: (waiting|running|failed)$/ })).toHaveCount(0);

  // The receipt says what was verified: a mark each way, and each table.
  for (const from of NODES)
    for (const to of NODES.filter((node) => node !== from))
      await expect(receipt.getByText(new RegExp(`^${from} *to *${to}$`))).toHaveCount(1);
  await expect(receipt.getByText(/^arrived (after|within) [\d.]+ m?s$/)).toHaveCount(6);
  await expect(receipt).toContainText('public.customer1,000 rows, the same rows');
  await expect(receipt).toContainText('public.Order Line5,000 rows, the same rows');
  await expect(receipt).toContainText('public.event100 rows, the same rows');
  await expect(receipt).toContainText('6 of 6 replicating');
  await safe();
  const run = await tricorder.api<Run>(`/runs/${page.url().split('/').at(-1)}`);
  expect(run.state).toBe('succeeded');

  // What was prepared is deployed now: nothing of it is offered again, and its passwords are in no draft.
  expect((await tricorder.api<{ items: unknown[] }>('/deploys')).items).toEqual([]);
  await page.getByRole('link', { name: 'Open orders' }).click();
  await expect(heading).toContainText('3 nodes up');
  const snapshot = await tricorder.api<Snapshot>('/clusters/orders/snapshot');
  expect(snapshot.links.map((link) => link.state)).toEqual(Array(6).fill('replicating'));
  await servers.sql(3, "INSERT INTO customer VALUES (100001, 'from n3', 1)");
  for (const n of [1, 2]) await until(servers, n, "SELECT count(*) = 1 FROM customer WHERE name = 'from n3'");
  await page.getByRole('link', { name: 'Deploy', exact: true }).click();
  await expect(page.getByRole('link', { name: /^Go on with/ })).toHaveCount(0);
  await safe();
  expect(answers.length).toBeGreaterThan(10);
  expect(answers.some((answer) => answer.includes('/runs/') && answer.includes('"state":"done"'))).toBe(true);
});
