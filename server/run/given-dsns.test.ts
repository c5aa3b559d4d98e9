/** A console that watches by a role that may not change anything, on running servers: its plans ask for another DSN, for the run only. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseDsn } from '#core/dsn/parse.ts';
import { formatDsn } from '#core/dsn/read.ts';
import { spockLineOf, watchingRoleName, watchingStatements } from '#core/engines/spock/watching-role.ts';
import type { Plan, Run } from '#core/model/plan.ts';
import { ended, openConsole } from '#server/testing/test-console.ts';
import {
  CLUSTER,
  type MeshRequest,
  startWatchedMesh,
  type WatchedMesh,
} from '#server/testing/watched-mesh.ts';
import { Refusal } from './refusal.ts';

const WATCH_PASSWORD = 'watch-only-7f3a';
let mesh: WatchedMesh;

const changed = (dsn: string, changes: Record<string, string>) =>
  formatDsn(new Map([...parseDsn(dsn).values, ...Object.entries(changes)]));
const superuser = (n: number) => mesh.servers.dsn(n);
const watcher = (n: number) => changed(superuser(n), { user: watchingRoleName, password: WATCH_PASSWORD });
/** A superuser whose password the test may change. */
const deputy = (n: number, password = 'deputy-1') => changed(superuser(n), { user: 'deputy', password });

beforeAll(async () => {
  mesh = await startWatchedMesh(2);
  const line = spockLineOf(mesh.spock) ?? '6.0';
  const statements = watchingStatements({ role: watchingRoleName, line }).flatMap((part) => part.statements);
  for (const name of mesh.names) {
    await mesh.sql(name, statements.join(';\n'));
    await mesh.sql(name, `ALTER ROLE ${watchingRoleName} PASSWORD '${WATCH_PASSWORD}'`);
    await mesh.locally(name, `CREATE ROLE deputy SUPERUSER LOGIN PASSWORD 'deputy-1'`);
  }
  const record = mesh.console.registry.get(CLUSTER);
  if (record === undefined) throw new Error('not watched');
  const nodes = record.nodes.map((node, index) => ({ ...node, dsn: watcher(index + 1) }));
  mesh.console.registry.replace(CLUSTER, { ...record, nodes });
}, 180_000);
afterAll(() => mesh?.stop());

const SUB = { receiver: 'n1', subscription: 'sub_n1n2' } as const;
const disable = () => mesh.plan({ kind: 'subscription-disable', ...SUB });
const enable = () => mesh.plan({ kind: 'subscription-enable', ...SUB });
const isEnabled = () =>
  mesh.one('n1', `SELECT sub_enabled FROM spock.subscription WHERE sub_name = 'sub_n1n2'`);
const start = (plan: Plan, dsns?: Record<string, string>) => mesh.console.runner.start(plan.id, null, dsns);
const refused = (work: Promise<unknown>): Promise<Refusal> =>
  work.then(
    (value) => {
      throw new Error(`not refused: ${JSON.stringify(value)}`);
    },
    (error: unknown) => error as Refusal,
  );
/** Runs it; where a role that sees more draws another plan, that one, as somebody does who looks at it again. */
async function run(plan: Plan, dsns: Record<string, string>): Promise<Run> {
  try {
    return await ended(mesh.console, (await start(plan, dsns)).id);
  } catch (error) {
    if (!(error instanceof Refusal) || error.plan === null) throw error;
    return ended(mesh.console, (await start(error.plan, dsns)).id);
  }
}
/** All that is on disk, as text. */
const onDisk = () =>
  readdirSync(mesh.dataDir)
    .filter((name) => /\.(db|sqlite)|wal$/.test(name))
    .map((name) => readFileSync(join(mesh.dataDir, name), 'latin1'))
    .join('\n');

