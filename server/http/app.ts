/** The whole of HTTP: who may enter, then API, metrics and page. Pure of sockets: tests call `fetch`. */
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { API_PREFIX } from '#core/contract/contract.ts';
import type { Services } from '#server/services.ts';
import { SESSION_DAYS } from '#server/store/sessions.ts';
import type { Access } from './access.ts';
import { createApi } from './api.ts';
import { findCluster } from './clusters.ts';
import { errorResponse, toApiError } from './errors.ts';
import { eventStream } from './events.ts';
import { refusalOf } from './guard.ts';
import { metricsText } from './metrics.ts';
import type { StaticFiles } from './static-files.ts';

const BODY_LIMIT = 1 << 20;
const HOW_TO_ENTER = `Open the link that \`npm start\` printed, or POST ${API_PREFIX}/session {"token": "…"}, or send Authorization: Bearer with TRICORDER_TOKEN.`;

export interface AppOptions {
  services: Services;
  access: Access;
  files: StaticFiles;
  /** Host names besides the loopback ones, lower case. */
  allowedHosts: ReadonlySet<string>;
  /** Cookies know no ports: the name keeps two consoles on one machine apart. */
  cookieName: string;
  /** The console itself speaks TLS. */
  secure: boolean;
}

interface NodeEnv {
  Bindings: { incoming?: { socket?: { remoteAddress?: string } } };
}

export function createApp(options: AppOptions): Hono<NodeEnv> {
  const { services, access, files, cookieName } = options;
  const api = createApi(services);
  const app = new Hono<NodeEnv>();

  const hasSession = (c: Context<NodeEnv>) => {
    const session = getCookie(c, cookieName);
    return session !== undefined && access.session(session);
  };
  const openSession = (c: Context<NodeEnv>, session: string) =>
    setCookie(c, cookieName, session, {
      path: '/',
      httpOnly: true,
      sameSite: 'Strict',
      secure: options.secure,
      maxAge: SESSION_DAYS * 86_400,
    });

  app.onError((error) => {
    services.log.error(`request failed: ${error.stack ?? error}`);
    return errorResponse(
      'INTERNAL_SERVER_ERROR',
      'The console failed at this request. Its log has the cause.',
    );
  });

  app.use(async (c, next) => {
    const refusal = refusalOf(c.req.raw.headers, options.allowedHosts);
    if (refusal !== null) return errorResponse('FORBIDDEN', refusal);
    await next();
    return undefined;
  });

  app.use(
    `${API_PREFIX}/*`,
    bodyLimit({
      maxSize: BODY_LIMIT,
      onError: () =>
        errorResponse('BAD_REQUEST', 'The body is over 1 MB. No request needs that much.', {
          connection: 'close',
        }),
    }),
  );

  app.get(`${API_PREFIX}/health`, (c) => api.handle(c.req.raw, null));

  // Not in the contract: entering is no resource of the API, and a page that is not let in yet needs it.
  app.post(`${API_PREFIX}/session`, async (c) => {
    const body: unknown = await c.req.json().catch(() => null);
    const token = (body as { token?: unknown } | null)?.token;
    if (typeof token !== 'string') return errorResponse('BAD_REQUEST', 'Send {"token": "…"} as JSON.');
    const entered = access.enter(token, addressOf(c));
    if (entered.verdict === 'too-many') return tooMany();
    if (entered.verdict === 'wrong')
      return errorResponse('UNAUTHORIZED', `This token is not the right one. ${HOW_TO_ENTER}`);
    openSession(c, entered.session);
    return c.body(null, 204);
  });
  app.delete(`${API_PREFIX}/session`, (c) => {
    const session = getCookie(c, cookieName);
    if (session !== undefined) access.leave(session);
    deleteCookie(c, cookieName, { path: '/' });
    return c.body(null, 204);
  });

  const enter = async (c: Context<NodeEnv>, next: () => Promise<void>) => {
    if (hasSession(c)) return next();
    const bearer = /^bearer\s+(.+)$/i.exec(c.req.header('authorization') ?? '')?.[1];
    const verdict = bearer === undefined ? 'wrong' : access.bearer(bearer.trim(), addressOf(c));
    if (verdict === 'ok') return next();
    if (verdict === 'too-many') return tooMany();
    const wrong = bearer === undefined ? '' : 'This token is not the right one. ';
    return errorResponse('UNAUTHORIZED', `${wrong}${HOW_TO_ENTER}`, { 'www-authenticate': 'Bearer' });
  };
  app.use(`${API_PREFIX}/*`, enter);
  app.use('/metrics', enter);

  app.get(`${API_PREFIX}/openapi.json`, async () => Response.json(await api.describe()));
  app.get(`${API_PREFIX}/clusters/:cluster/events`, (c) => {
    try {
      const { watcher } = findCluster(services, c.req.param('cluster'));
      return eventStream(watcher.stream, c.req.header('last-event-id'));
    } catch (error) {
      const { status, ...shape } = toApiError(error, services.log).toJSON();
      return Response.json({ ...shape, status }, { status });
    }
  });
  app.all(`${API_PREFIX}/*`, (c) =>
    api.handle(c.req.raw, `${hasSession(c) ? 'page' : 'token'}, ${addressOf(c)}`),
  );
  app.all('/api/*', () => errorResponse('NOT_FOUND', `The API stands under ${API_PREFIX}.`));
  app.get('/metrics', (c) =>
    c.body(metricsText(services), 200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }),
  );

  app.on(['GET', 'HEAD'], '*', async (c) => {
    const url = new URL(c.req.url);
    const token = url.searchParams.get('token');
    if (token !== null && c.req.method === 'GET') {
      // The link again, in the browser that it let in: it is in already.
      if (!hasSession(c)) {
        const entered = access.enter(token, addressOf(c));
        // The page says what to do: it asks the API, which answers 401.
        if (entered.verdict !== 'ok') return files.page(c.req.raw, entered.verdict === 'wrong' ? 401 : 429);
        openSession(c, entered.session);
      }
      url.searchParams.delete('token');
      // `//host` would lead elsewhere.
      return c.redirect(`/${url.pathname.replace(/^\/+/, '')}${url.search}`, 303);
    }
    const file = await files.file(url.pathname, c.req.raw);
    if (file !== null) return file;
    if (url.pathname.startsWith('/assets/')) return errorResponse('NOT_FOUND', 'There is no such file.');
    return files.page(c.req.raw);
  });
  app.all('*', () => errorResponse('NOT_FOUND', `The API stands under ${API_PREFIX}.`));
  return app;
}

function tooMany(): Response {
  return errorResponse(
    'TOO_MANY_REQUESTS',
    'Too many wrong tokens came from this address. Wait a minute, then try again.',
    {
      'retry-after': '60',
    },
  );
}

function addressOf(c: Context<NodeEnv>): string {
  return c.env?.incoming?.socket?.remoteAddress ?? 'unknown';
}
