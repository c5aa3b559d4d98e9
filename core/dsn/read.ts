/**
 * libpq's DSNs in libpq's meaning, read by us since node-postgres reads them otherwise: URI and `key=value`, several
 * hosts, percent-encoding, quoting. Rules: PostgreSQL's fe-connect.c (conninfo_parse, conninfo_uri_parse_options).
 * The environment (PGHOST, PGPASSWORD, ...) is not looked at: the console's own surroundings must not decide
 * where a cluster's nodes are.
 */
import { isKeyword, type Keyword, SECRETS } from './keywords.ts';

/** Why a DSN cannot be read; in words: parse.ts, which pages need not load. */
export type DsnFault =
  /** neither: a URI nor pairs. */
  | { kind: 'zero-byte' | 'empty' | 'neither' | 'empty-address' | 'at-sign' | 'no-port' }
  | { kind: 'scheme'; scheme: string }
  /** `at`: counted from 0. */
  | {
      kind:
        | 'no-equals'
        | 'open-quote'
        | 'open-bracket'
        | 'after-bracket'
        | 'parameter-equals'
        | 'second-equals';
      at: number;
    }
  /** `name` null: it may be a piece of a password. */
  | { kind: 'keyword'; name: string | null; at: number }
  /** `what`: the part of the URI, its text may be a password. */
  | { kind: 'percent' | 'percent-zero' | 'not-utf8'; what: string };

/** Where a value stands in the text: its keyword (or, of a URI's own parts, the value) begins at `at`, the value is `[from, to)`. */
export interface DsnPart {
  keyword: Keyword;
  at: number;
  from: number;
  to: number;
}

/** A DSN taken apart: every keyword that it sets, decoded and unquoted. Nothing is filled in. */
export interface Dsn {
  values: ReadonlyMap<string, string>;
  /** In the order of the text; what is set twice stands here twice. */
  parts: readonly DsnPart[];
}

/** As `Dsn`, of a text that may be unreadable: then what was read up to `failedAt`, and why it went no further. */
export interface Reading extends Dsn {
  fault: DsnFault | null;
  /** Where the word begins that could not be read; the text's length when all was. */
  failedAt: number;
}

/** What stands in the place of a secret. */
export const MASK = '••••';

const URI = /^postgres(?:ql)?:\/\//;
const ANY_SCHEME = /^[a-z][a-z0-9+.-]{0,40}:\/\//i;

export const isUri = (text: string): boolean => ANY_SCHEME.test(text.trimStart());

/** Syntax and keywords only; never throws. Of text that is still being typed, what can be read. */
export function readDsn(text: string): Reading {
  const reader = new DsnReader(text);
  try {
    reader.read();
    return { values: reader.values, parts: reader.parts, fault: null, failedAt: text.length };
  } catch (stopped) {
    if (!(stopped instanceof Stop)) throw stopped;
    return { values: reader.values, parts: reader.parts, fault: stopped.fault, failedAt: reader.wordAt };
  }
}

class Stop {
  readonly fault: DsnFault;
  constructor(fault: DsnFault) {
    this.fault = fault;
  }
}

