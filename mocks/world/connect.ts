/**
 * What becomes of a DSN that is typed into the mock. A word in the host name chooses the outcome, so that every error of
 * the form can be seen: see `REFUSALS`. Any other host is a good node; `n7.example` is one that calls itself n7.
 */
import type { FieldIssue } from '#core/contract/errors.ts';

export interface ParsedDsn {
  host: string;
  port: number;
  database: string;
  user: string;
}

/** A URI or key=value DSN, near enough to libpq's for a mock; null when it is neither. */
export function parseDsn(text: string): ParsedDsn | null {
  return /^postgres(ql)?:\/\//.test(text) ? parseUri(text) : parsePairs(text);
}

function parseUri(text: string): ParsedDsn | null {
  const scheme = text.replace(/^postgres(ql)?:/, 'http:');
  if (!URL.canParse(scheme)) return null;
  const url = new URL(scheme);
  const user = decodeURIComponent(url.username);
  return {
    host: url.hostname,
    port: Number(url.port || 5432),
    database: decodeURIComponent(url.pathname.slice(1)) || user || 'postgres',
    user,
  };
}

function parsePairs(text: string): ParsedDsn | null {
  const pairs = new Map(
    [...text.matchAll(/(\w+)\s*=\s*('(?:[^'\\]|\\.)*'|\S+)/g)].map(([, key = '', value = '']) => [
      key,
      value.replace(/^'|'$/g, ''),
    ]),
  );
  const host = pairs.get('host') ?? pairs.get('hostaddr');
  const port = Number(pairs.get('port') ?? 5432);
  if (!host || !Number.isInteger(port)) return null;
  const user = pairs.get('user') ?? '';
  return { host, port, database: pairs.get('dbname') ?? (user || 'postgres'), user };
}

type Refusal = (dsn: ParsedDsn, place: string) => [message: string, remedy: string];

/** By the word in the host name, which is the code of the error as well. */
const REFUSALS: Record<string, Refusal> = {
  unreachable: (_dsn, place) => [
    `${place} refused the connection (ECONNREFUSED).`,
    'Check host and port, and that the server runs; or keep the node, and it is watched from when it answers.',
  ],
  timeout: (_dsn, place) => [
    `${place} did not answer within 5 s.`,
    'Check address and firewall; or keep the node, and it is watched from when it answers.',
  ],
  'wrong-password': (dsn, place) => [
    `${place}: password authentication failed for user "${dsn.user}"`,
    'Check user and password. In a URI write "@" as %40, "/" as %2F, ":" as %3A.',
  ],
  'no-role': (dsn, place) => [
    `${place}: role "${dsn.user}" does not exist`,
    'Give a role that exists there and may log in.',
  ],
  'no-access': (dsn, place) => [
    `${place}: no pg_hba.conf entry for host "10.0.0.1", user "${dsn.user}", database "${dsn.database}", no encryption`,
    'Add a line to pg_hba.conf for this host, role and database.',
  ],
  'no-database': (dsn, place) => [
    `${place}: database "${dsn.database}" does not exist`,
    'Give the database that holds the Spock node.',
  ],
  'no-spock': (dsn, place) => [
    `${place}: database ${dsn.database} has no extension spock.`,
    'Give the database that holds the Spock node, or CREATE EXTENSION spock there.',
  ],
  'no-node': (_dsn, place) => [
    `The extension spock is in ${place}, but no node was created there.`,
    'Run spock.node_create there first, or give the database that holds the node.',
  ],
  'too-old': (_dsn, place) => [
    `${place}: PostgreSQL 14.19 is too old.`,
    'Upgrade the server to PostgreSQL 15 or later.',
  ],
};

export const placeOf = (dsn: ParsedDsn): string => `${dsn.host}:${dsn.port}/${dsn.database}`;

/** How a DSN at a place in the form was understood, and its fault. */
export function judgeDsn(
  text: string,
  path: FieldIssue['path'],
): { dsn: ParsedDsn | null; issue: FieldIssue | null } {
  const dsn = parseDsn(text);
  if (!dsn)
    return {
      dsn,
      issue: {
        path,
        code: 'malformed-dsn',
        message: 'This is neither a URI nor a list of key=value.',
        remedy:
          'Write postgres://user:password@host:5432/dbname, or host=… port=… dbname=… user=… password=….',
      },
    };
  const code = Object.keys(REFUSALS).find((word) => dsn.host.includes(word));
  const refusal = code === undefined ? undefined : REFUSALS[code]?.(dsn, placeOf(dsn));
  if (code === undefined || !refusal) return { dsn, issue: null };
  return { dsn, issue: { path, code, message: refusal[0], remedy: refusal[1] } };
}
