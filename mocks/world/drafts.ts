/** Deploys that are being prepared: answers with their passwords, as the backend's store has them sealed. */

import { withKnownSecrets } from '#core/dsn/known-secrets.ts';
import { maskDsn } from '#core/dsn/mask.ts';
import type { DeployAnswers, DeployDraft, ServerLook, TablesLook } from '#core/model/deploy.ts';
import { tablesLook } from '#core/plan/servers/tables-look.ts';
import type { BareServer } from './bare.ts';
import { restartFor, serverOf } from './bare.ts';
import { observeServers } from './bare-facts.ts';
import { sameNodes } from './registrar.ts';
import type { World } from './world.ts';

export interface SimDraft {
  id: string;
  savedAt: string;
  /** DSNs with their passwords. */
  answers: DeployAnswers;
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
        dsn: withKnownSecrets(node.dsn, kept),
        peerDsn: node.peerDsn === null ? null : withKnownSecrets(node.peerDsn, kept),
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

/** All servers of the draft, compared as the backend compares them. */
export function tablesOf(world: World, { answers }: SimDraft): TablesLook {
  const nodes = answers.nodes.filter(({ dsn }) => dsn.trim() !== '');
  return tablesLook(observeServers(world, nodes), world.isoNow);
}
