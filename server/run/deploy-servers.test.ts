import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Plan, Run } from '#core/model/plan.ts';
import { type BareServers, startBareServers } from '#server/testing/bare-servers.ts';
import { FILLED, factsOf, NODES, request, SCHEMA, TABLES, until } from '#server/testing/deploy-orders.ts';
import {
  deleteDataDir,
  ended,
  newDataDir,
  openConsole,
  type TestConsole,
} from '#server/testing/test-console.ts';

describe('three prepared servers, rows on the first', () => {
  const dataDir = newDataDir();
  let servers: BareServers;
  let tricorder: TestConsole;
  let plan: Plan;
  let run: Run;
  let spock: boolean;

  beforeAll(async () => {
    servers = await startBareServers(3, { prepared: true });
    spock = servers.engine.spockVersion !== null;
    tricorder = openConsole(dataDir);
    await servers.sql(1, SCHEMA + FILLED);
    // The stand-in cannot copy structure.
    if (!spock) for (const n of [2, 3]) await servers.sql(n, SCHEMA);
    plan = await tricorder.runner.plan(request(servers, { dataFrom: 'n1', tables: TABLES(spock) }));
    run = await ended(tricorder, (await tricorder.runner.start(plan.id, 'a test')).id);
  }, 240_000);

  afterAll(async () => {
    await tricorder?.stop();
    await deleteDataDir(dataDir);
    await servers?.stop();
  });

  test('are looked at from themselves: each reaches every other, and nothing of that stays', async () => {
    expect(plan.problems).toEqual([]);
    const reached = plan.checks.filter(({ name }) => name === 'Reaches its peers');
    expect(reached.map(({ node, result, value }) => [node, result, value])).toEqual([
      ['n1', 'ok', 'n2, n3'],
      ['n2', 'ok', 'n1, n3'],
      ['n3', 'ok', 'n1, n2'],
    ]);
    const dblink = await servers.sql(
      1,
      "SELECT count(*)::int AS n FROM pg_extension WHERE extname = 'dblink'",
    );
    expect(dblink[0]?.n).toBe(0);
  });

  test('show no password, in the plan, in the run, in the scripts, on disk', async () => {
    const scripts = [tricorder.runner.script(plan.id, 'psql'), tricorder.runner.script(plan.id, 'pgedge')];
    const { readFileSync } = await import('node:fs');
    const everything = JSON.stringify([plan, run, scripts, tricorder.activity.page(null, 100)]);
    expect(everything).not.toContain(servers.password);
    expect(readFileSync(`${dataDir}/tricorder.db`, 'latin1')).not.toContain(servers.password);
  });

  test('are a cluster at the end: verified, watched, with a receipt', () => {
    expect(run.steps.flatMap(({ id, error }) => (error === null ? [] : [[id, error]]))).toEqual([]);
    expect(run).toMatchObject({ state: 'succeeded', by: 'a test', direction: 'forward' });
    expect(
      factsOf(run, 'mark:')
        .map(({ name }) => name)
        .sort(),
    ).toEqual(NODES.flatMap((from) => NODES.filter((to) => to !== from).map((to) => `${from} → ${to}`)));
    for (const { value } of factsOf(run, 'mark:')) expect(value).toMatch(/^(< )?[\d.]+ (ms|s)$/);
    expect(factsOf(run, 'compare')).toEqual([
      { name: 'public.customer', value: '1,000 rows, the same rows' },
      { name: 'public.Order Line', value: '5,000 rows, the same rows' },
      { name: 'public.event', value: '100 rows, the same rows' },
    ]);
    expect(factsOf(run, 'findings')).toContainEqual({ name: 'links', value: '6 of 6 replicating' });
    expect(tricorder.registry.get('orders')?.nodes.map(({ name }) => name)).toEqual(NODES);
    expect(run.steps.find(({ id }) => id === 'seed:n2')?.note).toMatch(/^3 tables, [\d.]+ (kB|MB)$/);
    expect(plan.checks.find(({ node, name }) => node === 'n1' && name === 'Rows')?.value).toMatch(
      /^source of the data, [\d.]+ (kB|MB)$/,
    );
    const undo = plan.steps.find(({ id }) => id === 'node:n1')?.undoSql;
    expect(undo).toEqual(["SELECT spock.node_drop('n1', true);"]);
  });

  test('replicate what is written on any of them', async () => {
    await servers.sql(2, "INSERT INTO customer VALUES (100001, 'from n2', 1)");
    await servers.sql(3, "UPDATE customer SET name = 'by n3' WHERE id = 7");
    await servers.sql(1, "INSERT INTO event (text) VALUES ('from n1')");
    for (const n of [1, 2, 3]) {
      await until(servers, n, "SELECT count(*) = 1 FROM customer WHERE name = 'from n2'");
      await until(servers, n, "SELECT name = 'by n3' FROM customer WHERE id = 7");
      await until(servers, n, "SELECT count(*) = 1 FROM event WHERE text = 'from n1'");
    }
  });

  test('give no number twice: sequences stand where those of the source stand', async () => {
    for (const n of [2, 3]) {
      const [row] = await servers.sql(n, `SELECT nextval('"Order Line_id_seq"')::int AS n`);
      expect(row?.n).toBeGreaterThan(5000);
    }
  });

  test('replicate DDL, and add up what was asked for', async ({ skip }) => {
    if (!spock) skip('the stand-in replicates no DDL, and adds nothing up');
    await servers.sql(1, 'CREATE TABLE public.made_later (id int PRIMARY KEY)');
    for (const n of [2, 3]) await until(servers, n, "SELECT to_regclass('public.made_later') IS NOT NULL");
    for (const n of [1, 2, 3]) {
      const [row] = await servers.sql(
        n,
        "SELECT attoptions::text AS options FROM pg_attribute WHERE attrelid = 'customer'::regclass AND attname = 'balance'",
      );
      expect(row?.options).toContain('delta_apply_function=spock.delta_apply');
    }
  });

  test('are not deployed twice', async () => {
    const again = await tricorder.runner.plan(request(servers, { dataFrom: 'n1', tables: TABLES(spock) }));
    expect(again.problems.map(({ code }) => code)).toEqual(['name-taken']);
    expect(again.steps.find(({ id }) => id === 'node:n1')?.done).toBe(true);
  });
});

