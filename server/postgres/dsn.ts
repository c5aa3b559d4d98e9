/**
 * libpq's DSNs in libpq's meaning, read by us since node-postgres reads them otherwise: URI and `key=value`, several
 * hosts, percent-encoding, quoting. Rules: PostgreSQL's fe-connect.c (conninfo_parse, conninfo_uri_parse_options).
 * The environment (PGHOST, PGPASSWORD, ...) is not looked at: the console's own surroundings must not decide
 * where a cluster's nodes are.
 */
import { withoutPasswords } from '#server/log.ts';
import { KEYWORDS, SECRETS } from './dsn-keywords.ts';

/** A DSN that cannot be read. `message` says what and where, and holds nothing of a password. */
export class DsnError extends Error {
  override name = 'DsnError';
  readonly code = 'malformed-dsn';
}

/** A DSN taken apart: every keyword that it sets, decoded and unquoted. Nothing is filled in. */
export interface Dsn {
  values: ReadonlyMap<string, string>;
  /** Where secret values stand in the text, `[start, end)`: what a masked print leaves out. */
  secrets: readonly (readonly [number, number])[];
}

export const MASK = '••••';

const URI = /^postgres(?:ql)?:\/\//;

/** Syntax and keywords only; whether the console can connect by it: `connectionTargets`. Throws DsnError. */
export function parseDsn(text: string): Dsn {
  if (text.includes('\0')) throw new DsnError('The DSN holds a zero byte.');
  if (text.trim() === '') throw new DsnError('The DSN is empty. Write postgres://user@host:5432/dbname.');
  const dsn = new DsnReader(text);
  if (URI.test(text.trimStart())) dsn.readUri();
  else if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text.trimStart())) {
    const scheme = text.trimStart().split('://')[0];
    throw new DsnError(`A DSN begins with postgres:// or postgresql://, not with ${scheme}://.`);
  } else dsn.readKeyValues();
  return { values: dsn.values, secrets: dsn.secrets };
}

