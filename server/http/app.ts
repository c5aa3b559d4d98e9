/** The whole of HTTP: who may enter, then API, metrics and page. Pure of sockets: tests call `fetch`. */
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { API_PREFIX } from '#core/contract/contract.ts';
import { namesIn } from '#core/feed/topics.ts';
import type { Services } from '#server/services.ts';
import type { Access } from './access.ts';
import { createApi } from './api.ts';
import { findCluster } from './clusters.ts';
import { type Ctx, Entrance, type NodeEnv } from './entrance.ts';
import { errorResponse, toApiError } from './errors.ts';
import { eventStream, feedStream } from './events.ts';
import { refusalOf } from './guard.ts';
import type { Caller } from './implement.ts';
import { metricsText } from './metrics.ts';
import { secure } from './security-headers.ts';
import { endingWith } from './session-stream.ts';
import type { StaticFiles } from './static-files.ts';

const BODY_LIMIT = 1 << 20;

export interface AppOptions {
  services: Services;
  access: Access;
  files: StaticFiles;
  /** Host names besides the loopback ones, lower case. */
  allowedHosts: ReadonlySet<string>;
  /** Cookies know no ports: the name keeps two consoles on one machine apart. */
  cookieName: string;
  /** The console itself speaks TLS. */
  tls: boolean;
  /** Where it listens. */
  port: number;
  /** A proxy stands before it, speaks TLS with browsers, and says their addresses in X-Forwarded-For. */
  behindProxy: boolean;
}

export function createApp(options: AppOptions): Hono<NodeEnv> {
  const { services, access, files, behindProxy } = options;
  const api = createApi(services, access);
  const app = new Hono<NodeEnv>();
  const entrance = new Entrance({
    access,
    files,
    cookieName: options.cookieName,
    secure: options.tls || behindProxy,
    behindProxy,
  });
  const hsts = options.tls && options.port === 443;

  app.onError((error) => {
    const { status, ...shape } = toApiError(error, services.log).toJSON();
    return Response.json({ ...shape, status }, { status });
  });

  app.use(async (c, next) => {
    const refusal = refusalOf(c.req.raw.headers, options.allowedHosts, c.env?.incoming?.socket?.localAddress);
    if (refusal === null) await next();
    else c.res = errorResponse('FORBIDDEN', refusal);
    secure(c.res.headers, hsts);
  });

  app.use(
    bodyLimit({
      maxSize: BODY_LIMIT,
      onError: () =>
        errorResponse('BAD_REQUEST', 'The body is over 1 MB. No request needs that much.', {
          connection: 'close',
        }),
    }),
  );

  app.get(`${API_PREFIX}/health`, (c) => api.handle(c.req.raw, caller(c, null)));
  // Not in the contract: entering is no resource of the API, and a page that is not let in yet needs it.
  app.post(`${API_PREFIX}/session`, (c) => entrance.signIn(c));
  app.delete(`${API_PREFIX}/session`, (c) => entrance.signOut(c));

  const enter = async (c: Ctx, next: () => Promise<void>) => {
    const refusal = entrance.refuse(c);
    if (refusal !== null) return refusal;
    await next();
    const session = entrance.sessionOf(c);
    if (session !== null) c.res = endingWith(c.res, session, access);
    return undefined;
  };
  app.use(`${API_PREFIX}/*`, enter);
  app.use('/metrics', enter);

  function caller(c: Ctx, by: string | null): Caller {
    return { by, session: by === null ? null : entrance.sessionOf(c), visitor: entrance.visitor(c) };
  }

  app.get(`${API_PREFIX}/openapi.json`, async () => Response.json(await api.describe()));
  app.get(`${API_PREFIX}/events`, (c) =>
    feedStream(
      services,
      { clusters: namesIn(c.req.query('clusters')), runs: namesIn(c.req.query('runs')) },
      c.req.header('last-event-id'),
    ),
  );
  app.get(`${API_PREFIX}/clusters/:cluster/events`, (c) => {
    const { watcher } = findCluster(services, c.req.param('cluster'));
    return eventStream(watcher.stream, c.req.header('last-event-id'));
  });
  app.all(`${API_PREFIX}/*`, (c) => {
    const how = entrance.sessionOf(c) === null ? 'token' : 'page';
    return api.handle(c.req.raw, caller(c, `${how}, ${entrance.visitor(c).address}`));
  });
  app.all('/api/*', () => errorResponse('NOT_FOUND', `The API is under ${API_PREFIX}.`));
  app.get('/metrics', (c) =>
    c.body(metricsText(services), 200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }),
  );

  app.on(['GET', 'HEAD'], '*', async (c) => {
    const entered = await entrance.byLink(c);
    if (entered !== null) return entered;
    const { pathname } = new URL(c.req.url);
    const file = await files.file(pathname, c.req.raw);
    if (file !== null) return file;
    if (pathname.startsWith('/assets/')) return errorResponse('NOT_FOUND', 'There is no such file.');
    return files.page(c.req.raw);
  });
  app.all('*', () => errorResponse('NOT_FOUND', `The API is under ${API_PREFIX}.`));
  return app;
}
