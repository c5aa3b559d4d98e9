/** Where a request comes from, and what came with it. */

/** Long enough for any address; what a proxy's header says is shown and logged. */
const ADDRESS = /^[0-9a-fA-F.:%\w-]{1,64}$/;

/**
 * The address that is counted, logged and shown. Behind a proxy it is the last of X-Forwarded-For: that one the proxy
 * itself has added, those before it anybody may have written.
 */
export function addressOf(headers: Headers, socket: string | undefined, behindProxy: boolean): string {
  const plain = (socket ?? 'unknown').replace(/^::ffff:(?=\d+\.)/i, '');
  if (!behindProxy) return plain;
  const last = (headers.get('x-forwarded-for') ?? '').split(',').at(-1)?.trim() ?? '';
  const bare = last.replace(/^\[(.*)\](:\d+)?$/, '$1').replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, '$1');
  return ADDRESS.test(bare) ? bare : plain;
}

/** `Firefox on Linux`; of a program its first word: `curl`. */
export function browserOf(headers: Headers): string {
  const agent = (headers.get('user-agent') ?? '').slice(0, 512);
  const system = SYSTEMS.find(([pattern]) => pattern.test(agent))?.[1];
  const name = BROWSERS.find(([pattern]) => pattern.test(agent))?.[1];
  if (name === undefined) return /^[\w.-]{1,40}/.exec(agent)?.[0] ?? 'a program';
  return system === undefined ? name : `${name} on ${system}`;
}

/** Most call themselves by older names too, so the order decides. */
const BROWSERS: [RegExp, string][] = [
  [/\bEdgA?\/|\bEdgiOS\//, 'Edge'],
  [/\bOPR\//, 'Opera'],
  [/\bFirefox\/|\bFxiOS\//, 'Firefox'],
  [/\bChrome\/|\bChromium\/|\bCriOS\//, 'Chrome'],
  [/\bVersion\/.*\bSafari\//, 'Safari'],
];
const SYSTEMS: [RegExp, string][] = [
  [/Android/, 'Android'],
  [/iPhone|iPad/, 'iOS'],
  [/Mac OS X/, 'macOS'],
  [/Windows/, 'Windows'],
  [/CrOS/, 'ChromeOS'],
  [/Linux|X11/, 'Linux'],
];

/** What a browser fetches ahead, and may never show. */
export function isFetchedAhead(headers: Headers): boolean {
  return /prefetch|prerender/i.test(headers.get('sec-purpose') ?? headers.get('purpose') ?? '');
}

/**
 * True for a page that another site led the browser to: a token in its address may have been put there by somebody else.
 * Browsers say it in Sec-Fetch-Site; where they do not (over plain HTTP to another host) the Referer tells, unless the other
 * site hides it.
 */
export function cameFromElsewhere(headers: Headers): boolean {
  const site = headers.get('sec-fetch-site');
  if (site !== null) return site !== 'none' && site !== 'same-origin';
  const referer = headers.get('referer');
  if (referer === null || referer === '') return false;
  try {
    return new URL(referer).host !== (headers.get('host') ?? '').toLowerCase();
  } catch {
    return true;
  }
}
