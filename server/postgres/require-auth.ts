/** libpq's `require_auth` (libpq-connect.html; fe-connect.c, connectOptions2). */
import { DsnError } from '#core/dsn/parse.ts';
import type { AuthMethod } from './wire/authentication.ts';

const METHODS = [
  'password',
  'md5',
  'gss',
  'sspi',
  'scram-sha-256',
  'oauth',
  'none',
] as const satisfies readonly AuthMethod[];
const OURS: ReadonlySet<AuthMethod> = new Set(['password', 'md5', 'scram-sha-256', 'none']);

/** What a server may ask for; null: anything. Throws DsnError: malformed, or nothing is left that the console does. */
export function requiredMethods(text: string | undefined): ReadonlySet<AuthMethod> | null {
  if (text === undefined || text === '') return null;
  const words = text.split(',').map((word) => word.trim());
  const negative = words.filter((word) => word.startsWith('!'));
  if (negative.length > 0 && negative.length < words.length) {
    throw new DsnError('require_auth names either what is allowed, or with "!" what is not, and never both.');
  }
  const named = words.map((word) => METHODS.find((method) => method === word.replace(/^!/, '')));
  if (named.includes(undefined)) {
    throw new DsnError(
      `require_auth is a list of ${METHODS.join(', ')}, each of them with "!" before it or none.`,
    );
  }
  if (new Set(named).size < named.length) throw new DsnError('require_auth names a method twice.');
  const allowed = METHODS.filter((method) => named.includes(method) === (negative.length === 0));
  if (!allowed.some((method) => OURS.has(method))) {
    throw new DsnError(
      `require_auth allows ${allowed.join(', ') || 'nothing'}, and the console does ${[...OURS].join(', ')}.`,
    );
  }
  return new Set(allowed);
}
