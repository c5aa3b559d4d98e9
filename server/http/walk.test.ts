/** Every path of the API, with every kind of wrong credential: nothing but health answers. */
import { isContractProcedure } from '@orpc/contract';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { contract } from '#core/contract/contract.ts';
import { startApp, type TestApp, TOKEN } from '#server/testing/app.ts';

let app: TestApp;
let foreign: TestApp;
beforeAll(async () => {
  app = await startApp();
  foreign = await startApp();
});
afterAll(() => Promise.all([app.stop(), foreign.stop()]));

function routesOf(router: object): [method: string, path: string][] {
  return Object.values(router).flatMap((part: object) => {
    if (!isContractProcedure(part)) return routesOf(part);
    const { method = 'POST', path = '/' } = part['~orpc'].route;
    return [[method, path.replace(/\{\w+\}/g, 'x')] as [string, string]];
  });
}

/** Of the contract, beside it, and what is none of it. */
const PATHS: [method: string, path: string][] = [
  ...routesOf(contract)
    .filter(([, path]) => path !== '/health')
    .map(([method, path]): [string, string] => [method, `/api/v1${path}`]),
  ...['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND'].map((method): [string, string] => [
    method,
    '/api/v1/clusters/x',
  ]),
  ['GET', '/metrics'],
  ['HEAD', '/metrics'],
  ['GET', '/api/v1/openapi.json'],
  ['GET', '/api/v1//clusters'],
  ['GET', '/api/v1/./clusters'],
  ['GET', '/api/v1/clusters/'],
  ['GET', '/api/v1/clusters?access_token=x'],
  ['GET', '/api/v1/health/../clusters'],
  ['GET', '/api/v1/health/x'],
  ['GET', '/api/v1/session'],
  ['PUT', '/api/v1/session'],
  ['GET', '/api/v1/sessions/x'],
  ['GET', '/metrics/'],
];

async function credentials(): Promise<Record<string, Record<string, string>>> {
  const cookieOf = async (of: TestApp) => {
    const { token } = of.access.createLink('start');
    const entered = await of.request(`/?token=${token}`, { as: null });
    return entered.headers.get('set-cookie')?.split(';')[0] ?? '';
  };
  const ended = await cookieOf(app);
  await app.request('/api/v1/session', { as: null, method: 'DELETE', headers: { cookie: ended } });
  const sessions = app.access.sessions();
  return {
    none: {},
    basic: { authorization: `Basic ${btoa(`x:${TOKEN}`)}` },
    'another scheme': { authorization: `Token ${TOKEN}` },
    'a part of the token': { authorization: `Bearer ${TOKEN.slice(0, -1)}` },
    'two tokens': { authorization: `Bearer x, Bearer ${TOKEN}` },
    'a link as bearer': { authorization: `Bearer ${app.access.createLink('start').token}` },
    'the token as cookie': { cookie: `tricorder_4310=${TOKEN}` },
    'the cookie of another console': { cookie: await cookieOf(foreign) },
    'an ended session': { cookie: ended },
    'the id of a session': { cookie: `tricorder_4310=${sessions[0]?.id ?? 'x'}` },
    'another header': { 'x-auth-token': TOKEN, 'x-api-key': TOKEN, 'proxy-authorization': `Bearer ${TOKEN}` },
    'another method and address': {
      'x-http-method-override': 'GET',
      'x-original-url': '/api/v1/health',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-host': '127.0.0.1',
    },
  };
}

it('answers 401 to all of them', async () => {
  let asked = 0;
  const answered: string[] = [];
  for (const [how, headers] of Object.entries(await credentials())) {
    for (const [index, [method, path]] of PATHS.entries()) {
      // Each from an address of its own: the limit on wrong tokens would answer in the door's place.
      const from = `10.${index}.${asked % 250}.${asked % 200}`;
      const { status } = await app.request(path, { as: null, method, headers, from });
      asked++;
      // Neither `..` nor what follows /metrics leads anywhere but to the page, which says nothing.
      const page = method === 'GET' && path === '/metrics/';
      if (status !== 401 && !page) answered.push(`${how}: ${method} ${path}: ${status}`);
    }
  }
  expect(answered).toEqual([]);
  expect(asked).toBeGreaterThan(600);
});
