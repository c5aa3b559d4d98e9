/** Who may enter, and what a browser is told. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startApp, type TestApp, TOKEN } from './test-app.ts';

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
    expect([health.status, await health.json()]).toEqual([200, { status: 'ok', version: '0.0.0' }]);
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

  it('refuses every token of an address that guessed ten times, for a minute', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    for (let i = 0; i < 10; i++)
      expect((await app.request('/api/v1/clusters', { as: `guess-${i}` })).status).toBe(401);
    const refused = await app.request('/api/v1/clusters');
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '60']);
    expect(await refused.json()).toMatchObject({ code: 'TOO_MANY_REQUESTS' });
    vi.setSystemTime(Date.now() + 61_000);
    expect((await app.request('/api/v1/clusters')).status).toBe(200);
  });
});

describe('a browser', () => {
  it('enters by the printed link once, and stays by its cookie', async () => {
    const link = app.access.createLinkToken();
    const entered = await app.request(`/clusters/demo?show=all&token=${link}`, { as: null });
    expect(entered.status).toBe(303);
    expect(entered.headers.get('location')).toBe('/clusters/demo?show=all');
    expect(entered.headers.get('set-cookie')).toMatch(
      /^tricorder_4310=.*Max-Age=\d+.*Path=\/.*HttpOnly.*SameSite=Strict/,
    );
    const cookie = cookieOf(entered);
    expect((await app.request('/api/v1/clusters', { as: null, headers: { cookie } })).status).toBe(200);
    // Used up: the page comes all the same, with its login.
    const again = await app.request(`/?token=${link}`, { as: null });
    expect([again.status, again.headers.get('set-cookie')]).toEqual([401, null]);
    expect(await again.text()).toContain('id="root"');
  });

  it('that is in already is let through by a link that is used up', async () => {
    const link = app.access.createLinkToken();
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
      const link = app.access.createLinkToken();
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

  it("refuses other sites' pages that send no Origin, and lets their links in", async () => {
    const from = (mode: string) => ({ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': mode });
    expect((await app.request('/api/v1/clusters', { headers: from('no-cors') })).status).toBe(403);
    expect((await app.request('/', { headers: from('navigate') })).status).toBe(200);
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
