/** DSNs as whoever connects by them needs them: whole, or an error in words. */
import { type DsnHost, type PlaceFault, readHosts } from './place.ts';
import { type Dsn, type DsnFault, readDsn } from './read.ts';

/** A DSN that cannot be read, or that the console cannot connect by. `message` says what and where, and holds nothing of a password. */
export class DsnError extends Error {
  override name = 'DsnError';
  readonly code = 'malformed-dsn';
}

/** Syntax and keywords only; whether the console can connect by it: server/postgres/targets.ts. Throws DsnError. */
export function parseDsn(text: string): Dsn {
  const { fault, ...dsn } = readDsn(text);
  if (fault !== null) throw new DsnError(faultText(fault));
  return dsn;
}

/** At least one. Throws DsnError: hosts, addresses and ports do not fit each other. */
export function hostsOf(values: ReadonlyMap<string, string>): DsnHost[] {
  const { hosts, fault } = readHosts(values);
  if (fault !== null) throw new DsnError(placeText(fault));
  return hosts;
}

export function faultText(fault: DsnFault): string {
  switch (fault.kind) {
    case 'zero-byte':
      return 'The DSN holds a zero byte.';
    case 'empty':
      return 'The DSN is empty. Write postgres://user@host:5432/dbname.';
    case 'neither':
      // What stands there may be a password alone: it is not printed.
      return 'The DSN is neither a URI, such as postgres://user@host:5432/dbname, nor key=value pairs.';
    case 'scheme':
      return `A DSN begins with postgres:// or postgresql://, not with ${fault.scheme}://.`;
    case 'no-equals':
      return `No "=" after the word at position ${fault.at + 1} of the DSN. A value with spaces must be in single quotes.`;
    case 'open-quote':
      return `The single quote at position ${fault.at + 1} of the DSN is not closed. A quote inside a value is written \\'.`;
    case 'open-bracket':
      return `No "]" after the "[" at position ${fault.at + 1} of the DSN.`;
    case 'empty-address':
      return 'The IPv6 address between "[" and "]" is empty.';
    case 'after-bracket':
      return `After "]" comes a ":", "/", "?" or ",", at position ${fault.at + 1} of the DSN.`;
    case 'at-sign':
      return 'The user, password or database holds a "/" or "@". In a URI write "/" as %2F, "@" as %40, ":" as %3A, "?" as %3F, "%" as %25.';
    case 'no-port':
      return 'What comes after the ":" of a host is not a port. Write postgres://user@host:5432/dbname.';
    case 'parameter-equals':
      return `No "=" in the parameter at position ${fault.at + 1} of the DSN.`;
    case 'second-equals':
      return `A second "=" in the parameter at position ${fault.at + 1} of the DSN. Inside a value write it %3D.`;
    case 'keyword':
      return `libpq knows no connection parameter ${fault.name === null ? 'of this name' : `"${fault.name}"`} (position ${fault.at + 1} of the DSN).`;
    case 'percent':
      return `A "%" in the ${fault.what} is not followed by two hex digits. Write a plain "%" as %25.`;
    case 'percent-zero':
      return `The ${fault.what} holds %00, which libpq forbids.`;
    case 'not-utf8':
      return `The percent-encoded bytes of the ${fault.what} are not UTF-8.`;
  }
}

function placeText(fault: PlaceFault): string {
  switch (fault.kind) {
    case 'addresses':
      return `The DSN has ${fault.hosts} hosts and ${fault.addresses} hostaddrs; one for each is needed.`;
    case 'ports':
      return `The DSN has ${fault.ports} ports for ${fault.hosts} ${fault.hosts === 1 ? 'host' : 'hosts'}.`;
    case 'port':
      return `The port of host ${fault.index + 1} is not a number from 1 to 65535. (A ":", "/" or "@" in a URI's password is written %3A, %2F, %40.)`;
  }
}
