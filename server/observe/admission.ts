/** Whether nodes may be put into the registry: all are looked at in parallel, every fault is said on its field. */
import type { FieldIssue } from '#core/contract/errors.ts';
import type { Engine } from '#core/engines/engine.ts';
import { DsnError, parseDsn } from '#server/postgres/dsn.ts';
import type { NodeFailure } from '#server/postgres/node-client.ts';
import { connectionTargets, dsnAddress } from '#server/postgres/targets.ts';
import type { NodeRecord } from '#server/store/registry.ts';
import { type NamedInterface, namedInterfaces } from './discovery.ts';
import { type Probed, type ProbeOutcome, probe } from './probe.ts';

export interface Candidate {
  dsn: string;
  peerDsn: string | null;
  /** Where it stands in what was sent: `["nodes", 0]`. */
  path: (string | number)[];
  /** Of a node that is registered already under this name: it must be that one. */
  expectedName?: string;
}

export interface Admission {
  /** Empty: all may be saved. */
  issues: FieldIssue[];
  /** In the candidates' order; of nodes that were kept unreachable, by their address until they say their name. */
  nodes: NodeRecord[];
  /** What the reachable ones know of others. */
  interfaces: NamedInterface[];
}

/** `keepUnreachable`: nodes that do not answer, or let nobody in, are saved as well. Malformed DSNs never are. */
export async function admit(
  candidates: readonly Candidate[],
  engine: Engine,
  keepUnreachable: boolean,
): Promise<Admission> {
  const issues: FieldIssue[] = candidates.flatMap(syntaxIssues);
  if (issues.length > 0) return { issues, nodes: [], interfaces: [] };
  const outcomes = await Promise.all(candidates.map(({ dsn }) => probe(dsn, engine)));
  const interfaces = outcomes.flatMap((outcome) =>
    outcome.ok ? namedInterfaces(outcome.value.facts, outcome.value.interfaces) : [],
  );
  const nodes: NodeRecord[] = [];
  const known = new Map<string, number>();
  candidates.forEach((candidate, index) => {
    const outcome = outcomes[index] as ProbeOutcome;
    const issue = outcome.ok
      ? reachableIssue(candidate, outcome.value, known, index, candidates)
      : failureIssue(candidate, outcome.error);
    const kept = !outcome.ok && keepUnreachable && KEPT.has(outcome.error.code);
    if (issue !== null && !kept) issues.push(issue);
    const name = outcome.ok
      ? (outcome.value.facts.localNode ?? '')
      : (candidate.expectedName ?? nameByInterface(candidate.dsn, interfaces) ?? dsnAddress(candidate.dsn));
    nodes.push({ name, dsn: candidate.dsn, peerDsn: candidate.peerDsn, walRoom: null });
  });
  if (issues.length === 0) issues.push(...equalNames(nodes, candidates));
  return { issues, nodes, interfaces };
}

/** What an outage can explain. A database without spock is no outage. */
const KEPT: ReadonlySet<NodeFailure['code']> = new Set([
  'refused',
  'timeout',
  'network',
  'auth',
  'no-database',
]);

function syntaxIssues(candidate: Candidate): FieldIssue[] {
  const issues: FieldIssue[] = [];
  const check = (field: 'dsn' | 'peerDsn', read: () => void) => {
    try {
      read();
    } catch (error) {
      if (!(error instanceof DsnError)) throw error;
      issues.push({
        path: [...candidate.path, field],
        code: error.code,
        message: error.message,
        remedy:
          'Write postgres://user:password@host:5432/dbname, or host=… port=… dbname=… user=… password=….',
      });
    }
  };
  check('dsn', () => connectionTargets(candidate.dsn));
  // The peers' own libpq reads this one, with what the console itself does not support.
  const { peerDsn } = candidate;
  if (peerDsn !== null) check('peerDsn', () => parseDsn(peerDsn));
  return issues;
}

