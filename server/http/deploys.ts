/** Deploys being prepared, over HTTP. No password leaves: DSNs go out masked, and come back masked. */
import type { FieldIssue } from '#core/contract/errors.ts';
import { noDeploy } from '#core/contract/faults.ts';
import { withKnownSecrets } from '#core/dsn/known-secrets.ts';
import { maskDsn } from '#core/dsn/mask.ts';
import type { DeployAnswers, DeployDraft } from '#core/model/deploy.ts';
import { serverLook, tablesLook } from '#core/plan/servers/tables-look.ts';
import { observeServers, readServer } from '#server/run/observe-servers.ts';
import type { Services } from '#server/services.ts';
import type { StoredDraft } from '#server/store/deploys.ts';
import { errors } from './errors.ts';
import { os } from './implement.ts';

function shown({ id, savedAt, answers }: StoredDraft): DeployDraft {
  const nodes = answers.nodes.map((node) => ({
    ...node,
    dsn: maskDsn(node.dsn),
    peerDsn: node.peerDsn === null ? null : maskDsn(node.peerDsn),
  }));
  return { ...answers, nodes, id, savedAt };
}

function found(services: Services, id: string): StoredDraft {
  const draft = services.deploys.get(id);
  if (draft !== null) return draft;
  throw errors.NOT_FOUND(noDeploy(id));
}

/** DSNs that come masked get the passwords that the draft had. */
function whole(answers: DeployAnswers, before: StoredDraft | null): DeployAnswers {
  const known = (before?.answers.nodes ?? []).flatMap(({ dsn, peerDsn }) =>
    peerDsn === null ? [dsn] : [dsn, peerDsn],
  );
  return {
    ...answers,
    nodes: answers.nodes.map((node) => ({
      ...node,
      dsn: withKnownSecrets(node.dsn, known),
      peerDsn: node.peerDsn === null || node.peerDsn === '' ? null : withKnownSecrets(node.peerDsn, known),
    })),
  };
}

export const deploys = {
  list: os.deploys.list.handler(({ context: { services } }) => ({
    items: services.deploys.list().map(shown),
  })),
  create: os.deploys.create.handler(({ input, context: { services } }) =>
    shown(services.deploys.add(whole(input, null))),
  ),
  get: os.deploys.get.handler(({ input, context: { services } }) => shown(found(services, input.id))),
  save: os.deploys.save.handler(({ input: { id, ...answers }, context: { services } }) => {
    const before = found(services, id);
    return shown(services.deploys.save(id, whole(answers, before)) ?? before);
  }),
  discard: os.deploys.discard.handler(({ input, context: { services } }) => {
    found(services, input.id);
    services.deploys.discard(input.id);
    return { discarded: input.id };
  }),
  look: os.deploys.look.handler(async ({ input, context: { services } }) => {
    const { answers } = found(services, input.id);
    const path = ['nodes', input.position, 'dsn'];
    const dsn = answers.nodes[input.position]?.dsn ?? '';
    if (dsn.trim() === '') {
      const issue: FieldIssue = {
        path,
        code: 'missing',
        message: 'No DSN has been given yet.',
        remedy: 'Write postgres://user:password@host:5432/dbname.',
      };
      return { look: null, issue };
    }
    const began = performance.now();
    const read = await readServer(dsn);
    const roundTripMs = Math.round((performance.now() - began) * 10) / 10;
    if (read.ok) return { look: serverLook(read.facts, answers.nodes.length, roundTripMs), issue: null };
    return { look: null, issue: { path, code: 'unreadable', message: read.error, remedy: read.remedy } };
  }),
  tables: os.deploys.tables.handler(async ({ input, context: { services } }) => {
    const { nodes } = found(services, input.id).answers;
    const servers = nodes
      .filter(({ dsn }) => dsn.trim() !== '')
      .map(({ name, dsn, peerDsn }) => ({ name, dsn, peerDsn: peerDsn ?? dsn }));
    return tablesLook(await observeServers(servers, { reach: false }), new Date().toISOString());
  }),
};
