/** Where a DSN leads: its hosts in order, and how they are written. libpq's rules (fe-connect.c, connectOptions2). */
import { hidesSecret } from './mask.ts';
import { MASK, readDsn } from './read.ts';

export interface DsnHost {
  /** A name, an address, or the folder of a unix socket; null: none is given, libpq takes its own default. */
  host: string | null;
  /** Where to connect to in the place of what `host` resolves to; the certificate is still held against `host`. */
  hostaddr: string | null;
  port: number;
}

const DEFAULT_PORT = 5432;

/** How hosts, addresses and ports do not fit each other. */
export type PlaceFault =
  | { kind: 'addresses'; hosts: number; addresses: number }
  | { kind: 'ports'; hosts: number; ports: number }
  /** Its text is not told: of a badly written DSN it may be a piece of the password. */
  | { kind: 'port'; index: number };

/** At least one, where there is no fault. */
export function readHosts(values: ReadonlyMap<string, string>): {
  hosts: DsnHost[];
  fault: PlaceFault | null;
} {
  const list = (key: string): string[] => {
    const value = values.get(key) ?? '';
    return value === '' ? [] : value.split(',').map((part) => part.trim());
  };
  const names = list('host');
  const addresses = list('hostaddr');
  const ports = list('port');
  const failed = (fault: PlaceFault) => ({ hosts: [], fault });
  if (names.length > 0 && addresses.length > 0 && names.length !== addresses.length) {
    return failed({ kind: 'addresses', hosts: names.length, addresses: addresses.length });
  }
  const count = Math.max(names.length, addresses.length, 1);
  if (ports.length > 1 && ports.length !== count) {
    return failed({ kind: 'ports', hosts: count, ports: ports.length });
  }
  const hosts = Array.from({ length: count }, (_, index) => {
    const hostaddr = addresses[index] || null;
    const host = names[index] || hostaddr;
    return { host, hostaddr, port: portOf(ports.length === 1 ? ports[0] : ports[index]) };
  });
  const wrong = hosts.findIndex(({ port }) => port < 1 || port > 65_535);
  return wrong < 0 ? { hosts, fault: null } : failed({ kind: 'port', index: wrong });
}

/** 0: it is none. */
function portOf(text: string | undefined): number {
  if (text === undefined || text === '') return DEFAULT_PORT;
  return /^\d{1,6}$/.test(text) ? Number(text) : 0;
}

/** `host:port`; an IPv6 address in brackets. */
export function hostAndPort({ host, hostaddr, port }: DsnHost): string {
  const name = hostaddr ?? host ?? '';
  return `${name.includes(':') && !name.startsWith('/') ? `[${name}]` : name}:${port}`;
}

/** `host:port` of each host, as a DBA would say it; '' where none is named. Of a DSN that is being typed, as far as it can be read. */
export const placeOf = (text: string): string =>
  readHosts(readDsn(text).values)
    .hosts.filter(({ host }) => host !== null)
    .map(hostAndPort)
    .join(',');

/** What libpq takes from its surroundings where a DSN says nothing. */
export interface Surroundings {
  /** The folder of the unix socket. */
  socketFolder: string;
  /** The account. */
  user: string;
}

/** `host:port/database`, several hosts with commas, without user and password; '' for a DSN that cannot be read. */
export function addressOf(text: string, { socketFolder, user }: Surroundings): string {
  const { values, fault } = readDsn(text);
  const { hosts } = readHosts(values);
  if (fault !== null || hosts.length === 0) return '';
  const places = hosts.map(({ host, ...rest }) => hostAndPort({ ...rest, host: host ?? socketFolder }));
  const database = values.get('dbname') || values.get('user') || user;
  return `${places.join(',')}/${hidesSecret(database) ? MASK : database}`;
}

/** The database that a DSN names, as far as it can be read; null: none. */
export const databaseOf = (text: string): string | null => readDsn(text).values.get('dbname') || null;
