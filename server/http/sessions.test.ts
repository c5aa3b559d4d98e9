/** Who is in: listed, ended, and told of in the log. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startApp, type TestApp, TOKEN } from '#server/testing/app.ts';

const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:139.0) Gecko/20100101 Firefox/139.0';
const SAFARI =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1';

let app: TestApp;
beforeEach(async () => {
  app = await startApp();
});
afterEach(async () => {
  vi.useRealTimers();
  await app.stop();
});

interface Entering {
  agent?: string;
  from?: string;
  token?: string;
}

/** A browser that came in, as its cookie. */
async function enter({ agent = FIREFOX, from = '10.0.0.7', token }: Entering = {}): Promise<string> {
  const entered = await app.request('/api/v1/session', {
    as: null,
    from,
    method: 'POST',
    headers: { 'user-agent': agent },
    body: JSON.stringify({ token: token ?? app.access.createLink('start').token }),
  });
  expect(entered.status).toBe(204);
  return entered.headers.get('set-cookie')?.split(';')[0] ?? '';
}

const asked = (cookie: string, method: string, path: string) =>
  app.request(`/api/v1${path}`, { as: null, method, headers: { cookie } });
async function listed(cookie: string) {
  const { items } = await (await asked(cookie, 'GET', '/sessions')).json();
  return items as { id: string; browser: string; address: string; by: string; current: boolean }[];
}

describe('sessions', () => {
  it('are listed with how and from where each came in, and which one asks', async () => {
    const mine = await enter();
    await enter({ agent: SAFARI, from: '::ffff:10.0.0.8', token: TOKEN });
    expect(await listed(mine)).toEqual([
      expect.objectContaining({
        browser: 'Firefox on Linux',
        address: '10.0.0.7',
        by: 'link',
        current: true,
      }),
      expect.objectContaining({ browser: 'Safari on iOS', address: '10.0.0.8', by: 'token', current: false }),
    ]);
    const { body } = await app.json('GET', '/sessions');
    expect(body.items.map(({ current }: { current: boolean }) => current)).toEqual([false, false]);
  });

  it('are ended one by one', async () => {
    const [mine, other] = [await enter(), await enter({ agent: SAFARI })];
    const theirs = (await listed(mine)).find(({ current }) => !current)?.id;
    expect((await asked(mine, 'DELETE', `/sessions/${theirs}`)).status).toBe(200);
    expect((await asked(other, 'GET', '/clusters')).status).toBe(401);
    expect((await asked(mine, 'GET', '/clusters')).status).toBe(200);
    expect((await asked(mine, 'DELETE', `/sessions/${theirs}`)).status).toBe(404);
    expect((await asked(mine, 'DELETE', '/sessions/%00')).status).toBe(400);
  });

  it('are ended all but the one that asks; a script ends all', async () => {
    const mine = await enter();
    const others = [await enter(), await enter(), await enter()];
    expect(await (await asked(mine, 'DELETE', '/sessions')).json()).toEqual({ ended: 3 });
    for (const other of others) expect((await asked(other, 'GET', '/clusters')).status).toBe(401);
    expect(await listed(mine)).toHaveLength(1);
    expect((await app.json('DELETE', '/sessions')).body).toEqual({ ended: 1 });
    expect((await asked(mine, 'GET', '/clusters')).status).toBe(401);
  });

  it('end with what they listen to', async () => {
    await app.json('POST', '/clusters', {
      name: 'demo',
      nodes: [{ dsn: 'host=127.0.0.1 port=1 user=x' }],
      unreachable: 'keep',
    });
    const [mine, other] = [await enter(), await enter()];
    const streams = await Promise.all(
      [mine, other].map((cookie) => asked(cookie, 'GET', '/clusters/demo/events')),
    );
    expect(streams.map(({ status }) => status)).toEqual([200, 200]);
    const [kept, cut] = streams.map(({ body }) => body?.getReader()) as ReadableStreamDefaultReader[];
    await cut?.read();
    await asked(mine, 'DELETE', '/sessions');
    for (;;) if ((await cut?.read())?.done) break;
    // The one that asked hears on.
    expect((await kept?.read())?.done).toBe(false);
    await kept?.cancel();
  });

  it('outlive a full disk, in which whoever looks after it has to come in', async () => {
    app.db.exec('PRAGMA query_only = ON');
    const mine = await enter();
    expect((await asked(mine, 'GET', '/clusters')).status).toBe(200);
    app.db.exec('PRAGMA query_only = OFF');
  });
});

