/** Deploys that are being prepared: answers with their passwords, as the backend's store has them sealed. */
import type { DeployAnswers, DeployDraft, SequenceLook, ServerLook, TableLook } from '#core/model/deploy.ts';
import { maskDsn } from '#core/model/mask-dsn.ts';
import type { BareServer, BareTable } from './bare.ts';
import { restartFor, serverOf } from './bare.ts';
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
    tableBytes: server.tables.reduce((sum, table) => sum + table.bytes, 0),
    restartFor: restartFor(server),
    roundTripMs: server.roundTripMs,
  };
  return { look, issue: null };
}

/** The draft's servers by the name of their node; those that cannot be read apart. */
export function serversOf(world: World, nodes: { name: string; dsn: string }[]) {
  const read: { node: string; server: BareServer }[] = [];
  const unread: { node: string; error: string }[] = [];
  nodes.forEach(({ name, dsn }, index) => {
    if (dsn.trim() === '') return;
    const found = serverOf(world, dsn, ['nodes', index, 'dsn']);
    if (found.server) read.push({ node: name, server: found.server });
    else unread.push({ node: name, error: found.issue?.message ?? 'It could not be read.' });
  });
  return { read, unread };
}

const bytesOf = (server: BareServer): number => server.tables.reduce((sum, table) => sum + table.bytes, 0);

export function tablesOf(world: World, { answers }: SimDraft) {
  const { read, unread } = serversOf(world, answers.nodes);
  const byName = new Map<string, { node: string; table: BareTable }[]>();
  for (const { node, server } of read)
    for (const table of server.tables) {
      const name = `${table.schema}.${table.name}`;
      byName.set(name, [...(byName.get(name) ?? []), { node, table }]);
    }
  const nodes = read.map(({ node }) => node);
  const withRows = read
    .filter(({ server }) => server.tables.some((table) => (table.rows ?? 0) > 0))
    .sort((a, b) => bytesOf(b.server) - bytesOf(a.server))
    .map(({ node }) => node);
  return {
    at: world.isoNow,
    nodes,
    unread,
    tables: [...byName.keys()].sort().map((name) => compared(byName.get(name) ?? [], nodes)),
    sequences: sequencesOf(read.map(({ server }) => server)),
    suggestedSource: withRows.length === 1 ? (withRows[0] ?? null) : null,
    withRows,
  };
}

const ADDED_UP = /balance|total|stock|count|amount|quantity|on_hand/;

function compared(held: { node: string; table: BareTable }[], nodes: string[]): TableLook {
  const [first] = held;
  if (!first) throw new Error('a table that no node has');
  const hasKey = held.every(({ table }) => table.key.length > 0);
  return {
    schema: first.table.schema,
    table: first.table.name,
    hasKey,
    rows: Object.fromEntries(held.map(({ node, table }) => [node, table.rows])),
    bytes: Object.fromEntries(held.map(({ node, table }) => [node, table.bytes])),
    missingOn: nodes.filter((node) => !held.some((one) => one.node === node)),
    differences: held.slice(1).flatMap(({ node, table }) => differences(first, node, table)),
    deltaCandidates: first.table.columns.flatMap((column) => {
      const [name = '', ...type] = column.split(' ');
      if (!/^(numeric|integer|bigint|double|real)/.test(type.join(' '))) return [];
      if (first.table.key.includes(name) || name.endsWith('_id')) return [];
      return [{ name, type: type.join(' '), suggested: ADDED_UP.test(name) }];
    }),
    suggestedSet: hasKey ? 'default' : 'default_insert_only',
  };
}

function differences(first: { node: string; table: BareTable }, node: string, table: BareTable): string[] {
  return table.columns.flatMap((column, index) => {
    const own = first.table.columns[index];
    if (own === column) return [];
    const [name, ...type] = column.split(' ');
    return [
      `${node}: column ${name} is ${type.join(' ')}, on ${first.node} ${own?.split(' ').slice(1).join(' ')}`,
    ];
  });
}

function sequencesOf(servers: BareServer[]): SequenceLook[] {
  const seen = new Map<string, SequenceLook>();
  for (const server of servers)
    for (const { schema, name, usedBy } of server.sequences)
      seen.set(`${schema}.${name}`, {
        schema,
        sequence: name,
        usedBy,
        convertible: usedBy !== null,
        reason: usedBy === null ? 'No column takes its numbers from it.' : null,
      });
  return [...seen.values()];
}
