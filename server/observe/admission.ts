/** Whether nodes may be put into the registry: all are looked at in parallel, every fault is said on its field. */
import type { FieldIssue } from '#core/contract/errors.ts';
import { DsnError, parseDsn } from '#core/dsn/parse.ts';
import type { Engine } from '#core/engines/engine.ts';
import { wordsOf } from '#core/engines/words.ts';
import { defaultEngine, type EngineName } from '#core/model/engine-name.ts';
import { tlsMaterial } from '#server/postgres/dsn-files.ts';
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
  const issues: FieldIssue[] = (await Promise.all(candidates.map(dsnIssues))).flat();
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
      ? reachableIssue(engine, candidate, outcome.value, known, index, candidates)
      : keepable(failureIssue(candidate, outcome.error, engine.name), outcome.error.code);
    const kept = !outcome.ok && keepUnreachable && KEPT.has(outcome.error.code);
    if (issue !== null && !kept) issues.push(issue);
    const name = outcome.ok
      ? (outcome.value.facts.localNode ?? '')
      : (candidate.expectedName ?? nameByInterface(candidate.dsn, interfaces) ?? dsnAddress(candidate.dsn));
    const systemIdentifier = outcome.ok ? outcome.value.facts.systemIdentifier : null;
    nodes.push({
      name,
      dsn: candidate.dsn,
      peerDsn: candidate.peerDsn,
      walRoom: null,
      ...(systemIdentifier !== null && { systemIdentifier }),
    });
  });
  if (issues.length === 0) issues.push(...equalNames(nodes, candidates));
  return { issues, nodes, interfaces };
}

/** What an outage can explain. A database without the engine is no outage. */
const KEPT: ReadonlySet<NodeFailure['code']> = new Set([
  'refused',
  'unavailable',
  'timeout',
  'network',
  'auth',
  'no-database',
  'protocol',
]);

/** What only watching can offer: a server that does not answer now is watched from when it does. */
function keepable(issue: FieldIssue, code: NodeFailure['code']): FieldIssue {
  if (code !== 'timeout' && code !== 'refused' && code !== 'network') return issue;
  const remedy = `${issue.remedy?.replace(/\.$/, '')}; or keep the node, and it is watched as soon as it answers.`;
  return { ...issue, remedy };
}

const WRITE_DSN =
  'Write postgres://user:password@host:5432/dbname, or host=… port=… dbname=… user=… password=….';

/** What is wrong with the DSNs themselves, the files that they name included. */
async function dsnIssues(candidate: Candidate): Promise<FieldIssue[]> {
  const issues: FieldIssue[] = [];
  const check = async (field: 'dsn' | 'peerDsn', read: () => unknown) => {
    try {
      await read();
    } catch (error) {
      if (!(error instanceof DsnError)) throw error;
      issues.push({
        path: [...candidate.path, field],
        code: error.code,
        message: error.message,
        remedy: WRITE_DSN,
      });
    }
  };
  await check('dsn', async () => {
    const { ways, tls } = connectionTargets(candidate.dsn);
    if (ways.includes('tls')) await tlsMaterial(tls);
  });
  // The peers' own libpq reads this one, with what the console itself does not support.
  const { peerDsn } = candidate;
  if (peerDsn !== null) await check('peerDsn', () => parseDsn(peerDsn));
  return issues;
}

function reachableIssue(
  engine: Engine,
  candidate: Candidate,
  { capabilities, facts }: Probed,
  known: Map<string, number>,
  index: number,
  candidates: readonly Candidate[],
): FieldIssue | null {
  const where = dsnAddress(candidate.dsn);
  const path = [...candidate.path, 'dsn'];
  if (facts.localNode === null) return { path, ...engine.withoutNode(capabilities, where) };
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
        message: `Two nodes are named ${node.name}: ${dsnAddress(nodes[first]?.dsn ?? '')} and ${dsnAddress(node.dsn)}.`,
        remedy: 'Nodes of one cluster have different names. Does one of them belong to another cluster?',
      },
    ];
  });
}

/** The words of a failed look at a node, as a fault of its DSN. */
export function failureIssue(
  candidate: Pick<Candidate, 'dsn' | 'path'>,
  error: NodeFailure,
  engine: EngineName = defaultEngine,
): FieldIssue {
  const { name, extension } = wordsOf(engine);
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
      return issue('timeout', said, 'Check address and firewall.');
    case 'refused':
    case 'network':
      return issue('unreachable', said, 'Check host and port, and that the server runs.');
    case 'protocol':
      return issue('protocol', said, 'Check what listens at that address, and what is in between.');
    case 'dsn':
      return issue('malformed-dsn', said, WRITE_DSN);
    case 'unavailable':
      return issue(
        'unavailable',
        `${where}: ${said}`,
        'The server is there but accepts no connections now; keep the node, and it is watched as soon as it does.',
      );
    case 'auth':
      return authIssue(error, said, where, issue);
    case 'no-database':
      return issue('no-database', `${where}: ${said}`, `Give the database that holds the ${name} node.`);
    case 'no-spock':
      return issue(
        'no-spock',
        `${where}: ${said}`,
        `Give the database that holds the ${name} node, or CREATE EXTENSION ${extension} there.`,
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
  // The console's own refusals say what to do.
  if (error.sqlstate === null && !/SASL|the DSN has none/.test(error.message)) {
    return { ...issue('authentication', said, ''), remedy: null };
  }
  if (/pg_hba/.test(error.message)) {
    return issue(
      'no-access',
      `${where}: ${said}`,
      'Add a line to pg_hba.conf for this host, role and database.',
    );
  }
  if (/role .* (does not exist|is not permitted)/.test(error.message)) {
    return issue('no-role', `${where}: ${said}`, 'Give a role that exists there and can log in.');
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
