/** libpq DSNs as they may be shown. Works on text alone, so that one we cannot parse is masked all the same. */

const mask = '••••';

/**
 * A DSN, URI or `key=value`, without its secrets: `password`, `sslpassword`, a URI's user part after the colon, and the
 * same as query parameters. Where text that names a password remains doubtful, the rest of it is masked as well.
 */
export function maskDsn(dsn: string): string {
  return /^\s*postgres(ql)?:\/\//i.test(dsn) ? maskUri(dsn) : maskPairs(dsn);
}

function maskUri(dsn: string): string {
  return dsn
    .replace(/^(\s*postgres(?:ql)?:\/\/)([^/?#]*)@/i, (_all, scheme: string, user: string) => {
      const colon = user.indexOf(':');
      return `${scheme}${colon === -1 ? user : `${user.slice(0, colon)}:${mask}`}@`;
    })
    .replace(/([?&](?:ssl)?password=)[^&#]*/gi, `$1${mask}`);
}

function maskPairs(dsn: string): string {
  // A quoted value ends at a quote that no backslash stands before; an open one takes the rest of the text.
  return dsn.replace(
    /((?:^|\s)(?:ssl)?password\s*=\s*)('(?:[^'\\]|\\.)*(?:'|$)|(?:[^\s\\]|\\.)*)/gis,
    (_all, key: string) => `${key}${mask}`,
  );
}

/** A masked DSN without what is masked: a client then takes the password from elsewhere, or asks for it. */
export function withoutMasked(dsn: string): string {
  if (!/^\s*postgres(ql)?:\/\//i.test(dsn)) {
    return dsn.replace(/(^|\s+)(?:ssl)?password\s*=\s*••••/gi, '').trim();
  }
  const bare = dsn
    .replace(/^([^/?#]*\/\/[^/?#]*):••••@/, '$1@')
    .replace(/[?&](?:ssl)?password=••••(?=[&#]|$)/gi, '');
  return bare.includes('?') ? bare : bare.replace('&', '?');
}
