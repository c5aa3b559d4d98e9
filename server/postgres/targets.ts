/** What a DSN means to whoever connects by it: hosts in order, user, database, and how TLS is tried. libpq's rules. */
import { existsSync, readFileSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';
import type { ConnectionOptions, SecureVersion } from 'node:tls';
import { DsnError, parseDsn } from './dsn.ts';
import { CHOICES, KEYWORDS } from './dsn-keywords.ts';

export interface Target {
  /** A name or address, or the folder of a unix socket. */
  host: string;
  /** Where to connect to in the place of what `host` resolves to; the certificate is still held against `host`. */
  hostaddr: string | null;
  port: number;
}

export type SessionAttrs = 'any' | 'read-write' | 'read-only' | 'primary' | 'standby' | 'prefer-standby';
type SslMode = 'disable' | 'allow' | 'prefer' | 'require' | 'verify-ca' | 'verify-full';

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
  /** Ways to connect to one host, in order; the next is tried when the server refuses the one before. Null: without TLS. */
  tls: (ConnectionOptions | null)[];
  directTls: boolean;
}

const DEFAULT_PORT = 5432;

/** Throws DsnError: malformed, or something is asked for that the console cannot do. Files of certificates are read now. */
export function connectionTargets(text: string): Targets {
  const { values } = parseDsn(text);
  for (const [key, value] of values) {
    const kind = KEYWORDS[key];
    if (typeof kind === 'object' && !kind.unless?.includes(value)) throw new DsnError(`${kind.refused}.`);
    const choices = CHOICES[key];
    if (choices !== undefined && !choices.includes(value)) {
      throw new DsnError(`${key} is one of ${choices.filter((choice) => choice !== '').join(', ')}.`);
    }
  }
  const user = given(values, 'user') ?? userInfo().username;
  const hosts = readHosts(values);
  const sslmode = (values.get('sslmode') ?? 'prefer') as SslMode;
  const directTls = values.get('sslnegotiation') === 'direct';
  if (directTls && ['disable', 'allow', 'prefer'].includes(sslmode)) {
    throw new DsnError('sslnegotiation=direct needs sslmode=require or stronger.');
  }
  return {
    hosts,
    shuffle: values.get('load_balance_hosts') === 'random',
    user,
    password: given(values, 'password') ?? null,
    database: given(values, 'dbname') ?? user,
    sessionAttrs: (values.get('target_session_attrs') ?? 'any') as SessionAttrs,
    connectTimeoutMs: readConnectTimeout(values),
    tls: tlsAttempts(sslmode, values),
    directTls,
  };
}

/** `host:port/database` of the first host, without user and password; '' for a DSN that cannot be read. */
export function dsnAddress(text: string): string {
  try {
    const { hosts, database } = connectionTargets(text);
    return `${hosts.map(hostAndPort).join(',')}/${database}`;
  } catch {
    return '';
  }
}

export function hostAndPort(target: Target): string {
  const host = target.hostaddr ?? target.host;
  return `${host.includes(':') && !isSocket(target) ? `[${host}]` : host}:${target.port}`;
}

export function isSocket(target: Target): boolean {
  return target.hostaddr === null && target.host.startsWith('/');
}

function given(values: ReadonlyMap<string, string>, key: string): string | undefined {
  const value = values.get(key);
  return value === '' ? undefined : value;
}

function readHosts(values: ReadonlyMap<string, string>): Target[] {
  const list = (key: string): string[] =>
    given(values, key)
      ?.split(',')
      .map((part) => part.trim()) ?? [];
  const hosts = list('host');
  const addresses = list('hostaddr');
  const ports = list('port');
  if (hosts.length > 0 && addresses.length > 0 && hosts.length !== addresses.length) {
    throw new DsnError(
      `The DSN has ${hosts.length} hosts and ${addresses.length} hostaddrs; one for each is needed.`,
    );
  }
  const count = Math.max(hosts.length, addresses.length, 1);
  if (ports.length > 1 && ports.length !== count) {
    throw new DsnError(`The DSN has ${ports.length} ports for ${count} ${count === 1 ? 'host' : 'hosts'}.`);
  }
  return Array.from({ length: count }, (_, index) => {
    const hostaddr = addresses[index] || null;
    const host = hosts[index] || hostaddr || defaultSocketDir();
    if (host.startsWith('@')) throw new DsnError('Abstract unix sockets are not supported by the console.');
    return { host, hostaddr, port: readPort(ports.length === 1 ? ports[0] : ports[index], index) };
  });
}