class DsnReader {
  readonly values = new Map<string, string>();
  readonly parts: DsnPart[] = [];
  /** Where the word begins that is being read. */
  wordAt = 0;
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  read(): void {
    const text = this.#text.trimStart();
    if (this.#text.includes('\0')) throw new Stop({ kind: 'zero-byte' });
    if (text === '') throw new Stop({ kind: 'empty' });
    if (URI.test(text)) this.#readUri();
    else if (ANY_SCHEME.test(text)) {
      throw new Stop({ kind: 'scheme', scheme: text.split('://')[0] ?? '' });
    } else if (!text.includes('=')) {
      throw new Stop({ kind: 'neither' });
    } else this.#readKeyValues();
  }

  /** conninfo_parse */
  #readKeyValues(): void {
    const text = this.#text;
    for (;;) {
      this.#skipBlanks();
      if (this.#at >= text.length) return;
      const start = this.#at;
      this.wordAt = start;
      while (this.#at < text.length && text[this.#at] !== '=' && !isBlank(text[this.#at])) this.#at++;
      const key = text.slice(start, this.#at);
      this.#skipBlanks();
      if (text[this.#at] !== '=') {
        // What stands here may be the rest of a password with a blank in it: it is not printed.
        throw new Stop({ kind: 'no-equals', at: start });
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
      throw new Stop({ kind: 'open-quote', at: start });
    }
    this.#at++;
    return value;
  }

  /** conninfo_uri_parse_options */
  #readUri(): void {
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
        if (close < 0) throw new Stop({ kind: 'open-bracket', at: this.#at });
        if (close === this.#at + 1) throw new Stop({ kind: 'empty-address' });
        hosts.push(text.slice(this.#at + 1, close));
        this.#at = close + 1;
        if (this.#at < text.length && !':/?,'.includes(text[this.#at] as string)) {
          throw new Stop({ kind: 'after-bracket', at: this.#at });
        }
      } else hosts.push(until(/[:/?,]/));
      if (text[this.#at] === ':') {
        this.#at++;
        ports.push(until(/[/?,]/));
      } else ports.push('');
    } while (text[this.#at] === ',');
    // Stricter than libpq, which would go on with a piece of the password as host, port or database.
    const question = text.indexOf('?', this.#at);
    const path = text.slice(this.#at, question < 0 ? text.length : question);
    if ([...hosts, ...ports, path].some((part) => part.includes('@'))) {
      throw new Stop({ kind: 'at-sign' });
    }
    if (ports.some((port) => !/^(\d|%\d\d)*$/.test(port))) {
      // It is not printed: of a URI without a host it is the password.
      throw new Stop({ kind: 'no-port' });
    }
    if (hosts.join('') !== '' || hosts.length > 1) this.values.set('host', decode(hosts.join(','), 'host'));
    if (ports.join('') !== '') this.values.set('port', decode(ports.join(','), 'port'));
  }

  #uriParameters(text: string, from: number): void {
    let start = from;
    while (start < text.length) {
      this.wordAt = start;
      const amp = text.indexOf('&', start);
      const end = amp < 0 ? text.length : amp;
      const equals = text.indexOf('=', start);
      if (equals < 0 || equals > end) {
        throw new Stop({ kind: 'parameter-equals', at: start });
      }
      const second = text.indexOf('=', equals + 1);
      if (second >= 0 && second < end) {
        throw new Stop({ kind: 'second-equals', at: start });
      }
      const key = decode(text.slice(start, equals), 'parameter name');
      const value = decode(text.slice(equals + 1, end), isKeyword(key) ? key : 'parameter');
      // As libpq does for the JDBC driver's sake.
      if (key === 'ssl' && value === 'true') this.#store('sslmode', 'require', equals + 1, end, start);
      else this.#store(key, value, equals + 1, end, start);
      start = end + 1;
    }
  }

  #storeDecoded(key: string, from: number, to: number): void {
    this.#store(key, decode(this.#text.slice(from, to), key), from, to, from);
  }

  #store(key: string, value: string, from: number, to: number, keyAt: number): void {
    if (!isKeyword(key)) {
      // After a password, or before an "@", an unknown word may be a piece of it.
      const isPlain = /^\w{1,40}$/.test(key) && !this.#text.includes('@', keyAt);
      const secretBefore = this.parts.some(({ keyword }) => SECRETS.has(keyword));
      throw new Stop({ kind: 'keyword', name: isPlain && !secretBefore ? key : null, at: keyAt });
    }
    this.parts.push({ keyword: key, at: keyAt, from, to });
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
    throw new Stop({ kind: 'percent', what });
  }
  if (text.includes('%00')) throw new Stop({ kind: 'percent-zero', what });
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Stop({ kind: 'not-utf8', what });
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
