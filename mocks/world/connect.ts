/**
 * What becomes of a DSN that is typed into the mock. A word in the host name chooses the outcome, so that every error of
 * the form can be seen: see `REFUSALS`. Any other host is a good node; `n7.example` is one that calls itself n7.
 */
import type { FieldIssue } from '#core/contract/errors.ts';
import { faultText } from '#core/dsn/parse.ts';
import { readHosts } from '#core/dsn/place.ts';
import { readDsn } from '#core/dsn/read.ts';
import { noNode } from '#core/engines/spock/fitness.ts';

export interface ParsedDsn {
  host: string;
  port: number;
  database: string;
  user: string;
}

/** Of the first host; null when the DSN cannot be read, or names no host. */
export function parsedDsn(text: string): ParsedDsn | null {
  const { values, fault } = readDsn(text);
  if (fault !== null) return null;
  const [first] = readHosts(values).hosts;
  if (first?.host == null) return null;
  const user = values.get('user') ?? '';
  return { host: first.host, port: first.port, database: values.get('dbname') || user || 'postgres', user };
}

type Refusal = (dsn: ParsedDsn, place: string) => [message: string, remedy: string];

/** By the word in the host name, which is the code of the error as well. */
const REFUSALS: Record<string, Refusal> = {
  unreachable: (_dsn, place) => [
    `${place} refused the connection (ECONNREFUSED).`,
    'Check host and port, and that the server runs; or keep the node, and it is watched as soon as it answers.',
  ],
  timeout: (_dsn, place) => [
    `${place} did not answer within 5 s.`,
    'Check address and firewall; or keep the node, and it is watched as soon as it answers.',
  ],
  'wrong-password': (dsn, place) => [
    `${place}: password authentication failed for user "${dsn.user}"`,
    'Check user and password. In a URI write "@" as %40, "/" as %2F, ":" as %3A.',
  ],
  authentication: (_dsn, place) => [
    `${place} asks for GSSAPI (Kerberos) authentication, which the console does not support.`,
    'Put a line with scram-sha-256 for this role and address before it in pg_hba.conf there.',
  ],
  protocol: (_dsn, place) => [
    `${place} does not keep to PostgreSQL's protocol: message "H" came before it has let the console in.`,
    'Check what listens at that address, and what is in between.',
  ],
  'no-role': (dsn, place) => [
    `${place}: role "${dsn.user}" does not exist`,
    'Give a role that exists there and can log in.',
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
  'no-node': (_dsn, place) => {
    const { message, remedy } = noNode(place);
    return [message, remedy];
  },
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
  const dsn = parsedDsn(text);
  const { fault } = readDsn(text);
  if (!dsn)
    return {
      dsn,
      issue: {
        path,
        code: 'malformed-dsn',
        message: fault === null ? 'It names no host.' : faultText(fault),
        remedy:
          'Write postgres://user:password@host:5432/dbname, or host=… port=… dbname=… user=… password=….',
      },
    };
  const code = Object.keys(REFUSALS).find((word) => dsn.host.includes(word));
  const refusal = code === undefined ? undefined : REFUSALS[code]?.(dsn, placeOf(dsn));
  if (code === undefined || !refusal) return { dsn, issue: null };
  return { dsn, issue: { path, code, message: refusal[0], remedy: refusal[1] } };
}