function reachableIssue(
  candidate: Candidate,
  { capabilities, facts }: Probed,
  known: Map<string, number>,
  index: number,
  candidates: readonly Candidate[],
): FieldIssue | null {
  const where = dsnAddress(candidate.dsn);
  const path = [...candidate.path, 'dsn'];
  if (facts.localNode === null) {
    if (!capabilities.columns.has('spock.local_node') || !capabilities.columns.has('spock.node')) {
      return {
        path,
        code: 'no-permission',
        message: `Role ${capabilities.user} may not read the catalogs of schema spock on ${where}.`,
        // Not GRANT USAGE alone: with it a role may drop subscriptions.
        remedy: `Run the statements of the page “A role that can only watch” (docs/watching-role.md) there for ${capabilities.user}, or connect as another role.`,
      };
    }
    return {
      path,
      code: 'no-node',
      message: `The extension spock is in ${where}, but no node was created there.`,
      remedy: 'Run spock.node_create there first, or give the database that holds the node.',
    };
  }
  if (candidate.expectedName !== undefined && candidate.expectedName !== facts.localNode) {
    return {
      path,
      code: 'other-node',
      message: `${where} is node ${facts.localNode}, not ${candidate.expectedName}.`,
      remedy: `Give the DSN of ${candidate.expectedName}, or add ${facts.localNode} under its own name.`,
    };
  }
  // Copies of one data folder share the system identifier, so the node's id and the server's start belong to it.
  const identity = JSON.stringify([
    facts.systemIdentifier,
    facts.startedAt,
    capabilities.database,
    facts.localNodeId,
    facts.localNode,
  ]);
  const first = known.get(identity);
  if (first === undefined) {
    known.set(identity, index);
    return null;
  }
  return {
    path,
    code: 'same-node',
    message: `${where} is node ${facts.localNode}, the same as ${dsnAddress(candidates[first]?.dsn ?? '')}.`,
    remedy: 'Give each node once.',
  };
}

function equalNames(nodes: readonly NodeRecord[], candidates: readonly Candidate[]): FieldIssue[] {
  return nodes.flatMap((node, index) => {
    const first = nodes.findIndex((other) => other.name === node.name);
    if (first === index) return [];
    return [
      {
        path: [...(candidates[index]?.path ?? []), 'dsn'],
        code: 'same-name',
        message: `Two nodes call themselves ${node.name}: ${dsnAddress(nodes[first]?.dsn ?? '')} and ${dsnAddress(node.dsn)}.`,
        remedy: 'Nodes of one cluster have different names; is one of them of another cluster?',
      },
    ];
  });
}

/** The words of a failed look at a node, as a fault of its DSN. */
export function failureIssue(candidate: Pick<Candidate, 'dsn' | 'path'>, error: NodeFailure): FieldIssue {
  const where = dsnAddress(candidate.dsn);
  const issue = (code: string, message: string, remedy: string): FieldIssue => ({
    path: [...candidate.path, 'dsn'],
    code,
    message,
    remedy,
  });
  const said = error.detail === null ? error.message : `${error.message} (${error.detail})`;
  switch (error.code) {
    case 'timeout':
      return issue(
        'timeout',
        said,
        'Check address and firewall; or keep the node, and it is watched from when it answers.',
      );
    case 'refused':
    case 'network':
      return issue(
        'unreachable',
        said,
        'Check host and port, and that the server runs; or keep the node, and it is watched from when it answers.',
      );
    case 'auth':
      return authIssue(error, said, where, issue);
    case 'no-database':
      return issue('no-database', `${where}: ${said}`, 'Give the database that holds the Spock node.');
    case 'no-spock':
      return issue(
        'no-spock',
        `${where}: ${said}`,
        'Give the database that holds the Spock node, or CREATE EXTENSION spock there.',
      );
    case 'too-old':
      return issue('too-old', `${where}: ${said}`, 'Upgrade the server to PostgreSQL 15 or later.');
    case 'permission':
      return issue(
        'no-permission',
        `${where}: ${said}`,
        'Grant the role what the message names, or connect as another role.',
      );
    default:
      return issue('query', `${where}: ${said}`, 'The server answered with an error; its log says more.');
  }
}

function authIssue(
  error: NodeFailure,
  said: string,
  where: string,
  issue: (code: string, message: string, remedy: string) => FieldIssue,
): FieldIssue {
  if (/pg_hba/.test(error.message)) {
    return issue(
      'no-access',
      `${where}: ${said}`,
      'Add a line to pg_hba.conf for this host, role and database.',
    );
  }
  if (/role .* (does not exist|is not permitted)/.test(error.message)) {
    return issue('no-role', `${where}: ${said}`, 'Give a role that exists there and may log in.');
  }
  return issue(
    'wrong-password',
    `${where}: ${said}`,
    'Check user and password. In a URI write "@" as %40, "/" as %2F, ":" as %3A.',
  );
}

/** The name under which the nodes that answer know the one that does not. */
function nameByInterface(dsn: string, interfaces: readonly NamedInterface[]): string | null {
  const address = hostsOf(dsn);
  const found = interfaces.find(
    ({ rawDsn }) => rawDsn !== null && address !== '' && hostsOf(rawDsn) === address,
  );
  return found?.node ?? null;
}

function hostsOf(dsn: string): string {
  return dsnAddress(dsn).replace(/^localhost:/, '127.0.0.1:');
}
