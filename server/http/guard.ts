/** What is asked of a request before anything else: that it was meant for this console, and comes from its own page. */

/** Names by which a loopback console is reached. */
const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]']);

/**
 * Null: let it pass; else why not. The Host's name must be a loopback one, one of `allowed` (`--allow-host`), or the very
 * address that was connected to (`local`), which stops names of others that were pointed here. Its port may differ from ours (an ssh tunnel), since the Origin
 * must be the same host and port as the Host: a page of any other server, also of one on this machine, is refused.
 */
export function refusalOf(headers: Headers, allowed: ReadonlySet<string>, local?: string): string | null {
  const host = headers.get('host') ?? '';
  const name = host.toLowerCase().replace(/:\d{1,5}$/, '');
  const known = LOOPBACK.has(name) || allowed.has(name) || allowed.has(host.toLowerCase());
  if (!known && !isAddress(name, local)) {
    return `This console does not answer to the host name ${printable(host)}. Start it with --allow-host ${printable(name)} if it should.`;
  }
  const origin = headers.get('origin');
  if (origin !== null && hostOf(origin) !== host.toLowerCase()) {
    return `Requests from pages of ${printable(origin)} are refused: only the console's own page may ask.`;
  }
  // Browsers say it also where they send no Origin. Same-site is a page of another port or of a neighbouring name.
  const site = headers.get('sec-fetch-site');
  if (
    origin === null &&
    (site === 'cross-site' || site === 'same-site') &&
    headers.get('sec-fetch-mode') !== 'navigate'
  ) {
    return "Requests from other sites' pages are refused: only the console's own page may ask.";
  }
  return null;
}

/** An address cannot be pointed elsewhere, as a name can. */
function isAddress(name: string, local: string | undefined): boolean {
  if (local === undefined) return false;
  const plain = local.toLowerCase().replace(/^::ffff:(?=\d+\.)/, '');
  if (!plain.includes(':')) return name === plain;
  try {
    return new URL(`http://${name}`).hostname === new URL(`http://[${plain.split('%')[0]}]`).hostname;
  } catch {
    return false;
  }
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