class DsnReader {
  readonly values = new Map<string, string>();
  readonly secrets: [number, number][] = [];
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** conninfo_parse */
  readKeyValues(): void {
    const text = this.#text;
    for (;;) {
      this.#skipBlanks();
      if (this.#at >= text.length) return;
      const start = this.#at;
      while (this.#at < text.length && text[this.#at] !== '=' && !isBlank(text[this.#at])) this.#at++;
      const key = text.slice(start, this.#at);
      this.#skipBlanks();
      if (text[this.#at] !== '=') {
        // What stands here may be the rest of a password with a blank in it: it is not printed.
        throw new DsnError(
          `No "=" after the word at position ${start + 1} of the DSN. A value with blanks stands in single quotes.`,
        );
      }
      this.#at++;
      this.#skipBlanks();
      const valueStart = this.#at;
      const value = text[this.#at] === "'" ? this.#quoted() : this.#bare();
      this.#store(key, value, valueStart, this.#at, start);
    }
  }

  #bare(): string {
    const text = this.#text;
    let value = '';
    while (this.#at < text.length && !isBlank(text[this.#at])) {
      if (text[this.#at] === '\\') this.#at++;
      if (this.#at < text.length) value += text[this.#at++];
    }
    return value;
  }

  #quoted(): string {
    const text = this.#text;
    const start = this.#at++;
    let value = '';
    while (this.#at < text.length && text[this.#at] !== "'") {
      if (text[this.#at] === '\\') this.#at++;
      if (this.#at < text.length) value += text[this.#at++];
    }
    if (this.#at >= text.length) {
      throw new DsnError(
        `The single quote at position ${start + 1} of the DSN is not closed. A quote inside a value is written \\'.`,
      );
    }
    this.#at++;
    return value;
  }

  /** conninfo_uri_parse_options */
  readUri(): void {
    const text = this.#text.trimEnd();
    const start = text.indexOf('://') + 3;
    this.#at = start;
    // Credentials end at the first "@" that comes before any "/".
    const at = text.slice(start).search(/[@/]/);
    if (at >= 0 && text[start + at] === '@') {
      const end = start + at;
      const colon = text.indexOf(':', start);
      const userEnd = colon >= 0 && colon < end ? colon : end;
      if (userEnd > start) this.#storeDecoded('user', start, userEnd);
      if (userEnd < end && end > userEnd + 1) this.#storeDecoded('password', userEnd + 1, end);
      this.#at = end + 1;
    }
    this.#uriHosts(text);
    if (text[this.#at] === '/') {
      const from = this.#at + 1;
      const query = text.indexOf('?', from);
      this.#at = query < 0 ? text.length : query;
      if (this.#at > from) this.#storeDecoded('dbname', from, this.#at);
    }
    if (text[this.#at] === '?') this.#uriParameters(text, this.#at + 1);
  }

  #uriHosts(text: string): void {
    const hosts: string[] = [];
    const ports: string[] = [];
    const until = (stop: RegExp): string => {
      const rest = text.slice(this.#at);
      const length = rest.search(stop);
      const part = length < 0 ? rest : rest.slice(0, length);
      this.#at += part.length;
      return part;
    };
    do {
      if (hosts.length > 0) this.#at++;
      if (text[this.#at] === '[') {
        const close = text.indexOf(']', this.#at);
        if (close < 0) throw new DsnError(`No "]" after the "[" at position ${this.#at + 1} of the DSN.`);
        if (close === this.#at + 1) throw new DsnError('The IPv6 address between "[" and "]" is empty.');
        hosts.push(text.slice(this.#at + 1, close));
        this.#at = close + 1;
        if (this.#at < text.length && !':/?,'.includes(text[this.#at] as string)) {
          throw new DsnError(
            `After "]" comes a ":", "/", "?" or ",", at position ${this.#at + 1} of the DSN.`,
          );
        }
      } else hosts.push(until(/[:/?,]/));
      if (text[this.#at] === ':') {
        this.#at++;
        ports.push(until(/[/?,]/));
      } else ports.push('');
    } while (text[this.#at] === ',');
    // An "@" here is a password's: its "/" or "?" ended the host too early.
    if (text.slice(this.#at).includes('@') && !this.values.has('user') && ports.some((port) => port !== '')) {
      throw new DsnError(
        'The user or password holds a "/". In a URI write "/" as %2F, "@" as %40, ":" as %3A, "?" as %3F, "%" as %25.',
      );
    }
    if (hosts.join('') !== '' || hosts.length > 1) this.values.set('host', decode(hosts.join(','), 'host'));
    if (ports.join('') !== '') this.values.set('port', decode(ports.join(','), 'port'));
  }

  #uriParameters(text: string, from: number): void {
    let start = from;
    while (start < text.length) {
      const amp = text.indexOf('&', start);
      const end = amp < 0 ? text.length : amp;
      const equals = text.indexOf('=', start);
      if (equals < 0 || equals > end) {
        throw new DsnError(`No "=" in the parameter at position ${start + 1} of the DSN.`);
      }
      const second = text.indexOf('=', equals + 1);
      if (second >= 0 && second < end) {
        throw new DsnError(
          `A second "=" in the parameter at position ${start + 1} of the DSN. Inside a value write it %3D.`,
        );
      }
      const key = decode(text.slice(start, equals), 'parameter name');
      const value = decode(text.slice(equals + 1, end), key);
      // As libpq does for the JDBC driver's sake.
      if (key === 'ssl' && value === 'true') this.values.set('sslmode', 'require');
      else this.#store(key, value, equals + 1, end, start);
      start = end + 1;
    }
  }

  #storeDecoded(key: string, from: number, to: number): void {
    this.#store(key, decode(this.#text.slice(from, to), key), from, to, from);
  }

  #store(key: string, value: string, from: number, to: number, keyAt: number): void {
    if (!Object.hasOwn(KEYWORDS, key)) {
      // After a password, an unknown word may be the rest of it.
      const name = /^\w{1,40}$/.test(key) && this.secrets.length === 0 ? `"${key}"` : 'of this name';
      throw new DsnError(`libpq knows no connection parameter ${name} (position ${keyAt + 1} of the DSN).`);
    }
    if (SECRETS.has(key) && to > from) this.secrets.push([from, to]);
    this.values.set(key, value);
  }

  #skipBlanks(): void {
    while (this.#at < this.#text.length && isBlank(this.#text[this.#at])) this.#at++;
  }
}

function isBlank(char: string | undefined): boolean {
  return char !== undefined && ' \t\n\r\v\f'.includes(char);
}

/** conninfo_uri_decode. `what` names the part; its text is not printed, it may be a password. */
function decode(text: string, what: string): string {
  if (/%(?![0-9a-f]{2})/i.test(text)) {
    throw new DsnError(`A "%" in the ${what} is not followed by two hex digits. Write a plain "%" as %25.`);
  }
  if (text.includes('%00')) throw new DsnError(`The ${what} holds %00, which libpq forbids.`);
  try {
    return decodeURIComponent(text);
  } catch {
    throw new DsnError(`The percent-encoded bytes of the ${what} are not UTF-8.`);
  }
}

/** `key=value` text that libpq reads back to the same values, in their order; secrets included. */
export function formatDsn(values: Iterable<readonly [string, string]>): string {
  return [...values].map(([key, value]) => `${key}=${quoteValue(value)}`).join(' ');
}

function quoteValue(value: string): string {
  if (value !== '' && !/[\s'\\]/.test(value)) return value;
  return `'${value.replace(/['\\]/g, '\\$&')}'`;
}

/** The DSN as it was written, with every secret as ••••. Safe for any text, also for one that cannot be read. */
export function maskDsn(text: string): string {
  let dsn: Dsn;
  try {
    dsn = parseDsn(text);
  } catch {
    return withoutPasswords(text);
  }
  let masked = '';
  let from = 0;
  for (const [start, end] of [...dsn.secrets].sort((a, b) => a[0] - b[0])) {
    masked += text.slice(from, start) + MASK;
    from = end;
  }
  return masked + text.slice(from);
}

/** True when the text holds a password; false also for text that cannot be read. */
export function hasPassword(text: string): boolean {
  try {
    return (parseDsn(text).values.get('password') ?? '') !== '';
  } catch {
    return false;
  }
}
