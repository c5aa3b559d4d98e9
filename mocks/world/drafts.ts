/** Deploys that are being prepared: answers with their passwords, as the backend's store has them sealed. */
import type {
  DeployAnswers,
  DeployDraft,
  SequenceLook,
  ServerLook,
  TableLook,
  TablesLook,
} from '#core/model/deploy.ts';
import { maskDsn } from '#core/model/mask-dsn.ts';
import {
  tablesOf as compareTables,
  defaultChoice,
  deltaCandidatesOf,
  differencesOf,
  hasKey,
  type Server,
} from '#core/plan/servers/choices.ts';
import type { ServerTable } from '#core/plan/servers/observed-server.ts';
import type { BareServer } from './bare.ts';
import { restartFor, serverOf } from './bare.ts';
import { factsOf } from './bare-facts.ts';
import { sameNodes } from './registrar.ts';
import type { World } from './world.ts';

export interface SimDraft {
  id: string;
  savedAt: string;
  /** DSNs with their passwords. */
  answers: DeployAnswers;
}

/** A DSN whose password is masked is the one that was kept, if all else of it is as it was. */
export function unmasked(dsn: string, kept: string[]): string {
  return dsn.includes('••••') ? (kept.find((one) => maskDsn(one) === dsn) ?? dsn) : dsn;
}

export const dsnsOf = (answers: Pick<DeployAnswers, 'nodes'>): string[] =>
  answers.nodes.flatMap((node) => [node.dsn, node.peerDsn ?? '']);

export function saveDraft(world: World, id: string, answers: DeployAnswers): SimDraft {
  const kept = dsnsOf(world.drafts.get(id)?.answers ?? { nodes: [] });
  const draft: SimDraft = {
    id,
    savedAt: world.isoNow,
    answers: {
      ...answers,
      nodes: answers.nodes.map((node) => ({
        ...node,
        dsn: unmasked(node.dsn, kept),
        peerDsn: node.peerDsn === null ? null : unmasked(node.peerDsn, kept),
      })),
    },
  };
  world.drafts.set(id, draft);
  return draft;
}

export function shownDraft({ id, savedAt, answers }: SimDraft): DeployDraft {
  return {
    ...answers,
    id,
    savedAt,
    nodes: answers.nodes.map((node) => ({
      ...node,
      dsn: maskDsn(node.dsn),
      peerDsn: node.peerDsn === null ? null : maskDsn(node.peerDsn),
    })),
  };
}

export function lookAt(world: World, { answers }: SimDraft, position: number) {
  const path = ['nodes', position, 'dsn'];
  const { server, dsn, issue } = serverOf(world, answers.nodes[position]?.dsn ?? '', path);
  if (!server || !dsn) return { look: null, issue };
  const parsed = answers.nodes.map((node) => serverOf(world, node.dsn, []).dsn);
  const same = sameNodes(parsed).find((each) => each.path[1] === position);
  if (same) return { look: null, issue: same };
  const look: ServerLook = {
    serverVersion: server.serverVersion,
    database: server.database,
    role: dsn.user || 'postgres',
    superuser: server.superuser,
    engineVersion: server.engineVersion,
    engineInstalled: server.engineInstalled,
    standin: false,
    nodeName: server.nodeName,
    tables: server.tables.length,
    tableBytes: bytesOf(server),
    restartFor: restartFor(server),
    roundTripMs: server.roundTripMs,
  };
  return { look, issue: null };
}

const bytesOf = (server: BareServer): number => server.tables.reduce((sum, table) => sum + table.bytes, 0);

export function tablesOf(world: World, { answers }: SimDraft): TablesLook {
  const servers: Server[] = [];
  const unread: TablesLook['unread'] = [];
  answers.nodes.forEach(({ name, dsn }, index) => {
    if (dsn.trim() === '') return;
    const found = serverOf(world, dsn, ['nodes', index, 'dsn']);
    if (found.server) servers.push({ name, facts: factsOf(found.server, 'postgres') });
    else unread.push({ node: name, error: found.issue?.message ?? 'It could not be read.' });
  });
  const nodes = servers.map(({ name }) => name);
  const withRows = servers
    .filter(({ facts }) => facts.tables.some((table) => table.hasRows))
    .sort((a, b) => sizeOf(b) - sizeOf(a))
    .map(({ name }) => name);
  return {
    at: world.isoNow,
    nodes,
    unread,
    tables: [...compareTables(servers).values()].map((on) => compared(on, nodes)),
    sequences: sequencesOf(servers),
    suggestedSource: withRows.length === 1 ? (withRows[0] ?? null) : null,
    withRows,
  };
}

const sizeOf = ({ facts }: Server): number => facts.tables.reduce((sum, table) => sum + table.bytes, 0);

function compared(on: Map<string, ServerTable>, nodes: string[]): TableLook {
  const [first, ...others] = [...on].map(([node, table]) => ({ node, table }));
  if (!first) throw new Error('a table that no node has');
  const { schema, table } = first.table;
  return {
    schema,
    table,
    hasKey: [...on.values()].every(hasKey),
    rows: Object.fromEntries([...on].map(([node, own]) => [node, own.rows])),
    bytes: Object.fromEntries([...on].map(([node, own]) => [node, own.bytes])),
    missingOn: nodes.filter((node) => !on.has(node)),
    differences: others.flatMap((other) => differencesOf(first, other)),
    deltaCandidates: deltaCandidatesOf(first.table).filter(({ name }) => !name.endsWith('_id')),
    suggestedSet: defaultChoice(first.table).set ?? 'default',
  };
}

function sequencesOf(servers: Server[]): SequenceLook[] {
  const seen = new Map<string, SequenceLook>();
  for (const { facts } of servers)
    for (const { schema, sequence, usedBy } of facts.sequences)
      seen.set(`${schema}.${sequence}`, {
        schema,
        sequence,
        usedBy,
        convertible: usedBy !== null,
        reason: usedBy === null ? 'No column takes its numbers from it.' : null,
      });
  return [...seen.values()];
}
