/** What every answer carries, whatever it is. The page's own policy is made in static-files.ts. */

/**
 * No Strict-Transport-Security but on port 443: a browser applies it to every port of the host, and would then refuse what
 * others serve there without TLS.
 */
const EVERYWHERE: Record<string, string> = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  // An answer that is no page loads nothing and stands in no frame.
  'content-security-policy':
    "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  'cache-control': 'no-store',
};
const HSTS = 'max-age=31536000';

/** Adds what the answer does not say itself. `hsts`: the console has the host's TLS port for itself. */
export function secure(headers: Headers, hsts: boolean): void {
  for (const [name, value] of Object.entries(EVERYWHERE)) if (!headers.has(name)) headers.set(name, value);
  if (hsts) headers.set('strict-transport-security', HSTS);
}

/** For what Node answers by itself to bytes that are no request: `HTTP/1.1 400 Bad Request`, whole. */
export function rawAnswer(status: number, reason: string): string {
  const headers = Object.entries(EVERYWHERE).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${reason}\r\nconnection: close\r\ncontent-length: 0\r\n${headers.join('')}\r\n`;
}