function readPort(text: string | undefined, index: number): number {
  if (text === undefined || text === '') return DEFAULT_PORT;
  const port = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  // The text is not printed: of a badly written DSN it may be a piece of the password.
  if (port < 1 || port > 65_535) {
    throw new DsnError(
      `The port of host ${index + 1} is not a number from 1 to 65535. (A ":", "/" or "@" in a URI's password is written %3A, %2F, %40.)`,
    );
  }
  return port;
}

function readConnectTimeout(values: ReadonlyMap<string, string>): number | null {
  const text = given(values, 'connect_timeout');
  if (text === undefined) return null;
  if (!/^\s*-?\d{1,9}\s*$/.test(text))
    throw new DsnError('connect_timeout is not a whole number of seconds.');
  const seconds = Number(text);
  return seconds <= 0 ? null : Math.max(seconds, 2) * 1000;
}

function defaultSocketDir(): string {
  if (process.platform === 'win32') return 'localhost';
  // Debian's and Red Hat's packages have it there, a PostgreSQL built from source in /tmp.
  return existsSync('/var/run/postgresql') ? '/var/run/postgresql' : '/tmp';
}

function tlsAttempts(sslmode: SslMode, values: ReadonlyMap<string, string>): (ConnectionOptions | null)[] {
  if (sslmode === 'disable') return [null];
  const tls = { ...clientCertificate(values), ...verification(sslmode, given(values, 'sslrootcert')) };
  if (sslmode === 'allow') return [null, tls];
  return sslmode === 'prefer' ? [tls, null] : [tls];
}

/** libpq holds the certificate against the root certificates in every mode, if they are there; the name in verify-full only. */
function verification(sslmode: SslMode, rootcert: string | undefined): ConnectionOptions {
  if (rootcert === 'system') {
    if (sslmode !== 'verify-full') throw new DsnError('sslrootcert=system needs sslmode=verify-full.');
    return { rejectUnauthorized: true };
  }
  const file = rootcert ?? join(homedir(), '.postgresql', 'root.crt');
  const demanded = sslmode === 'verify-ca' || sslmode === 'verify-full';
  if (!demanded && !existsSync(file)) return { rejectUnauthorized: false };
  const verified: ConnectionOptions = { ca: readCertificate(file, 'sslrootcert'), rejectUnauthorized: true };
  if (sslmode !== 'verify-full') verified.checkServerIdentity = () => undefined;
  return verified;
}

function clientCertificate(values: ReadonlyMap<string, string>): ConnectionOptions {
  const options: ConnectionOptions = {};
  const cert = given(values, 'sslcert');
  const key = given(values, 'sslkey');
  if (cert !== undefined) options.cert = readCertificate(cert, 'sslcert');
  if (key !== undefined) options.key = readCertificate(key, 'sslkey');
  const passphrase = given(values, 'sslpassword');
  if (passphrase !== undefined) options.passphrase = passphrase;
  const min = given(values, 'ssl_min_protocol_version');
  const max = given(values, 'ssl_max_protocol_version');
  if (min !== undefined) options.minVersion = min as SecureVersion;
  if (max !== undefined) options.maxVersion = max as SecureVersion;
  return options;
}

function readCertificate(file: string, keyword: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new DsnError(
      `The file that ${keyword} names cannot be read (${(error as NodeJS.ErrnoException).code}).`,
    );
  }
}
