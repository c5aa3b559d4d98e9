/** Passwords that the page never sees, given back to DSNs that come from it. */
import { maskDsn } from './mask.ts';
import { formatDsn, MASK, readDsn } from './read.ts';

/**
 * A DSN whose password is the mask that we showed gets the password that we know, if it is of the same user on the same
 * hosts: so a shown DSN can be edited without typing the password anew, and no password goes to another server.
 */
export function withKnownSecrets(dsn: string, known: readonly string[]): string {
  if (!dsn.includes(MASK)) return dsn;
  const whole = new Set(known.filter((other) => maskDsn(other) === dsn));
  const [only] = whole;
  if (only !== undefined && whole.size === 1) return only;
  const values = valuesOf(dsn);
  if (values?.get('password') !== MASK) return dsn;
  const passwords = new Set(
    known.map(valuesOf).flatMap((other) => {
      const isSame = other !== null && WHO.every((key) => (other.get(key) ?? '') === (values.get(key) ?? ''));
      return isSame ? [other.get('password') ?? MASK] : [];
    }),
  );
  const [password] = passwords;
  if (password === undefined || password === MASK) return dsn;
  return formatDsn(new Map(values).set('password', password));
}

const WHO = ['host', 'hostaddr', 'port', 'user'];

function valuesOf(dsn: string): ReadonlyMap<string, string> | null {
  const { values, fault } = readDsn(dsn);
  return fault === null ? values : null;
}