describe('another browser', () => {
  it('is let in by a link from Settings, without a restart', async () => {
    const mine = await enter();
    const made = await asked(mine, 'POST', '/links');
    expect(made.status).toBe(201);
    const { path, token, expiresAt } = await made.json();
    expect(path).toBe(`/?token=${token}`);
    expect(Date.parse(expiresAt) - Date.now()).toBeGreaterThan(14 * 60_000);
    expect(Date.parse(expiresAt) - Date.now()).toBeLessThanOrEqual(15 * 60_000);
    expect((await app.request(path, { as: null })).status).toBe(303);
    expect((await app.request(path, { as: null })).status).toBe(401);
    expect((await app.request('/api/v1/links', { as: null, method: 'POST' })).status).toBe(401);
  });
});

describe('the log', () => {
  it('has one line for each who came in, was refused, was put out', async () => {
    const mine = await enter();
    await enter({ agent: SAFARI, from: '10.0.0.8', token: TOKEN });
    const used = app.access.createLink('terminal').token;
    await enter({ token: used });
    await app.request(`/?token=${used}`, {
      as: null,
      from: '10.0.0.9',
      headers: { 'user-agent': 'curl/8.5' },
    });
    await app.request('/metrics', { as: 'wrong', from: '10.0.0.9' });
    await asked(mine, 'POST', '/links');
    await asked(mine, 'DELETE', '/sessions');
    await app.request('/api/v1/session', { as: null, method: 'DELETE', headers: { cookie: mine } });
    expect(app.logged.map((line) => line.replace(/^\S+ /, ''))).toEqual([
      'info door: Firefox on Linux at 10.0.0.7 was let in by a link printed at startup',
      'info door: Safari on iOS at 10.0.0.8 was let in by TRICORDER_TOKEN',
      'info door: Firefox on Linux at 10.0.0.7 was let in by a link made by Enter in the terminal',
      'warn door: curl at 10.0.0.9 was refused: its link has been used',
      'warn door: 10.0.0.9 was refused: a wrong bearer token',
      'info door: a link was created by a program at unknown',
      'info door: the session of Firefox on Linux at 10.0.0.7 was ended by a program at unknown',
      'info door: the session of Safari on iOS at 10.0.0.8 was ended by a program at unknown',
      'info door: the session of Firefox on Linux at 10.0.0.7 was ended by its own browser',
    ]);
    expect(app.logged.join()).not.toContain(used);
    expect(app.logged.join()).not.toContain(TOKEN);
  });

  it('is bounded, however many are refused', async () => {
    vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'] });
    for (let i = 0; i < 900; i++)
      await app.request('/metrics', { as: `guess-${i}`, from: `10.0.${i % 90}.1` });
    expect(app.logged).toHaveLength(20);
    vi.advanceTimersByTime(61_000);
    expect(app.logged).toHaveLength(21);
    expect(app.logged[20]).toMatch(/door: 880 more refused within a minute$/);
    await app.request('/metrics', { as: 'guess', from: '10.0.200.1' });
    expect(app.logged).toHaveLength(22);
  });

  it('says that an address is locked out', async () => {
    for (let i = 0; i < 12; i++) await app.request('/metrics', { as: 'guess', from: '10.0.0.9' });
    expect(app.logged).toHaveLength(10);
    expect(app.logged[9]).toMatch(/10\.0\.0\.9 sent 10 wrong tokens: it is locked out for a minute$/);
  });

  it('takes no line from what a browser calls itself', async () => {
    const agent = 'x\u202egnp\u001b[31m evil 1.1 GET / HTTP';
    await app.request('/?token=wrong', { as: null, headers: { 'user-agent': encodeURIComponent(agent) } });
    await app.request('/?token=wrong', {
      as: null,
      from: '10.0.0.9',
      headers: { 'user-agent': '<script>alert(1)</script>' },
    });
    for (const line of app.logged) expect(line).toMatch(/^[\x20-\x7e]+$/);
    expect(app.logged.join()).not.toContain('<script>');
  });
});
