/** What is asked of a request before anything else: that it was meant for this console, and comes from its own page. */

/** Names by which a loopback console is reached. */
const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]']);

/**
 * Null: let it pass; else why not. The Host's name must be a loopback one or one of `allowed` (`--allow-host`), which
 * stops names of others that were pointed at 127.0.0.1. Its port may differ from ours (an ssh tunnel), since the Origin
 * must be the same host and port as the Host: a page of any other server, also of one on this machine, is refused.
 */
export function refusalOf(headers: Headers, allowed: ReadonlySet<string>): string | null {
  const host = headers.get('host') ?? '';
  const name = host.toLowerCase().replace(/:\d{1,5}$/, '');
  if (!LOOPBACK.has(name) && !allowed.has(name) && !allowed.has(host.toLowerCase())) {
    return `This console does not answer to the host name ${printable(host)}. Start it with --allow-host ${printable(name)} if it should.`;
  }
  const origin = headers.get('origin');
  if (origin !== null && hostOf(origin) !== host.toLowerCase()) {
    return `Requests from pages of ${printable(origin)} are refused: only the console's own page may ask.`;
  }
  // Browsers say it also where they send no Origin.
  if (
    origin === null &&
    headers.get('sec-fetch-site') === 'cross-site' &&
    headers.get('sec-fetch-mode') !== 'navigate'
  ) {
    return "Requests from other sites' pages are refused: only the console's own page may ask.";
  }
  return null;
}

function hostOf(origin: string): string | null {
  try {
    return new URL(origin).host;
  } catch {
    return null;
  }
}

function printable(text: string): string {
  return text.slice(0, 100).replace(/[^\x20-\x7e]/g, '?');
}
