/** How a browser comes in and goes out: by the link that it opens, by the token that it sends, by its cookie. */
import type { Context } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { API_PREFIX } from '#core/contract/contract.ts';
import { LINK_MINUTES } from '#server/store/links.ts';
import { SESSION_DAYS } from '#server/store/sessions.ts';
import type { Access, Refused, Visitor } from './access.ts';
import { errorResponse } from './errors.ts';
import type { StaticFiles } from './static-files.ts';
import { addressOf, browserOf, cameFromElsewhere, isFetchedAhead } from './visitor.ts';

export interface NodeEnv {
  Bindings: { incoming?: { socket?: { remoteAddress?: string; localAddress?: string } } };
  /** Id of the session whose cookie came along, once it was looked up; null: none that lives. */
  Variables: { session?: string | null };
}
export type Ctx = Context<NodeEnv>;

export const HOW_TO_ENTER = `Open the link that \`npm start\` printed, or POST ${API_PREFIX}/session {"token": "…"}, or send Authorization: Bearer with TRICORDER_TOKEN.`;
const ANOTHER =
  'For another: Settings, Sign in another browser, in a browser that is signed in; or Enter in the terminal of the console; or npm start -- --new-link beside it.';

const REFUSALS: Record<Exclude<Refused, 'too-many'>, string> = {
  used: `This link has been used: it signs in one browser, once. ${ANOTHER}`,
  'too-old': `This link has expired: it is valid for ${LINK_MINUTES} minutes. ${ANOTHER}`,
  ended: `This link was created before the console was restarted. ${ANOTHER}`,
  unknown: `This token is not valid. ${HOW_TO_ENTER}`,
};

export interface EntranceOptions {
  access: Access;
  files: StaticFiles;
  /** Cookies know no ports: the name keeps two consoles on one machine apart. */
  cookieName: string;
  /** Browsers reach it by TLS: the console's own, or a proxy's before it. */
  secure: boolean;
  /** The client's address stands in the proxy's header. */
  behindProxy: boolean;
}

export class Entrance {
  readonly #options: EntranceOptions;

  constructor(options: EntranceOptions) {
    this.#options = options;
  }

  visitor(c: Ctx): Visitor {
    const { headers } = c.req.raw;
    const address = addressOf(headers, c.env?.incoming?.socket?.remoteAddress, this.#options.behindProxy);
    return { address, browser: browserOf(headers) };
  }

  /** Id of the session whose cookie came along; null: none that lives. */
  sessionOf(c: Ctx): string | null {
    const known = c.get('session');
    if (known !== undefined) return known;
    const secret = getCookie(c, this.#options.cookieName);
    const session = secret === undefined ? null : this.#options.access.session(secret);
    c.set('session', session);
    return session;
  }

  /** `POST /session`: a token for a cookie. */
  async signIn(c: Ctx): Promise<Response> {
    const body: unknown = await c.req.json().catch(() => null);
    const token = (body as { token?: unknown } | null)?.token;
    if (typeof token !== 'string') return errorResponse('BAD_REQUEST', 'Send {"token": "…"} as JSON.');
    const entered = this.#options.access.enter(token, this.visitor(c));
    if ('refused' in entered) return refusal(entered.refused);
    this.#setCookie(c, entered.session);
    return c.body(null, 204);
  }

  /** `DELETE /session`. */
  signOut(c: Ctx): Response {
    const session = this.sessionOf(c);
    if (session !== null) this.#options.access.end(session, 'its own browser');
    deleteCookie(c, this.#options.cookieName, { path: '/' });
    return c.body(null, 204);
  }

  /** Null: the request may pass. */
  refuse(c: Ctx): Response | null {
    if (this.sessionOf(c) !== null) return null;
    const bearer = /^bearer\s+(.+)$/i.exec(c.req.header('authorization') ?? '')?.[1];
    const verdict =
      bearer === undefined ? 'wrong' : this.#options.access.bearer(bearer.trim(), this.visitor(c).address);
    if (verdict === 'ok') return null;
    if (verdict === 'too-many') return refusal('too-many');
    const wrong = bearer === undefined ? '' : 'This token is not valid. ';
    return errorResponse('UNAUTHORIZED', `${wrong}${HOW_TO_ENTER}`, { 'www-authenticate': 'Bearer' });
  }

  /** The page asked for with a token in its address; null: it has none. */
  async byLink(c: Ctx): Promise<Response | null> {
    const url = new URL(c.req.url);
    const token = url.searchParams.get('token');
    if (token === null || c.req.method !== 'GET') return null;
    const { access, files } = this.#options;
    if (this.sessionOf(c) === null) {
      // The browser asks again when somebody really comes.
      if (isFetchedAhead(c.req.raw.headers)) return c.body(null, 503);
      // Not looked at, not counted, not used up: the page offers it to whoever sits before it.
      if (cameFromElsewhere(c.req.raw.headers)) return files.page(c.req.raw, 200, 'elsewhere');
      const entered = access.enter(token, this.visitor(c));
      // The page says why and what to do.
      if ('refused' in entered) {
        return files.page(c.req.raw, entered.refused === 'too-many' ? 429 : 401, entered.refused);
      }
      this.#setCookie(c, entered.session);
    }
    url.searchParams.delete('token');
    // `//host` would lead elsewhere.
    return c.redirect(`/${url.pathname.replace(/^\/+/, '')}${url.search}`, 303);
  }

  #setCookie(c: Ctx, session: string): void {
    setCookie(c, this.#options.cookieName, session, {
      path: '/',
      httpOnly: true,
      sameSite: 'Strict',
      secure: this.#options.secure,
      maxAge: SESSION_DAYS * 86_400,
    });
  }
}

function refusal(refused: Refused): Response {
  if (refused !== 'too-many')
    return errorResponse('UNAUTHORIZED', REFUSALS[refused], {}, { reason: refused });
  return errorResponse(
    'TOO_MANY_REQUESTS',
    'Too many wrong tokens came from this address. Wait a minute, then try again; a valid one is accepted at once.',
    { 'retry-after': '60' },
  );
}
