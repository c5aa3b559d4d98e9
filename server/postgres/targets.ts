/** What a DSN means to whoever connects by it: hosts in order, user, database, and how TLS is tried. libpq's rules. */
import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import { isKeyword } from '#core/dsn/keywords.ts';
import { DsnError, hostsOf, parseDsn } from '#core/dsn/parse.ts';
import { addressOf } from '#core/dsn/place.ts';
import type { SslMode, TlsWish } from './dsn-files.ts';
import { CHOICES, MEANING } from './keyword-meaning.ts';
import { requiredMethods } from './require-auth.ts';
import type { AuthPolicy } from './wire/authentication.ts';

export interface Target {
  /** A name or address, or the folder of a unix socket. */
  host: string;
  /** Where to connect to in the place of what `host` resolves to; the certificate is still held against `host`. */
  hostaddr: string | null;
  port: number;
}

export type SessionAttrs = 'any' | 'read-write' | 'read-only' | 'primary' | 'standby' | 'prefer-standby';

export interface Targets {
  hosts: Target[];
  /** load_balance_hosts=random: try them in any order. */
  shuffle: boolean;
  user: string;
  /** Null: none was given, and none is looked for elsewhere. */
  password: string | null;
  database: string;
  sessionAttrs: SessionAttrs;
  /** connect_timeout per host; null: the caller's. */
  connectTimeoutMs: number | null;
  /** Ways to connect to one host, in order; the next is tried when the one before does not come about. */
  ways: readonly ('tls' | 'plain')[];
  tls: TlsWish;
  policy: AuthPolicy;
}

/** Throws DsnError: malformed, or something is asked for that the console cannot do. Files are not looked at. */
export function connectionTargets(text: string): Targets {
  const { values } = parseDsn(text);
  for (const [key, value] of values) {
    if (!isKeyword(key)) continue;
    const meaning = MEANING[key];
    if (typeof meaning === 'object' && !meaning.unless.includes(value)) {
      throw new DsnError(`${meaning.refused}.`);
    }
    const choices = CHOICES[key];
    if (choices !== undefined && !choices.includes(value)) {
      throw new DsnError(`${key} is one of ${choices.filter((choice) => choice !== '').join(', ')}.`);
    }
  }
  const user = given(values, 'user') ?? userInfo().username;
  const hosts = hostsOf(values).map((host) => ({ ...host, host: host.host ?? socketFolder() }));
  if (hosts.some(({ host }) => host.startsWith('@'))) {
    throw new DsnError('Abstract unix sockets are not supported by the console.');
  }
  const password = given(values, 'password') ?? null;
  const tls = tlsWish(values);
  return {
    hosts,
    shuffle: values.get('load_balance_hosts') === 'random',
    user,
    password,
    database: given(values, 'dbname') ?? user,
    sessionAttrs: (values.get('target_session_attrs') ?? 'any') as SessionAttrs,
    connectTimeoutMs: readConnectTimeout(values),
    ways: WAYS[tls.mode],
    tls,
    policy: {
      methods: requiredMethods(values.get('require_auth')),
      channelBinding: (given(values, 'channel_binding') ?? 'prefer') as AuthPolicy['channelBinding'],
      hasPassword: password !== null,
    },
  };
}

const WAYS: Record<SslMode, Targets['ways']> = {
  disable: ['plain'],
  allow: ['plain', 'tls'],
  prefer: ['tls', 'plain'],
  require: ['tls'],
  'verify-ca': ['tls'],
  'verify-full': ['tls'],
};

/** `host:port/database` of all hosts, without user and password; '' for a DSN that cannot be read. */
export const dsnAddress = (text: string): string =>
  addressOf(text, { socketFolder: socketFolder(), user: userInfo().username });

export const isUnixSocket = (target: Pick<Target, 'host' | 'hostaddr'>): boolean =>
  target.hostaddr === null && target.host.startsWith('/');

function given(values: ReadonlyMap<string, string>, key: string): string | undefined {
  const value = values.get(key);
  return value === '' ? undefined : value;
}

function readConnectTimeout(values: ReadonlyMap<string, string>): number | null {
  const text = given(values, 'connect_timeout');
  if (text === undefined) return null;
  if (!/^\s*-?\d{1,9}\s*$/.test(text))
    throw new DsnError('connect_timeout is not a whole number of seconds.');
  const seconds = Number(text);
  return seconds <= 0 ? null : Math.max(seconds, 2) * 1000;
}

function socketFolder(): string {
  if (process.platform === 'win32') return 'localhost';
  // Debian's and Red Hat's packages have it there, a PostgreSQL built from source in /tmp.
  return existsSync('/var/run/postgresql') ? '/var/run/postgresql' : '/tmp';
}

function tlsWish(values: ReadonlyMap<string, string>): TlsWish {
  const mode = (values.get('sslmode') ?? 'prefer') as SslMode;
  const direct = values.get('sslnegotiation') === 'direct';
  if (direct && WAYS[mode].includes('plain')) {
    throw new DsnError('sslnegotiation=direct needs sslmode=require or stronger.');
  }
  const rootcert = given(values, 'sslrootcert') ?? null;
  if (rootcert === 'system' && mode !== 'verify-full') {
    throw new DsnError('sslrootcert=system needs sslmode=verify-full.');
  }
  return {
    mode,
    direct,
    rootcert,
    cert: given(values, 'sslcert') ?? null,
    key: given(values, 'sslkey') ?? null,
    passphrase: given(values, 'sslpassword') ?? null,
    minVersion: given(values, 'ssl_min_protocol_version') ?? null,
    maxVersion: given(values, 'ssl_max_protocol_version') ?? null,
  };
}
