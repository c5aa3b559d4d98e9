/** The page's link sends what the library's own link sends, for every procedure of the contract, and reads what its server answers. */
import type { ClientLink } from '@orpc/client';
import { eventIterator, oc } from '@orpc/contract';
import { OpenAPIHandler } from '@orpc/openapi/fetch';
import { OpenAPILink } from '@orpc/openapi-client/fetch';
import { implement, withEventMeta } from '@orpc/server';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { contract } from '#core/contract/contract.ts';
import { JsonLink, type RouteTable } from './link.ts';
import table from './route-table.json' with { type: 'json' };

const BASE = 'http://console.test/api/v1';
const routes = table as unknown as RouteTable;

/** Values for every field that any procedure takes: awkward in the places where a request could be written wrongly. */
const FLAT = {
  cluster: 'läger 1.a',
  node: 'n/1 & "x"',
  id: 'a?b#c',
  name: 'demo',
  step: 'compare:all',
  session: '7',
  filter: 'public.a+b=c',
  limit: 50,
  position: 2,
  from: 'n1',
  on: true,
  since: undefined,
};
const WITH_LISTS = { ...FLAT, nodes: [{ dsn: 'postgres://u:p%40@h/db?sslmode=require', peerDsn: null }] };

interface Sent {
  method: string;
  path: string;
  query: [string, string][];
  body: unknown;
}

/** What a link sends for a call, caught before it leaves. */
async function sentBy(
  make: (send: typeof fetch) => Pick<ClientLink<Record<never, never>>, 'call'>,
  path: string[],
  input: unknown,
): Promise<Sent | undefined> {
  let sent: Sent | undefined;
  const link = make(async (to, init) => {
    const request = new Request(to, init);
    const url = new URL(request.url);
    const text = await request.text();
    sent = {
      method: request.method,
      path: url.pathname.split('/').map(decodeURIComponent).join('|'),
      query: [...url.searchParams].sort(),
      // The library sends no body where ours sends {}: it means the same.
      body: text === '' ? {} : JSON.parse(text),
    };
    return Response.json({});
  });
  await link.call(path, input, { context: {} });
  return sent;
}

const procedures = Object.entries(routes).flatMap(([domain, all]) =>
  Object.entries(all).map(
    ([name, [method, path]]) => [`${domain}.${name}`, { domain, name, method, path }] as const,
  ),
);

it.each(procedures)('sends %s as the library does', async (_, { domain, name, method, path }) => {
  const takesNothing = method === 'GET' && !path.includes('{') && path !== '/activity';
  const input = takesNothing ? undefined : method === 'GET' ? FLAT : WITH_LISTS;
  const ours = await sentBy(
    (fetch) => new JsonLink(routes, { base: () => BASE, fetch }),
    [domain, name],
    input,
  );
  const theirs = await sentBy(
    (send) =>
      new OpenAPILink(contract, { url: BASE, fetch: (request, init) => send(request, init as RequestInit) }),
    [domain, name],
    input,
  );
  expect(ours).toBeDefined();
  expect(ours).toEqual(theirs);
});

it.each([
  ['short', true],
  ['x'.repeat(70_000), false],
])(
  'outlives the page where that is asked for, unless it is too long for browsers',
  async (name, keepalive) => {
    let init: RequestInit | undefined;
    const link = new JsonLink(routes, {
      base: () => BASE,
      fetch: async (_url, given) => {
        init = given;
        return Response.json({});
      },
    });
    const input = { id: 'd1', name };
    await link.call(['deploys', 'save'], input, { context: { keepalive: true } });
    expect(init?.keepalive).toBe(keepalive);
    await link.call(['deploys', 'save'], input, { context: {} });
    expect(init?.keepalive).toBe(false);
  },
);

describe('what a server of the library answers', () => {
  const small = {
    clusters: {
      get: oc.route({ method: 'GET', path: '/clusters/{cluster}' }).errors({ NOT_FOUND: { status: 404 } }),
      events: oc
        .route({ method: 'GET', path: '/clusters/{cluster}/events' })
        .input(z.object({ cluster: z.string() }))
        .output(eventIterator(z.object({ text: z.string() }))),
    },
  };
  const os = implement(small);
  const handler = new OpenAPIHandler(
    os.router({
      clusters: {
        get: os.clusters.get.handler(({ errors }) => {
          throw errors.NOT_FOUND({ message: 'No cluster is called so.' });
        }),
        events: os.clusters.events.handler(async function* () {
          yield withEventMeta({ text: 'first' }, { id: '7' });
        }),
      },
    }),
  );
  const link = new JsonLink(routes, {
    base: () => BASE,
    fetch: async (to, init) => {
      const { response } = await handler.handle(new Request(to, init), { prefix: '/api/v1', context: {} });
      return response ?? new Response('<h1>Bad gateway', { status: 502 });
    },
  });
  it('is an error with its code, status and words', async () => {
    const call = link.call(['clusters', 'get'], { cluster: 'x' }, { context: {} });
    await expect(call).rejects.toMatchObject({
      code: 'NOT_FOUND',
      status: 404,
      message: 'No cluster is called so.',
    });
  });

  it('is an error with its status where the answer is none of the API', async () => {
    await expect(link.call(['system', 'console'], undefined, { context: {} })).rejects.toMatchObject({
      status: 502,
    });
  });

  it('is refused where it is a stream, which would take a connection of its own', async () => {
    const call = link.call(['clusters', 'events'], { cluster: 'demo' }, { context: {} });
    await expect(call).rejects.toThrow('clusters.events is a stream');
  });
});
