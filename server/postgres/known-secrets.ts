/** Passwords that the page never sees, given back to DSNs that come from it. */
import { DsnError, formatDsn, MASK, maskDsn, parseDsn } from './dsn.ts';

/**
 * A DSN whose password is the mask that we showed gets the password that we know, if it is of the same user on the same
 * hosts: so a shown DSN can be edited without typing the password anew, and no password goes to another server.
 */
export function withKnownSecrets(dsn: string, known: readonly string[]): string {
  const whole = known.find((other) => maskDsn(other) === dsn);
  if (whole !== undefined) return whole;
  const values = valuesOf(dsn);
  if (values?.get('password') !== MASK) return dsn;
  const same = known
    .map(valuesOf)
    .find(
      (other) => other !== null && WHO.every((key) => (other.get(key) ?? '') === (values.get(key) ?? '')),
    );
  const password = same?.get('password');
  if (password === undefined) return dsn;
  return formatDsn(new Map(values).set('password', password));
}

const WHO = ['host', 'hostaddr', 'port', 'user'];

function valuesOf(dsn: string): ReadonlyMap<string, string> | null {
  try {
    return parseDsn(dsn).values;
  } catch (error) {
    if (error instanceof DsnError) return null;
    throw error;
  }
}