test('the plan says on which node the role lacks what, and is not run without another DSN', async () => {
  const plan = await disable();
  expect(plan.problems).toEqual([]);
  expect(plan.rights).toEqual([
    { node: 'n1', role: watchingRoleName, lacks: ['EXECUTE on spock.sub_disable'] },
  ]);
  const refusal = await refused(start(plan));
  expect(refusal.code).toBe('UNPROCESSABLE_CONTENT');
  expect(refusal.issues).toMatchObject([{ path: ['dsns', 'n1'], code: 'no-permission' }]);
  expect(refusal.message).toContain('EXECUTE on spock.sub_disable');
  expect(await isEnabled()).toBe(true);
});

test('whatever is planned by a role that may only watch can be planned, and asks', {
  timeout: 60_000,
}, async () => {
  await mesh.table('watched', 'id int PRIMARY KEY, v text');
  await mesh.sql('n1', "INSERT INTO watched VALUES (1, 'x')");
  await mesh.sql(
    'n1',
    `SELECT pg_create_logical_replication_slot('nobodys', '${mesh.real ? 'spock_output' : 'pgoutput'}')`,
  );
  const table = { schema: 'public', table: 'watched' };
  const requests: [MeshRequest, string[]][] = [
    [{ kind: 'subscription-disable', ...SUB }, ['n1']],
    [{ kind: 'subscription-drop', ...SUB }, ['n1']],
    [{ kind: 'slot-drop', node: 'n1', slot: 'nobodys' }, ['n1']],
    [{ kind: 'set-add-table', nodes: ['n1', 'n2'], set: 'default_insert_only', ...table }, ['n1', 'n2']],
    [{ kind: 'set-remove-table', nodes: ['n1', 'n2'], set: 'default', ...table }, ['n1', 'n2']],
    [{ kind: 'table-resync', ...SUB, ...table }, ['n1']],
  ];
  for (const [request, nodes] of requests) {
    const plan = await mesh.plan(request);
    expect(plan.problems, request.kind).toEqual([]);
    expect(
      plan.rights.map(({ node }) => node),
      request.kind,
    ).toEqual(nodes);
  }
  await mesh.sql('n1', `SELECT pg_drop_replication_slot('nobodys')`);
});

describe('one that cannot be used is refused on its field, and nothing is done', () => {
  test.each<[string, () => Record<string, string>, string, RegExp]>([
    [
      'a wrong password',
      () => ({ n1: deputy(1, 'wrong-9') }),
      'wrong-password',
      /password authentication failed/,
    ],
    ['another server', () => ({ n1: superuser(2) }), 'other-server', /another server or database/],
    [
      'another database',
      () => ({ n1: changed(superuser(1), { dbname: 'postgres' }) }),
      'other-server',
      /another server or database/,
    ],
    ['nobody there', () => ({ n1: changed(superuser(1), { port: '9' }) }), 'unreachable', /refused/],
    ['no DSN', () => ({ n1: 'n1:5432 deputy' }), 'malformed-dsn', /DSN/],
    [
      'a role that may not either',
      () => ({ n1: watcher(1) }),
      'no-permission',
      /also lacks what this plan needs on n1/,
    ],
    [
      'a node of which the plan does nothing',
      () => ({ n1: superuser(1), n9: superuser(2) }),
      'no-node',
      /nothing on a node n9/,
    ],
  ])('%s', async (_, dsns, code, message) => {
    const plan = await disable();
    const refusal = await refused(start(plan, dsns()));
    const issue = refusal.issues.find((each) => each.code === code);
    expect(issue?.path[0]).toBe('dsns');
    expect(issue?.message).toMatch(message);
    expect(JSON.stringify([refusal.message, refusal.issues])).not.toMatch(/wrong-9|deputy-1/);
    expect(await isEnabled()).toBe(true);
    expect(mesh.console.runner.list(plan.id)).toEqual([]);
  });
});

