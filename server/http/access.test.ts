/** Who may enter, and what a browser is told. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startApp, type TestApp, TOKEN } from '#server/testing/app.ts';

let app: TestApp;
beforeEach(async () => {
  app = await startApp();
});
afterEach(async () => {
  vi.useRealTimers();
  await app.stop();
});

const cookieOf = (response: Response) => response.headers.get('set-cookie')?.split(';')[0] ?? '';

describe('the API', () => {
  it('answers health to anybody, and nothing else', async () => {
    const health = await app.request('/api/v1/health', { as: null });
    expect([health.status, await health.json()]).toEqual([
      200,
      { status: 'ok', version: '0.0.0', storage: { state: 'ok', since: null } },
    ]);
    for (const path of [
      '/api/v1/clusters',
      '/api/v1/openapi.json',
      '/api/v1/clusters/x/events',
      '/metrics',
      '/api/v1/nope',
    ]) {
      const response = await app.request(path, { as: null });
      expect(response.status, path).toBe(401);
      expect(await response.json()).toMatchObject({
        code: 'UNAUTHORIZED',
        message: expect.stringMatching(/npm start/),
      });
    }
  });

  it('takes the fixed token, and no other', async () => {
    expect((await app.request('/api/v1/clusters')).status).toBe(200);
    for (const token of ['wrong', `${TOKEN}x`, TOKEN.slice(1), '']) {
      expect((await app.request('/api/v1/clusters', { as: token })).status, token).toBe(401);
    }
    const basic = { authorization: `Basic ${btoa(`x:${TOKEN}`)}` };
    expect((await app.request('/api/v1/clusters', { headers: basic })).status).toBe(401);
  });

  it('judges no more wrong tokens of an address that sent ten, for a minute, and takes right ones all the same', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const guess = () => app.request('/api/v1/clusters', { as: 'a-guess', from: '10.0.0.9' });
    for (let i = 0; i < 10; i++) expect((await guess()).status).toBe(401);
    const refused = await guess();
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '60']);
    expect(await refused.json()).toMatchObject({ code: 'TOO_MANY_REQUESTS' });
    // Whoever can make wrong requests in somebody's name locks nobody out.
    expect((await app.request('/api/v1/clusters', { from: '10.0.0.9' })).status).toBe(200);
    expect((await app.request('/metrics', { from: '10.0.0.9' })).status).toBe(200);
    const link = app.access.createLink('start').token;
    expect((await app.request(`/?token=${link}`, { as: null, from: '10.0.0.9' })).status).toBe(303);
    // Others have their own ten; one who has an IPv6 address has a /64 of them.
    expect((await app.request('/api/v1/clusters', { as: 'a-guess', from: '10.0.0.10' })).status).toBe(401);
    for (let i = 0; i < 10; i++)
      await app.request('/api/v1/clusters', { as: 'a-guess', from: `2001:db8:1:2::${i}` });
    const neighbour = { as: 'a-guess', from: '2001:db8:1:2:ffff::1' };
    expect((await app.request('/api/v1/clusters', neighbour)).status).toBe(429);
    vi.setSystemTime(Date.now() + 61_000);
    expect((await guess()).status).toBe(401);
  });
});

describe('a browser', () => {
  it('enters by the printed link once, and stays by its cookie', async () => {
    const link = app.access.createLink('start').token;
    const entered = await app.request(`/clusters/demo?show=all&token=${link}`, { as: null });
    expect(entered.status).toBe(303);
    expect(entered.headers.get('location')).toBe('/clusters/demo?show=all');
    expect(entered.headers.get('set-cookie')).toMatch(
      /^tricorder_4310=.*Max-Age=\d+.*Path=\/.*HttpOnly.*SameSite=Strict/,
    );
    const cookie = cookieOf(entered);
    expect((await app.request('/api/v1/clusters', { as: null, headers: { cookie } })).status).toBe(200);
    // Used up: the page comes all the same, and is told why.
    const again = await app.request(`/?token=${link}`, { as: null });
    expect([again.status, again.headers.get('set-cookie')]).toEqual([401, null]);
    expect(await again.text()).toMatch(/<meta name="tricorder-link" content="used">.*id="root"/);
    expect((await app.request('/', { as: null })).status).toBe(200);
    expect(await (await app.request('/', { as: null })).text()).not.toContain('tricorder-link');
  });

  it.each([
    ['used', 0, /has been used/],
    ['too-old', 16, /has expired: it is valid for 15 minutes/],
    ['unknown', 0, /is not valid/],
  ])('is told of a link that is %s that it is', async (reason, minutes, words) => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const token = reason === 'unknown' ? 'never-made' : app.access.createLink('start').token;
    if (reason === 'used') await app.request(`/?token=${token}`, { as: null });
    vi.setSystemTime(Date.now() + minutes * 60_000);
    const pasted = await app.request('/api/v1/session', {
      as: null,
      method: 'POST',
      body: JSON.stringify({ token }),
    });
    expect(pasted.status).toBe(401);
    expect(await pasted.json()).toMatchObject({
      code: 'UNAUTHORIZED',
      reason,
      message: expect.stringMatching(words),
    });
    // A link that was good once is no guess, however often it is tried.
    if (reason !== 'unknown') {
      for (let i = 0; i < 15; i++)
        expect((await app.request(`/?token=${token}`, { as: null })).status).toBe(401);
    }
  });

  it('that another site leads here has its token neither looked at, nor counted, nor used up', async () => {
    const led = (token: string, headers: Record<string, string>) =>
      app.request(`/?token=${token}`, { as: null, headers });
    const ways: Record<string, string>[] = [
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' },
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' },
      // Another port of this machine is the same site.
      { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'navigate' },
      // Browsers say nothing of it over plain HTTP to another host.
      { referer: 'http://evil.example/page' },
    ];
    const link = app.access.createLink('start').token;
    for (const headers of ways) {
      for (let i = 0; i < 12; i++) {
        const answer = await led(i === 0 ? link : 'wrong', headers);
        expect([answer.status, answer.headers.get('set-cookie')]).toEqual([200, null]);
        expect(await answer.text()).toContain('<meta name="tricorder-link" content="elsewhere">');
        expect(answer.headers.get('content-security-policy')).toMatch(/frame-ancestors 'none'/);
      }
    }
    // Not counted: a wrong one is judged as the first.
    expect((await led('wrong', { 'sec-fetch-site': 'none' })).status).toBe(401);
    // Not used up: typed, or opened from a terminal or a mail program, it lets in.
    expect((await led(link, { 'sec-fetch-site': 'none', 'sec-fetch-mode': 'navigate' })).status).toBe(303);
    expect(app.logged.filter((line) => line.includes('refused'))).toHaveLength(1);
  });

  it('does not use a link up by what its browser fetches ahead', async () => {
    const link = app.access.createLink('start').token;
    const ahead = { 'sec-fetch-site': 'none', 'sec-purpose': 'prefetch;prerender' };
    expect((await app.request(`/?token=${link}`, { as: null, headers: ahead })).status).toBe(503);
    expect((await app.request(`/?token=${link}`, { as: null, method: 'HEAD' })).status).toBe(200);
    expect((await app.request(`/?token=${link}`, { as: null })).status).toBe(303);
  });

  it('that is in already is let through by a link that is used up', async () => {
    const link = app.access.createLink('start').token;
    const cookie = cookieOf(await app.request(`/?token=${link}`, { as: null }));
    const again = await app.request(`/lag?token=${link}`, { as: null, headers: { cookie } });
    expect([again.status, again.headers.get('location'), again.headers.get('set-cookie')]).toEqual([
      303,
      '/lag',
      null,
    ]);
  });

  it('is not led elsewhere by the link', async () => {
    for (const path of ['//evil.example/', '///evil.example', '/%2F%2Fevil.example']) {
      const link = app.access.createLink('start').token;
      const response = await app.request(`${path}?token=${link}`, { as: null });
      expect(response.headers.get('location') ?? '', path).not.toMatch(/^\/\/|^https?:/);
    }
  });

  it('logs in by pasting the token, and out', async () => {
    const post = (token: unknown) =>
      app.request('/api/v1/session', { as: null, method: 'POST', body: JSON.stringify({ token }) });
    expect((await post('wrong-token')).status).toBe(401);
    expect((await post(7)).status).toBe(400);
    const entered = await post(TOKEN);
    expect(entered.status).toBe(204);
    const headers = { cookie: cookieOf(entered) };
    expect((await app.request('/api/v1/clusters', { as: null, headers })).status).toBe(200);
    expect((await app.request('/api/v1/session', { as: null, method: 'DELETE', headers })).status).toBe(204);
    expect((await app.request('/api/v1/clusters', { as: null, headers })).status).toBe(401);
  });
});

describe('Host and Origin', () => {
  it.each([
    ['127.0.0.1:4310', 200],
    ['localhost:4310', 200],
    ['LOCALHOST:4310', 200],
    ['[::1]:4310', 200],
    ['localhost:8080', 200],
    ['console.example', 200],
    ['evil.example', 403],
    ['127.0.0.1.evil.example:4310', 403],
    ['localhost.evil.example', 403],
    ['', 403],
  ])('Host %s: %i', async (host, status) => {
    const response = await app.request('/api/v1/clusters', { host });
    expect(response.status).toBe(status);
    if (status === 403)
      expect(await response.json()).toMatchObject({
        code: 'FORBIDDEN',
        message: expect.stringMatching(/--allow-host/),
      });
    expect((await app.request('/', { host })).status).toBe(status);
  });

  it.each([
    ['http://127.0.0.1:4310', 200],
    ['http://127.0.0.1:3000', 403],
    ['http://localhost:4310', 403],
    ['https://evil.example', 403],
    ['null', 403],
  ])('Origin %s: %i', async (origin, status) => {
    expect((await app.request('/api/v1/clusters', { headers: { origin } })).status).toBe(status);
  });

  it.each(['cross-site', 'same-site'])(
    "refuses %s pages' requests that send no Origin, and lets their links in",
    async (site) => {
      const from = (mode: string) => ({ 'sec-fetch-site': site, 'sec-fetch-mode': mode });
      expect((await app.request('/api/v1/clusters', { headers: from('no-cors') })).status).toBe(403);
      // An image of another page: its token is not looked at either.
      expect((await app.request('/?token=wrong', { as: null, headers: from('no-cors') })).status).toBe(403);
      expect((await app.request('/', { headers: from('navigate') })).status).toBe(200);
    },
  );

  it.each([
    ['10.1.2.3:4310', '10.1.2.3', 200],
    ['10.1.2.3:4310', '::ffff:10.1.2.3', 200],
    ['[2001:db8::1]:4310', '2001:db8::1', 200],
    ['[2001:DB8:0::1]:4310', '2001:db8::1', 200],
    ['10.1.2.4:4310', '10.1.2.3', 403],
    ['evil.example', '10.1.2.3', 403],
  ])('Host %s over a connection to %s: %i', async (host, local, status) => {
    expect((await app.request('/api/v1/clusters', { host, local })).status).toBe(status);
  });
});

describe('every answer', () => {
  it.each([
    ['GET', '/', 200],
    ['GET', '/assets/app-1a2b3c4d.js', 200],
    ['GET', '/assets/gone-00000000.js', 404],
    ['GET', '/?token=wrong', 401],
    ['GET', '/api/v1/health', 200],
    ['GET', '/api/v1/clusters', 200],
    ['GET', '/api/v1/clusters/nobody', 404],
    ['GET', '/api/v1/clusters/nobody/events', 404],
    ['GET', '/api/v1/openapi.json', 200],
    ['GET', '/api/v2/x', 404],
    ['POST', '/', 404],
    ['POST', '/api/v1/session', 400],
    ['DELETE', '/api/v1/session', 204],
    ['GET', '/metrics', 200],
  ])('has the security headers: %s %s', async (method, path, status) => {
    const answer = await app.request(path, { method });
    const { headers } = answer;
    expect(answer.status).toBe(status);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('content-security-policy')).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
    expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
    expect(headers.get('cross-origin-opener-policy')).toBe('same-origin');
    const kept = path.startsWith('/assets/app') || path === '/';
    if (!kept) expect(headers.get('cache-control')).toBe('no-store');
    // It would hold for every port of the host.
    expect(headers.get('strict-transport-security')).toBeNull();
  });

  it('has them when it is a refusal before anything else', async () => {
    for (const answer of [
      await app.request('/api/v1/clusters', { as: null }),
      await app.request('/', { host: 'evil.example' }),
      await app.request('/api/v1/clusters', { method: 'POST', body: 'x'.repeat(2 << 20) }),
      await app.request('/metrics', { method: 'POST', body: 'x'.repeat(2 << 20) }),
    ]) {
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
      expect(answer.headers.get('cache-control')).toBe('no-store');
    }
  });
});

describe('the page', () => {
  it('comes for every path that is no file, never cached, under a strict policy', async () => {
    for (const path of ['/', '/clusters/demo/lag', '/index.html', '/clusters/dots.in.name']) {
      const response = await app.request(path, { as: null });
      expect([response.status, response.headers.get('cache-control')], path).toEqual([200, 'no-cache']);
      const policy = response.headers.get('content-security-policy') ?? '';
      expect(policy).toMatch(/default-src 'none'/);
      expect(policy).toMatch(/script-src 'self' 'sha256-[\w+/=]+'/);
      expect(policy).toMatch(/frame-ancestors 'none'/);
      expect(response.headers.get('x-content-type-options')).toBe('nosniff');
      expect(await response.text()).toContain('id="root"');
    }
  });

  it('has its files compressed and kept for good', async () => {
    const path = '/assets/app-1a2b3c4d.js';
    const plain = await app.request(path, { as: null });
    expect(plain.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(plain.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    const full = (await plain.text()).length;
    for (const [accept, encoding] of [
      ['gzip, deflate, br', 'br'],
      ['gzip', 'gzip'],
    ]) {
      const small = await app.request(path, { as: null, headers: { 'accept-encoding': accept as string } });
      expect(small.headers.get('content-encoding')).toBe(encoding);
      expect((await small.arrayBuffer()).byteLength).toBeLessThan(full / 4);
    }
    const etag = plain.headers.get('etag') ?? '';
    expect((await app.request(path, { as: null, headers: { 'if-none-match': etag } })).status).toBe(304);
    expect((await app.request('/assets/gone-00000000.js', { as: null })).status).toBe(404);
  });

  it('says how to build it when it is not there', async () => {
    const bare = await startApp({ page: false });
    const response = await bare.request('/', { as: null });
    expect([response.status, await response.text()]).toEqual([503, expect.stringMatching(/npm run build/)]);
    await bare.stop();
  });
});

describe('behind a proxy', () => {
  let proxied: TestApp;
  beforeEach(async () => {
    proxied = await startApp({ behindProxy: true });
  });
  afterEach(() => proxied.stop());
  const by = (forwarded: string) => ({ from: '127.0.0.1', headers: { 'x-forwarded-for': forwarded } });

  it('counts by the address that the proxy has seen, not by what the client wrote before it', async () => {
    for (let i = 0; i < 11; i++)
      await proxied.request('/metrics', { as: 'guess', ...by(`192.0.2.${i}, 203.0.113.9`) });
    const guess = (forwarded: string) => proxied.request('/metrics', { as: 'guess', ...by(forwarded) });
    expect((await guess('203.0.113.9')).status).toBe(429);
    expect((await guess('203.0.113.10')).status).toBe(401);
    expect(proxied.logged.at(-1)).toMatch(/door: 203\.0\.113\.10 was refused/);
  });

  it.each([
    ['203.0.113.9:41234', '203.0.113.9'],
    ['[2001:db8::7]:41234', '2001:db8::7'],
    ['2001:db8::7', '2001:db8::7'],
    ['', '127.0.0.1'],
    ['evil\tname <b>', '127.0.0.1'],
  ])('X-Forwarded-For %j is %s', async (forwarded, address) => {
    await proxied.request('/metrics', { as: 'guess', ...by(forwarded) });
    expect(proxied.logged.at(-1)).toContain(`door: ${address} was refused`);
  });

  it('has a cookie that is sent over TLS only, and receipts with the address', async () => {
    const link = proxied.access.createLink('start').token;
    const entered = await proxied.request(`/?token=${link}`, { as: null, ...by('203.0.113.9') });
    expect(entered.headers.get('set-cookie')).toMatch(/Secure/);
    const headers = { cookie: cookieOf(entered) };
    const { items } = await (await proxied.request('/api/v1/sessions', { as: null, headers })).json();
    expect(items[0].address).toBe('203.0.113.9');
  });

  it('is asked for: without it the header is what anybody may write', async () => {
    await app.request('/metrics', { as: 'guess', ...by('203.0.113.9') });
    expect(app.logged.at(-1)).toContain('door: 127.0.0.1 was refused');
    const link = app.access.createLink('start').token;
    const entered = await app.request(`/?token=${link}`, { as: null, ...by('203.0.113.9') });
    expect(entered.headers.get('set-cookie')).not.toMatch(/Secure/);
  });
});
