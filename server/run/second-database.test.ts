/** A second database on servers where a deploy has turned automatic DDL on: its copied tables are in their sets already. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Plan, Run } from '#core/model/plan.ts';
import { type BareServers, startBareServers } from '#server/testing/bare-servers.ts';
import { request, until } from '#server/testing/deploy-orders.ts';
import {
  deleteDataDir,
  ended,
  newDataDir,
  openConsole,
  type TestConsole,
} from '#server/testing/test-console.ts';

const SECOND = 'billing';
const dataDir = newDataDir();
let servers: BareServers;
let tricorder: TestConsole;

beforeAll(async () => {
  servers = await startBareServers(2, { prepared: true });
  tricorder = openConsole(dataDir);
}, 120_000);

afterAll(async () => {
  await tricorder?.stop();
  await servers?.stop();
  await deleteDataDir(dataDir);
});

const errorsOf = (run: Run) => run.steps.flatMap(({ id, error }) => (error === null ? [] : [[id, error]]));
const carriedOut = async (plan: Plan): Promise<Run> =>
  ended(tricorder, (await tricorder.runner.start(plan.id)).id);

test('a partitioned table is copied and put into its set, and replicates; the first database stays as it was', async ({
  skip,
}) => {
  if (servers.engine.spockVersion === null) skip('the stand-in replicates no DDL');
  await servers.sql(1, 'CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)');
  const first = await carriedOut(await tricorder.runner.plan(request(servers, { dataFrom: 'n1' })));
  expect(errorsOf(first)).toEqual([]);
  for (const n of [1, 2]) await servers.sql(n, `CREATE DATABASE ${SECOND}`, 'postgres');
  await servers.sql(
    1,
    `CREATE TABLE ev (id int, d date, PRIMARY KEY (id, d)) PARTITION BY RANGE (d);
     CREATE TABLE ev_2025 PARTITION OF ev FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
     CREATE TABLE ev_2026 PARTITION OF ev FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
     CREATE TABLE flat (id int PRIMARY KEY); CREATE TABLE keyless (v text); CREATE TABLE left_out (id int PRIMARY KEY);
     INSERT INTO ev SELECT i, date '2025-12-01' + i FROM generate_series(1, 100) i; INSERT INTO flat VALUES (1)`,
    SECOND,
  );
  const nodes = [1, 2].map((n) => ({
    name: `n${n}`,
    dsn: servers.dsn(n, SECOND),
    peerDsn: null,
    location: null,
  }));
  const tables = ['ev', 'flat', 'keyless'].map((table) => ({
    schema: 'public',
    table,
    set: table === 'keyless' ? 'default_insert_only' : 'default',
    deltaColumns: [],
  }));
  const plan = await tricorder.runner.plan(request(servers, { name: SECOND, nodes, dataFrom: 'n1', tables }));
  expect(plan.problems).toEqual([]);
  const automatic = plan.checks.filter(({ name }) => name === 'Automatic DDL');
  expect(automatic.map(({ node, result }) => [node, result])).toEqual([
    ['n1', 'know'],
    ['n2', 'know'],
  ]);
  const others = plan.checks.find(({ node, name }) => node === 'n1' && name === 'Other users');
  expect(others).toMatchObject({
    result: 'know',
    value: expect.stringContaining('Spock in database orders'),
  });
  const run = await carriedOut(plan);
  expect(errorsOf(run)).toEqual([]);
  expect(run.state).toBe('succeeded');
  for (const n of [1, 2]) {
    const sets = await servers.sql(
      n,
      "SELECT relname AS name, set_name AS set FROM spock.tables WHERE nspname = 'public' AND set_name IS NOT NULL ORDER BY 1, 2",
      SECOND,
    );
    expect(sets.map(({ name, set }) => `${name} ${set}`)).toEqual([
      'ev default',
      'ev_2025 default',
      'ev_2026 default',
      'flat default',
      'keyless default_insert_only',
    ]);
  }
  await servers.sql(2, "INSERT INTO ev VALUES (1000, '2026-05-05')", SECOND);
  await servers.sql(1, "INSERT INTO ev VALUES (1001, '2025-05-05')", SECOND);
  const counted = (n: number) =>
    servers.sql(n, 'SELECT count(*) = 102 AS all FROM ev', SECOND).then(([row]) => row?.all);
  await expect.poll(() => counted(1)).toBe(true);
  await expect.poll(() => counted(2)).toBe(true);
  await servers.sql(1, 'INSERT INTO t VALUES (2)');
  await until(servers, 2, 'SELECT count(*) = 2 FROM t');
}, 240_000);
