/** What nobody sends by accident. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startApp, type TestApp } from '#server/testing/app.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.stop());

it.each([
  '/../../../../etc/passwd',
  '/assets/../../../../etc/passwd',
  '/assets/..%2f..%2f..%2fetc/passwd',
  '/%2e%2e/%2e%2e/etc/passwd',
  '/..\\..\\etc\\passwd',
  '/assets/%00',
  '/.ssh/id_rsa',
  '/package.json',
])('%s leads to no file', async (path) => {
  const response = await app.request(path, { as: null });
  const text = await response.text();
  expect(text).not.toMatch(/root:|"dependencies"|PRIVATE/);
  if (response.status === 200) expect(text).toContain('id="root"');
  else expect(response.status).toBe(404);
});

it('refuses a body over 1 MB, with and without a length', async () => {
  const big = 'x'.repeat(2 << 20);
  const declared = await app.request('/api/v1/clusters', { method: 'POST', body: big });
  expect([declared.status, await declared.json()]).toEqual([
    400,
    expect.objectContaining({ code: 'BAD_REQUEST' }),
  ]);
  const body = new ReadableStream({
    start(controller) {
      for (let i = 0; i < 32; i++) controller.enqueue(new TextEncoder().encode('y'.repeat(1 << 16)));
      controller.close();
    },
  });
  const streamed = await app.request('/api/v1/clusters', {
    method: 'POST',
    body,
    duplex: 'half',
  } as RequestInit);
  expect(streamed.status).toBe(400);
});

it.each([
  ['{bad', /cannot be read as JSON/],
  ['[]', /./],
  ['"text"', /./],
  ['null', /./],
  ['{"name":"x","nodes":[{"dsn":7}]}', /nodes\.0\.dsn/],
  ['{"name":"x","nodes":[]}', /nodes/],
  ['{"name":"../etc","nodes":[{"dsn":"host=h"}]}', /name/],
  ['{"name":"x","nodes":[{"dsn":"host=h"}],"unreachable":"maybe"}', /unreachable/],
  [`{"name":"${'n'.repeat(64)}","nodes":[{"dsn":"host=h"}]}`, /name/],
  [JSON.stringify({ name: 'x', nodes: Array(65).fill({ dsn: 'host=h' }) }), /nodes/],
])('POST /clusters %s is a bad request that says where', async (body, message) => {
  const response = await app.request('/api/v1/clusters', {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json' },
  });
  const answer = await response.json();
  expect([response.status, answer.code]).toEqual([400, 'BAD_REQUEST']);
  expect(answer.message).toMatch(message);
  expect(Array.isArray(answer.data.issues)).toBe(true);
  for (const issue of answer.data.issues) {
    expect(issue).toEqual({
      path: expect.any(Array),
      code: expect.any(String),
      message: expect.any(String),
      remedy: null,
    });
  }
  expect(app.logged).toEqual([]);
});

it.each([
  ['GET', '/api/v1/clusters/%00'],
  ['GET', '/api/v1/clusters/%ff'],
  ['GET', '/api/v1/clusters/nobody/snapshot'],
  ['GET', '/api/v1/clusters/__proto__'],
  ['GET', '/api/v1/clusters/constructor/events'],
  ['GET', '/api/v1/clusters/nobody/events'],
  ['GET', `/api/v1/clusters/${'x'.repeat(5000)}`],
  ['DELETE', '/api/v1/clusters/nobody'],
  ['PUT', '/api/v1/clusters/nobody/nodes/n1'],
  ['GET', '/api/v1/activity?limit=-1'],
  ['GET', '/api/v1/activity?limit=1e9'],
  ['GET', '/api/v1/clusters/nobody/lag?step=NaN'],
  ['PATCH', '/api/v1/clusters/nobody'],
  ['OPTIONS', '/api/v1/clusters'],
  ['GET', '/api/v1/'],
  ['GET', '/api/v2/clusters'],
])('%s %s is answered in the one shape, and logs nothing', async (method, path) => {
  const response = await app.request(path, { method });
  const answer = await response.json();
  expect(response.status).toBeGreaterThanOrEqual(400);
  expect(response.status).toBeLessThan(500);
  expect(answer).toMatchObject({
    code: expect.stringMatching(/^[A-Z_]+$/),
    message: expect.stringMatching(/./),
  });
  expect(app.logged).toEqual([]);
});

it.each([
  [
    'POST',
    '/plans',
    { kind: 'set-remove-table', cluster: 'c', nodes: ['n1'], set: 'a\0b', schema: 'public', table: 't' },
    ['set'],
  ],
  [
    'POST',
    '/plans',
    { kind: 'set-remove-table', cluster: 'c', nodes: ['n\0'], set: 's', schema: 'public', table: 't' },
    ['nodes', 0],
  ],
  ['POST', '/clusters', { name: 'x', nodes: [{ dsn: 'host=h' }, { dsn: 'host=h\0' }] }, ['nodes', 1, 'dsn']],
  ['PATCH', '/clusters/demo', { walRoom: { 'n\u0000': 5 } }, ['walRoom', 'n\u2400']],
  ['POST', '/clusters/demo/trace', { from: 'n\0' }, ['from']],
  ['GET', '/clusters/demo/conflicts?table=%00', undefined, ['table']],
  ['GET', '/clusters/demo/exceptions?table=public.t%00', undefined, ['table']],
  ['GET', '/clusters/demo/exceptions?node=%00', undefined, ['node']],
  ['GET', '/clusters/demo/conflicts?cursor=a%00', undefined, ['cursor']],
  ['GET', '/clusters/demo/lag?links=n1%3En2%00', undefined, ['links']],
  ['GET', '/clusters/demo/tables?filter=%00', undefined, ['filter']],
  ['GET', '/plans/a%00', undefined, ['id']],
  ['POST', '/runs/1%00/rollback', {}, ['id']],
  ['PUT', '/deploys/x%00', {}, ['id']],
])('a NUL in %s %s %j is a bad request that says where', async (method, path, body, where) => {
  const { status, body: answer } = await app.json(method, path, body);
  expect([status, answer.code]).toEqual([400, 'BAD_REQUEST']);
  expect(answer.data.issues[0].path).toEqual(where);
  expect(answer.message).toMatch(/NUL/);
  expect(app.logged).toEqual([]);
});

it('finds a NUL however deep, and ends no stack by looking', async () => {
  const deep = `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`;
  const answer = await app.request('/api/v1/plans', {
    method: 'POST',
    body: deep,
    headers: { 'content-type': 'application/json' },
  });
  expect(answer.status).toBe(400);
});

it('describes itself, every path with its errors', async () => {
  const { status, body } = await app.json('GET', '/openapi.json');
  expect(status).toBe(200);
  expect(Object.keys(body.paths)).toContain('/clusters/{cluster}/snapshot');
  expect(Object.keys(body.paths['/clusters'].post.responses)).toEqual(
    expect.arrayContaining(['201', '400', '401', '409', '422']),
  );
});
