/** Whether a DSN has the server prove who it is, for a word of caution beside it. */
import { readHosts } from './place.ts';
import { readDsn } from './read.ts';

const PROVES = new Set(['verify-ca', 'verify-full']);
const LOCAL = /^(?:\/|localhost$|127\.|::1$)/;

/** True when it leads to another machine without a certificate that is verified; false also of text that cannot be read yet. */
export function isServerUnproven(text: string): boolean {
  const { values, fault } = readDsn(text);
  if (fault !== null || PROVES.has(values.get('sslmode') ?? '')) return false;
  return readHosts(values).hosts.some(({ host, hostaddr }) => host !== null && !LOCAL.test(hostaddr ?? host));
}