describe('two servers as initdb leaves them', () => {
  const dataDir = newDataDir();
  let servers: BareServers;
  let tricorder: TestConsole;

  beforeAll(async () => {
    servers = await startBareServers(2, { prepared: false });
    tricorder = openConsole(dataDir);
    for (const n of [1, 2]) await servers.sql(n, SCHEMA);
  }, 240_000);

  afterAll(async () => {
    await tricorder?.stop();
    await deleteDataDir(dataDir);
    await servers?.stop();
  });

  test('are set up: the run waits for each restart, and goes on by itself', async () => {
    const plan = await tricorder.runner.plan(request(servers, { tables: 'all' }));
    expect(plan.problems).toEqual([]);
    const restarts = plan.steps.filter(({ risk }) => risk === 'restart');
    expect(restarts.map(({ node }) => node)).toEqual(['n1', 'n2']);
    expect(restarts[0]?.commands[0]).toContain(servers.dataFolder(1));
    const { id } = await tricorder.runner.start(plan.id);
    const restarted = new Set<string>();
    let last: Run | null = null;
    for await (const run of tricorder.runner.events(id, AbortSignal.timeout(200_000))) {
      last = run;
      if (run.state !== 'waiting-for-operator') continue;
      for (const step of run.steps) {
        if (step.waitsFor === null || restarted.has(step.id)) continue;
        expect(step.waitsFor).toMatch(/^Restart PostgreSQL on the host of n[12]: pg_ctl restart -D /);
        restarted.add(step.id);
        void servers.restart(step.id === 'restart:n1' ? 1 : 2);
      }
    }
    expect([...restarted].sort()).toEqual(['restart:n1', 'restart:n2']);
    expect(last?.steps.flatMap(({ id: step, error }) => (error === null ? [] : [[step, error]]))).toEqual([]);
    expect(last?.state).toBe('succeeded');
    await servers.sql(1, "INSERT INTO customer VALUES (1, 'one', 1)");
    await until(servers, 2, 'SELECT count(*) = 1 FROM customer');
  }, 240_000);
});
