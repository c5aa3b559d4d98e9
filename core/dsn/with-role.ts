/** The same way to a server, as another role. */
import { formatDsn, readDsn } from './read.ts';

/** Null: the text cannot be read. What of it is masked, other than the password, stays so. */
export function withRole(dsn: string, user: string, password: string): string | null {
  const { values, fault } = readDsn(dsn);
  if (fault !== null) return null;
  const as = new Map(values).set('user', user);
  if (password === '') as.delete('password');
  else as.set('password', password);
  return formatDsn(as);
}