test('with it the plan is run, and the DSN is nowhere afterwards', { timeout: 120_000 }, async () => {
  const done = await run(await disable(), { n1: deputy(1) });
  expect(done.steps.filter(({ error }) => error !== null)).toEqual([]);
  expect(done.state).toBe('succeeded');
  expect(await isEnabled()).toBe(false);
  expect(done).toMatchObject({ dsnsKept: [], needs: [] });
  expect(onDisk()).not.toContain('deputy-1');
  // The console itself still may not: the next plan asks again.
  const again = await enable();
  expect(again.rights.map(({ node }) => node)).toEqual(['n1']);
  expect((await run(again, { n1: deputy(1) })).state).toBe('succeeded');
});

/** A run that has failed since somebody holds the row that it changes. */
async function failed(): Promise<Run> {
  const held = await mesh.hold('n1', `SELECT FROM spock.subscription WHERE sub_name = 'sub_n1n2' FOR UPDATE`);
  const stopped = await run(await disable(), { n1: deputy(1) });
  await held.release();
  expect(stopped.state).toBe('failed');
  return stopped;
}

test('a run that has stopped keeps it sealed, goes on with it, and wipes it at its end', {
  timeout: 120_000,
}, async () => {
  const stopped = await failed();
  expect(stopped).toMatchObject({ dsnsKept: ['n1'], needs: [], allowed: { resume: true } });
  expect(JSON.stringify(stopped)).not.toContain('deputy-1');
  expect(onDisk()).toContain('sub_n1n2');
  expect(onDisk()).not.toContain('deputy-1');
  const done = await mesh.resume(stopped);
  expect(done).toMatchObject({ state: 'succeeded', dsnsKept: [] });
  expect(await isEnabled()).toBe(false);
  expect((await run(await enable(), { n1: deputy(1) })).state).toBe('succeeded');
});

test('one that works no more is asked for again, for taking back as well', { timeout: 120_000 }, async () => {
  const stopped = await failed();
  await mesh.locally('n1', `ALTER ROLE deputy PASSWORD 'deputy-2'`);
  const { runner } = mesh.console;
  for (const again of [() => runner.resume(stopped.id), () => runner.rollback(stopped.id)]) {
    const refusal = await refused(again());
    expect(refusal.issues).toMatchObject([{ path: ['dsns', 'n1'], code: 'wrong-password' }]);
    expect(refusal.message).toContain('no longer works on n1');
  }
  await runner.rollback(stopped.id, false, { n1: deputy(1, 'deputy-2') });
  expect(await ended(mesh.console, stopped.id)).toMatchObject({ state: 'rolled-back', dsnsKept: [] });
  expect(await isEnabled()).toBe(true);
  await mesh.locally('n1', `ALTER ROLE deputy PASSWORD 'deputy-1'`);
});

test('another run of the cluster wipes what a stopped one has kept; that one asks again', {
  timeout: 120_000,
}, async () => {
  const stopped = await failed();
  expect((await run(await disable(), { n1: deputy(1) })).state).toBe('succeeded');
  expect((await run(await enable(), { n1: deputy(1) })).state).toBe('succeeded');
  const { runner } = mesh.console;
  expect(runner.get(stopped.id)).toMatchObject({ dsnsKept: [], needs: [{ node: 'n1' }] });
  expect((await refused(runner.resume(stopped.id))).issues).toMatchObject([{ path: ['dsns', 'n1'] }]);
  await runner.rollback(stopped.id, false, { n1: deputy(1) });
  expect((await ended(mesh.console, stopped.id)).state).toBe('rolled-back');
});

// The last: it ends the console of the others.
test('is kept over a restart of the console, and wiped by the next', { timeout: 120_000 }, async () => {
  const stopped = await failed();
  await mesh.console.stop();
  expect(onDisk()).not.toContain('deputy-1');
  const again = openConsole(mesh.dataDir);
  try {
    expect(again.runner.get(stopped.id)).toMatchObject({
      dsnsKept: ['n1'],
      needs: [],
      allowed: { resume: true },
    });
    await again.runner.resume(stopped.id);
    expect(await ended(again, stopped.id)).toMatchObject({ state: 'succeeded', dsnsKept: [] });
    expect(await isEnabled()).toBe(false);
  } finally {
    await again.stop();
  }
});
