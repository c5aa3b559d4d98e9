import { afterAll, beforeAll, expect, test } from 'vitest';
import type { DeployAnswers, DeployDraft } from '#core/model/deploy.ts';
import { startApp, type TestApp } from '#server/testing/app.ts';
import { type BareServers, startBareServers } from '#server/testing/bare-servers.ts';

let servers: BareServers;
let app: TestApp;

beforeAll(async () => {
  servers = await startBareServers(2, { prepared: false });
  await servers.sql(1, 'CREATE TABLE stock (id int PRIMARY KEY, quantity int NOT NULL, note text)');
  await servers.sql(1, "INSERT INTO stock VALUES (1, 5, 'x')");
  await servers.sql(2, 'CREATE TABLE stock (id int PRIMARY KEY, quantity bigint NOT NULL)');
  await servers.sql(2, 'CREATE TABLE journal (at timestamptz)');
  app = await startApp();
}, 120_000);

afterAll(async () => {
  await app?.stop();
  await servers?.stop();
});

function answers(change: Partial<DeployAnswers> = {}): DeployAnswers {
  return {
    name: 'orders',
    nodes: [1, 2].map((n) => ({ name: `n${n}`, dsn: servers.dsn(n), peerDsn: null, location: null })),
    tables: 'all',
    sequences: [],
    sourceChosen: false,
    dataFrom: null,
    ddlReplication: true,
    ...change,
  };
}

async function made(change: Partial<DeployAnswers> = {}): Promise<DeployDraft> {
  const { status, body } = await app.json('POST', '/deploys', answers(change));
  expect(status).toBe(201);
  return body;
}

test('answers are kept, however unfinished, and no password leaves', async () => {
  const draft = await made({
    name: '',
    nodes: [{ name: '', dsn: 'host=half pass', peerDsn: null, location: null }],
  });
  expect(draft.nodes[0]?.dsn).toBe('host=half pass');
  const whole = await made();
  const { body } = await app.json('GET', `/deploys/${whole.id}`);
  expect(body.nodes[0].dsn).toContain('password=••••');
  expect(JSON.stringify([whole, body, (await app.json('GET', '/deploys')).body])).not.toContain(
    servers.password,
  );
  expect((await app.json('GET', '/deploys')).body.items[0].id).toBe(whole.id);
});

test('a masked password keeps what it was, and goes to no other server', async () => {
  const draft = await made();
  const saved = await app.json('PUT', `/deploys/${draft.id}`, {
    ...answers(),
    nodes: draft.nodes,
    name: 'other',
  });
  expect(saved.body.name).toBe('other');
  const looked = await app.json('POST', `/deploys/${draft.id}/servers/0/look`);
  expect(looked.body.issue).toBeNull();
  const elsewhere = draft.nodes.map((node) => ({ ...node, dsn: node.dsn.replace('127.0.0.1', 'localhost') }));
  await app.json('PUT', `/deploys/${draft.id}`, { ...answers(), nodes: elsewhere });
  expect(app.services.deploys.get(draft.id)?.answers.nodes[0]?.dsn).toContain('password=••••');
});

test('a server is looked at: what it is, and what it needs', async () => {
  const draft = await made();
  const { body } = await app.json('POST', `/deploys/${draft.id}/servers/0/look`);
  expect(body.look).toMatchObject({
    database: 'orders',
    superuser: true,
    engineInstalled: false,
    nodeName: null,
    tables: 1,
  });
  expect(body.look.restartFor).toContain('wal_level');
  expect(body.look.tableBytes).toBeGreaterThan(0);
});

test('one that cannot be used says what, where and what to do', async () => {
  const wrong = servers.dsn(1).replace(servers.password, 'wrong');
  const nodes = [wrong, 'host=127.0.0.1 port=1 user=a dbname=b', 'nonsense', ''].map((dsn, index) => ({
    name: `n${index + 1}`,
    dsn,
    peerDsn: null,
    location: null,
  }));
  const draft = await made({ nodes });
  const said = await Promise.all(
    nodes.map(
      async (_, index) => (await app.json('POST', `/deploys/${draft.id}/servers/${index}/look`)).body,
    ),
  );
  expect(said.map(({ look }) => look)).toEqual([null, null, null, null]);
  expect(said[0].issue.message).toContain('password authentication failed');
  expect(said[1].issue.message).toContain('127.0.0.1:1');
  for (const { issue } of said) expect(issue.remedy).toBeTruthy();
  expect(said.map(({ issue }) => issue.path)).toEqual(nodes.map((_, index) => ['nodes', index, 'dsn']));
  expect((await app.json('POST', '/deploys/nix/servers/0/look')).status).toBe(404);
});

test('tables of all servers are compared', async () => {
  const draft = await made();
  const { body } = await app.json('GET', `/deploys/${draft.id}/tables`);
  expect(body.suggestedSource).toBe('n1');
  const journal = body.tables.find((table: { table: string }) => table.table === 'journal');
  expect(journal).toMatchObject({ hasKey: false, missingOn: ['n1'], suggestedSet: 'default_insert_only' });
  const stock = body.tables.find((table: { table: string }) => table.table === 'stock');
  expect(stock.differences).toEqual([
    'column quantity is bigint on n2, integer on n1',
    'n2 lacks column note',
  ]);
  expect(stock.deltaCandidates).toEqual([{ name: 'quantity', type: 'integer', suggested: true }]);
});

test('is discarded when told so', async () => {
  const draft = await made();
  expect((await app.json('DELETE', `/deploys/${draft.id}`)).body).toEqual({ discarded: draft.id });
  expect((await app.json('GET', `/deploys/${draft.id}`)).status).toBe(404);
});
