/**
 * What becomes of a DSN that is typed into the mock. A host name chooses the outcome, so that every error of the form
 * can be seen: `unreachable`, `timeout`, `wrong-password`, `no-role`, `no-database`, `no-spock`, `no-node`, `too-old`; anything else is a good node.
 */
import type { FieldIssue } from '#core/contract/errors.ts';

interface Parsed {
  host: string;
  port: number;
  database: string;
  user: string;
  hasPassword: boolean;
}

/** A URI or key=value DSN, near enough to libpq's for a mock; null when it is neither. */
export function parseDsn(text: string): Parsed | null {
  if (/^postgres(ql)?:\/\//.test(text)) {
    try {
      const url = new URL(text.replace(/^postgres(ql)?:/, 'http:'));
      if (!url.hostname) return null;
      return {
        host: url.hostname,
        port: Number(url.port || 5432),
        database: decodeURIComponent(url.pathname.slice(1)) || url.username || 'postgres',
        user: decodeURIComponent(url.username),
        hasPassword: url.password !== '',
      };
    } catch {
      return null;
    }
  }
  const pairs = new Map(
    [...text.matchAll(/(\w+)\s*=\s*('(?:[^'\\]|\\.)*'|\S+)/g)].map((match) => [
      match[1] ?? '',
      (match[2] ?? '').replace(/^'|'$/g, ''),
    ]),
  );
  const host = pairs.get('host') ?? pairs.get('hostaddr');
  if (!host) return null;
  return {
    host,
    port: Number(pairs.get('port') ?? 5432),
    database: pairs.get('dbname') ?? pairs.get('user') ?? 'postgres',
    user: pairs.get('user') ?? '',
    hasPassword: pairs.has('password'),
  };
}

export const maskedDsn = (dsn: Parsed): string =>
  `host=${dsn.host} port=${dsn.port} dbname=${dsn.database}${dsn.user ? ` user=${dsn.user}` : ''}${dsn.hasPassword ? ' password=••••' : ''}`;

const REFUSALS: Record<string, (dsn: Parsed) => [string, string]> = {
  unreachable: (dsn) => [
    `Nothing answers at ${dsn.host}:${dsn.port}: connection refused.`,
    'Is the server running, and does it listen on this address? It can be kept all the same, if it is down only now.',
  ],
  timeout: (dsn) => [
    `${dsn.host}:${dsn.port} did not answer within 5 s.`,
    'A firewall, or the wrong address? It can be kept all the same, if it is down only now.',
  ],
  'wrong-password': (dsn) => [
    `${dsn.host}:${dsn.port} refuses the password of role ${dsn.user || 'tricorder'}.`,
    'Type the password again.',
  ],
  'no-role': (dsn) => [
    `${dsn.host}:${dsn.port} has no role ${dsn.user || 'tricorder'}.`,
    'Create the role there, or use another.',
  ],
  'no-database': (dsn) => [
    `${dsn.host}:${dsn.port} has no database ${dsn.database}.`,
    'Use the database that the Spock node is in.',
  ],
  'no-spock': (dsn) => [
    `Database ${dsn.database} on ${dsn.host}:${dsn.port} has no extension spock.`,
    'Use the database that the Spock node is in.',
  ],
  'no-node': (dsn) => [
    `Database ${dsn.database} on ${dsn.host}:${dsn.port} has spock, but no node was created in it.`,
    'Create it with spock.node_create, or deploy a cluster.',
  ],
  'too-old': (dsn) => [
    `${dsn.host}:${dsn.port} runs Spock 3.1; Tricorder reads 4.0 and later.`,
    'Upgrade Spock on this server.',
  ],
};

/** The fault of a DSN at a place in the form, or how it was understood. */
export function judgeDsn(
  text: string,
  path: FieldIssue['path'],
): { dsn: Parsed; issue: null } | { dsn: Parsed | null; issue: FieldIssue } {
  const dsn = parseDsn(text);
  if (!dsn)
    return {
      dsn: null,
      issue: {
        path,
        code: 'malformed-dsn',
        message: 'This is no connection string.',
        remedy: 'Write postgres://user:password@host:5432/database, or host=… port=… dbname=… user=…',
      },
    };
  const code = Object.keys(REFUSALS).find((word) => dsn.host.includes(word));
  const refusal = code && REFUSALS[code]?.(dsn);
  if (!code || !refusal) return { dsn, issue: null };
  return { dsn, issue: { path, code, message: refusal[0], remedy: refusal[1] } };
}
