/**
 * How a call of the client becomes a request: by the route table, in JSON, as OpenAPI describes the contract. The
 * library's own link reads every notation that OpenAPI knows and weighs 7 kB more; the contract uses one, and a page of
 * 150 kB has no room for the others (docs/decisions/003). A test holds the two against each other.
 */
import { type ClientLink, type ClientOptions, ORPCError } from '@orpc/client';

/** Method, path, and the status of success where it is not 200. */
export type Route = readonly [method: string, path: string, successStatus?: number];
export type RouteTable = Readonly<Record<string, Readonly<Record<string, Route>>>>;

type Input = Record<string, unknown>;

/** What a call may say besides its input. */
export interface CallContext {
  /** Sent to its end although the page goes meanwhile, if it is not too long for that. */
  keepalive?: boolean;
}

/** Browsers refuse keepalive requests that have more than 64 kB under way in all. */
export const KEEPALIVE_BYTES = 60_000;

interface LinkOptions {
  /** Where the API stands, without a slash at its end. */
  base: () => string;
  fetch?: typeof fetch;
}

export class JsonLink implements ClientLink<CallContext> {
  readonly #table: RouteTable;
  readonly #options: LinkOptions;

  constructor(table: RouteTable, options: LinkOptions) {
    this.#table = table;
    this.#options = options;
  }

  async call(path: readonly string[], input: unknown, options: ClientOptions<CallContext>): Promise<unknown> {
    const route = this.#table[path[0] ?? '']?.[path[1] ?? ''];
    if (route === undefined) throw new Error(`The contract has no ${path.join('.')}.`);
    const request = requestOf(route, (input ?? {}) as Input, this.#options.base());
    const send = this.#options.fetch ?? fetch;
    const response = await send(request.url, {
      method: request.method,
      headers: request.headers,
      body: request.body,
      keepalive: options.context.keepalive === true && bytesOf(request.body) <= KEEPALIVE_BYTES,
      signal: options.signal,
      credentials: 'same-origin',
    });
    if (!response.ok) throw await errorOf(response);
    if (response.headers.get('content-type')?.startsWith('text/event-stream')) {
      await response.body?.cancel();
      throw new Error(
        `${path.join('.')} is a stream: the page follows it on the one of its browser (feed/tab.ts).`,
      );
    }
    const text = await response.text();
    return text === '' ? undefined : JSON.parse(text);
  }
}

/** Fields that the path names go there; the others into the query of a GET, else into the body. */
export function requestOf(
  [method, path]: Route,
  input: Input,
  base: string,
): { method: string; url: string; headers: Record<string, string>; body: string | undefined } {
  const rest = new Map(Object.entries(input).filter(([, value]) => value !== undefined));
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = rest.get(name);
    if (value === undefined) throw new Error(`${path} needs ${name}.`);
    rest.delete(name);
    return encodeURIComponent(String(value));
  });
  const url = `${base}${filled}`;
  if (method !== 'GET') {
    const empty = method === 'DELETE' && rest.size === 0;
    return {
      method,
      url,
      headers: empty ? {} : { 'content-type': 'application/json' },
      body: empty ? undefined : JSON.stringify(Object.fromEntries(rest)),
    };
  }
  const query = new URLSearchParams([...rest].map(([name, value]) => [name, String(value)])).toString();
  return { method, url: query === '' ? url : `${url}?${query}`, headers: {}, body: undefined };
}

export const bytesOf = (text: string | undefined): number =>
  text === undefined ? 0 : new TextEncoder().encode(text).length;

interface ErrorBody {
  defined?: boolean;
  code?: string;
  message?: string;
  data?: unknown;
}

/** The API's error; where something between answered (a proxy, say), its status at least. */
async function errorOf(response: Response): Promise<Error> {
  const body: ErrorBody = await response.json().catch(() => ({}));
  return new ORPCError(body.code ?? 'MALFORMED_ORPC_ERROR_RESPONSE', {
    defined: body.defined ?? false,
    status: response.status,
    message: body.message ?? `The console answered with status ${response.status}.`,
    data: body.data,
  });
}
