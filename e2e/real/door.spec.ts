/** The door of a real console: links, more than one browser, other sites' pages; and a data dir that goes from under it. */
import { readdirSync, renameSync, unlinkSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type Browser, expect, type Page } from '@playwright/test';
import { test as base, type Console, startConsole } from './console.ts';

/** A console of its own for each test: it is left without its database by one of them. */
const test = base.extend<{ own: Console }>({
  own: async ({ page }, use) => {
    const started = await startConsole();
    await use(started);
    // A page that asks meanwhile would be told that nobody answers.
    await page.goto('about:blank');
    await started.remove();
  },
});

const linkOf = async ({ url, api }: Console): Promise<string> => {
  const { path } = await api<{ path: string }>('/links', { method: 'POST' });
  return url + path;
};

async function another(browser: Browser): Promise<Page> {
  return (await browser.newContext()).newPage();
}

test('a link lets one browser in, and another is let in from Settings, and put out again', async ({
  page,
  browser,
  own,
}) => {
  const link = await linkOf(own);
  await page.goto(link);
  await expect(page).toHaveURL(`${own.url}/clusters`);

  const second = await another(browser);
  await second.goto(link);
  await expect(second.getByRole('heading', { level: 1 })).toHaveText('This link has been used');
  await expect(second).toHaveURL(`${own.url}/sign-in`);
  await second.getByLabel('Link or token').fill(link);
  await second.getByRole('button', { name: 'Enter' }).click();
  await expect(second.getByRole('alert')).toContainText(
    'This link has been used: it signs in one browser, once.',
  );

  await page.goto(`${own.url}/settings`);
  await page.getByRole('button', { name: 'Sign in another browser' }).click();
  const shown = await page.getByRole('dialog').locator('code').first().textContent();
  await second.goto(shown ?? '');
  await expect(second).toHaveURL(`${own.url}/clusters`);
  await page.keyboard.press('Escape');

  await page.reload();
  const rows = page.getByRole('table', { name: 'Signed-in browsers' }).getByRole('row');
  await expect(rows).toHaveCount(3);
  await rows.filter({ hasNotText: 'this one' }).getByRole('button', { name: 'End session' }).click();
  await expect(rows).toHaveCount(2);
  // By itself, at the next thing that it asks.
  await expect(second.getByRole('heading', { level: 1 })).toHaveText('Open the link that npm start printed', {
    timeout: 20_000,
  });
  await second.context().close();
});

/** A page of somebody else, which leads browsers to `target` in a frame again and again, and then whole. */
async function evilSite(target: string, times: number): Promise<{ port: number; server: Server }> {
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html');
    response.end(
      `<!doctype html><title>evil</title><body><script>
        (async () => {
          for (let i = 0; i < ${times}; i++) {
            const frame = document.createElement('iframe');
            frame.src = ${JSON.stringify(target)} + i;
            document.body.append(frame);
            await new Promise((resolve) => { frame.onload = resolve; });
            new Image().src = ${JSON.stringify(target)} + 'i' + i;
          }
          document.title = 'done';
        })();
      </script>`,
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as AddressInfo).port, server };
}

// Another port of the same address is the same site; another name of the same machine is another site.
for (const host of ['127.0.0.1', 'localhost']) {
  test(`a page at ${host} locks nobody out, and uses no link up`, async ({ page, own, faults }) => {
    const link = await linkOf(own);
    const { port, server } = await evilSite(`${own.url}/?token=wrong`, 15);
    await page.goto(`http://${host}:${port}/`);
    await expect(page).toHaveTitle('done', { timeout: 30_000 });
    server.close();
    // What Chromium says of frames and images that were refused is of that page, not of ours.
    faults.length = 0;
    const { origin } = new URL(own.url);
    const wrong = await fetch(`${origin}/metrics`, { headers: { authorization: 'Bearer wrong' } });
    expect(wrong.status).toBe(401);
    await own.api('/clusters');
    await page.goto(link);
    await expect(page).toHaveURL(`${own.url}/clusters`);
  });
}

test('a link on another site is offered, not followed', async ({ page, own }) => {
  const link = await linkOf(own);
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html');
    response.end(`<!doctype html><title>chat</title><a href="${link}">the console</a>`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  await page.goto(`http://localhost:${(server.address() as AddressInfo).port}/`);
  await page.getByRole('link', { name: 'the console' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Press Enter to sign in');
  await expect(page).toHaveURL(`${own.url}/sign-in`);
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(`${own.url}/clusters`);
  server.close();
});

test('a database that is removed is said on the page, and is put back from what was saved', async ({
  page,
  own,
}) => {
  await own.api('/clusters', {
    method: 'POST',
    body: JSON.stringify({
      name: 'kept',
      nodes: [{ dsn: 'host=127.0.0.1 port=1 user=x' }],
      unreachable: 'keep',
    }),
  });
  await page.goto(await linkOf(own));
  await page.goto(`${own.url}/settings?cluster=kept`);
  await expect(page.getByRole('heading', { level: 1 })).toContainText('kept');
  unlinkSync(join(own.dataDir, 'tricorder.db'));
  const strip = page.locator('.strip');
  await expect(strip).toContainText(
    /tricorder\.db was removed from the data dir .* what it held is saved as/,
    {
      timeout: 30_000,
    },
  );
  await page.getByLabel('A link is behind from').fill('20');
  await page.getByRole('button', { name: 'Save settings' }).click();
  await expect(page.getByRole('alert').filter({ hasText: 'changes are refused' })).toHaveCount(2);
  // As it says.
  await page.goto('about:blank');
  await own.stop();
  const saved = readdirSync(own.dataDir).find((name) => name.startsWith('tricorder.db.saved-')) ?? '';
  renameSync(join(own.dataDir, saved), join(own.dataDir, 'tricorder.db'));
  await own.start();
  await page.goto(`${own.url}/settings?cluster=kept`);
  await expect(page.getByRole('heading', { level: 1 })).toContainText('kept');
  await expect(strip).toHaveCount(0);
});
