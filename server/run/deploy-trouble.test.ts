/** Deploys that meet trouble: stopped, killed, refused, taken back. On servers that are there, with real connections. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Run } from '#core/model/plan.ts';
import { type BareServers, startBareServers } from '#server/testing/bare-servers.ts';
import { ConsoleChildren, end, isRunning, runUntil } from '#server/testing/console-child.ts';
import { FILLED, NODES, request, SCHEMA, TABLES, until } from '#server/testing/deploy-orders.ts';
import {
  deleteDataDir,
  ended,
  newDataDir,
  openConsole,
  type TestConsole,
} from '#server/testing/test-console.ts';
import { Refusal } from './refusal.ts';

const consoles = new ConsoleChildren();
let servers: BareServers;
let spock: boolean;
let dataDir: string;
let tricorder: TestConsole | null = null;

beforeAll(async () => {
  await consoles.build();
}, 120_000);
afterAll(() => consoles.close());

beforeEach(async () => {
  dataDir = newDataDir();
  servers = await startBareServers(3, { prepared: true });
  spock = servers.engine.spockVersion !== null;
  await servers.sql(1, SCHEMA + FILLED);
  if (!spock) for (const n of [2, 3]) await servers.sql(n, SCHEMA);
}, 120_000);

afterEach(async () => {
  consoles.killAll();
  await tricorder?.stop();
  tricorder = null;
  await servers.stop();
  await deleteDataDir(dataDir);
});

const asked = () => request(servers, { dataFrom: 'n1', tables: TABLES(spock) });

function open(): TestConsole {
  tricorder = openConsole(dataDir);
  return tricorder;
}

async function begin(console: TestConsole): Promise<Run> {
  const plan = await console.runner.plan(asked());
  expect(plan.problems).toEqual([]);
  return console.runner.start(plan.id);
}

/** Reads on until the run is as wanted, or has ended. */
async function reaches(console: TestConsole, id: string, wanted: (run: Run) => boolean): Promise<Run> {
  for await (const run of console.runner.events(id, AbortSignal.timeout(120_000))) {
    if (wanted(run) || (run.state !== 'running' && run.state !== 'waiting-for-operator')) return run;
  }
  throw new Error('the run ended before');
}

const errorsOf = (run: Run) => run.steps.flatMap(({ id, error }) => (error === null ? [] : [[id, error]]));

/** Nothing of Spock, no setting of ours, and the tables as they were before. */
async function isBare(n: number): Promise<void> {
  const [row] = await servers.sql(
    n,
    `SELECT (SELECT count(*) FROM pg_extension WHERE extname = 'spock')::int AS extensions,
            (SELECT count(*) FROM pg_namespace WHERE nspname = 'spock')::int AS schemas,
            (SELECT count(*) FROM pg_replication_slots)::int AS slots,
            (SELECT count(*) FROM pg_replication_origin)::int AS origins,
            (SELECT count(*) FROM pg_file_settings WHERE sourcefile LIKE '%auto.conf' AND name LIKE 'spock.%')::int AS settings,
            (SELECT count(*) FROM pg_attribute WHERE attoptions IS NOT NULL)::int AS options,
            (SELECT count(*) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace)::int AS tables`,
  );
  expect(row, `server ${n}`).toEqual({
    extensions: 0,
    schemas: 0,
    slots: 0,
    origins: 0,
    settings: 0,
    options: 0,
    tables: n === 1 || !spock ? 3 : 0,
  });
  const filled = await servers.sql(1, 'SELECT count(*)::int AS n FROM "Order Line"');
  expect(filled[0]?.n).toBe(5000);
}

describe('a deploy on servers', () => {
  test('goes on after its console was killed, wherever that was', { timeout: 240_000 }, async () => {
    let child = await consoles.start(dataDir, 'deploy', asked());
    for (const step of ['extension:n2', 'seed:n2', 'subscribe:n1:n3', 'links', 'mark:n2', 'compare']) {
      const run = await runUntil(child, isRunning(step));
      if (run.state !== 'running') break;
      await end(child, 'SIGKILL');
      child = await consoles.start(dataDir, 'resume');
      expect(child.found, `after a kill in ${step}`).toBe('interrupted');
    }
    const run = await runUntil(child, () => false);
    expect(errorsOf(run)).toEqual([]);
    expect(run.state).toBe('succeeded');
    for (const n of [1, 2, 3]) {
      await until(servers, n, 'SELECT count(*) = 2 FROM spock.subscription');
      await until(
        servers,
        n,
        "SELECT count(*) = 2 FROM pg_replication_slots WHERE active AND slot_type = 'logical'",
      );
      await until(servers, n, 'SELECT count(*) = 5000 FROM "Order Line"');
    }
  });

  test('that was killed is taken back by the next console: nothing of it is left', {
    timeout: 180_000,
  }, async () => {
    const child = await consoles.start(dataDir, 'deploy', asked());
    await runUntil(child, isRunning('links'));
    await end(child, 'SIGKILL');
    const console = open();
    const [found] = console.runner.list();
    expect(found?.state).toBe('interrupted');
    const run = await ended(console, (await console.runner.rollback(found?.id ?? '')).id);
    expect(errorsOf(run)).toEqual([]);
    expect(run).toMatchObject({ state: 'rolled-back', direction: 'back' });
    for (const n of [1, 2, 3]) await isBare(n);
  });

  test('goes on after one of its servers went down and came back', { timeout: 180_000 }, async () => {
    const console = open();
    const { id } = await begin(console);
    await reaches(console, id, isRunning('seed:n3'));
    await servers.crash(3);
    const failed = await ended(console, id);
    expect(failed.state).toBe('failed');
    const [error] = failed.steps.flatMap(({ error: said }) => (said === null ? [] : [said]));
    expect(error?.remedy).toMatch(/resume/);
    await servers.start(3);
    const run = await ended(console, (await console.runner.resume(id)).id);
    expect(errorsOf(run)).toEqual([]);
    expect(run.state).toBe('succeeded');
  });

  test('is taken back while a node is gone, and says what is left there', { timeout: 180_000 }, async () => {
    const console = open();
    const { id } = await begin(console);
    await reaches(console, id, isRunning('links'));
    await console.runner.cancel(id);
    await servers.crash(3);
    const half = await ended(console, (await console.runner.rollback(id)).id);
    expect(half.state).toBe('failed');
    const { leftToDo } = half;
    expect(leftToDo.find(({ step }) => step === 'node:n3')).toMatchObject({
      node: 'n3',
      code: 'unreachable',
      sql: [expect.stringContaining("spock.node_drop('n3', true)")],
    });
    // Slots of n3 stand on the others: nobody can say that it reads from them no more.
    // Where the slots were made before the copy, the first that is met is the slot itself.
    for (const node of ['n1', 'n2']) {
      const said = leftToDo.filter((each) => each.node === node && each.code !== 'after-others');
      expect(said.length, node).toBeGreaterThan(0);
      for (const { code, object } of said) {
        expect(code === 'still-read' || (code === 'not-known' && object?.startsWith('slot '))).toBe(true);
      }
    }
    expect((await servers.sql(1, 'SELECT count(*)::int AS n FROM "Order Line"'))[0]?.n).toBe(5000);
    await servers.start(3);
    // A crash takes the statistics: whether rows were deleted on n3 is not known any more, so what was copied stays.
    const careful = await ended(console, (await console.runner.rollback(id)).id);
    expect(careful.state).toBe('failed');
    const kept = careful.leftToDo.filter(({ step }) => step === 'seed:n3').map(({ code }) => code);
    expect(kept.length).toBeGreaterThan(0);
    expect(new Set(kept)).toEqual(new Set(['not-known']));
    const whole = await ended(console, (await console.runner.rollback(id, true)).id);
    expect(errorsOf(whole)).toEqual([]);
    expect(whole.state).toBe('rolled-back');
    for (const n of [1, 2, 3]) await isBare(n);
  });

  test('keeps a copied table that was written to since, until told otherwise', {
    timeout: 180_000,
  }, async () => {
    const console = open();
    const { id } = await begin(console);
    await reaches(console, id, (run) => run.steps.find((step) => step.id === 'links')?.state !== 'waiting');
    await console.runner.cancel(id);
    await servers.sql(2, "UPDATE customer SET name = 'written on n2' WHERE id = 5");
    const refused = await ended(console, (await console.runner.rollback(id)).id);
    expect(refused.state).toBe('failed');
    const seed = refused.steps.find((step) => step.id === 'seed:n2');
    expect(seed?.error?.message).toContain('table public.customer: 1 row there');
    const kept = await servers.sql(2, 'SELECT name FROM customer WHERE id = 5');
    expect(kept[0]?.name).toBe('written on n2');
    const run = await ended(console, (await console.runner.rollback(id, true)).id);
    expect(errorsOf(run)).toEqual([]);
    expect(run.state).toBe('rolled-back');
    for (const n of [1, 2, 3]) await isBare(n);
  });

  test('keeps every other console off its nodes, and lets go at its end', { timeout: 180_000 }, async () => {
    const console = open();
    const otherDir = newDataDir();
    const other = openConsole(otherDir);
    try {
      const plan = await other.runner.plan(asked());
      const { id } = await begin(console);
      await reaches(console, id, isRunning('node:n1'));
      const refused = await other.runner.start(plan.id).catch((error: unknown) => error);
      expect(refused).toBeInstanceOf(Refusal);
      expect(refused).toMatchObject({ code: 'CONFLICT' });
      expect((await ended(console, id)).state).toBe('succeeded');
      for (const n of [1, 2, 3]) {
        await until(servers, n, "SELECT count(*) = 0 FROM pg_locks WHERE locktype = 'advisory'");
      }
    } finally {
      await other.stop();
      await deleteDataDir(otherDir);
    }
  });

  test('is refused before anything is written where it could not succeed', { timeout: 120_000 }, async () => {
    const console = open();
    await servers.sql(2, "INSERT INTO customer VALUES (1, 'own', 0)").catch(() => undefined);
    if (spock) await servers.sql(2, 'CREATE TABLE customer (id int PRIMARY KEY, name varchar(10))');
    const nodes = asked().nodes.map((node, index) => ({
      ...node,
      // n3's peers are told a password that is wrong.
      peerDsn: index === 2 ? node.dsn.replace(servers.password, 'wrong') : null,
    }));
    const plan = await console.runner.plan({ ...asked(), nodes });
    const codes = plan.problems.map(({ node, code }) => `${node} ${code}`);
    expect(codes).toContain('n1 peer-unreached');
    expect(codes).toContain('n2 peer-unreached');
    expect(codes).toContain(spock ? 'n2 schema-drift' : 'n2 rows-on-both');
    const said = plan.problems.find(({ code }) => code === 'peer-unreached');
    expect(said?.message).toContain('password authentication failed');
    expect(said?.remedy).toBe('Correct the password in the DSN of n3.');
    const refused = await console.runner.start(plan.id).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'UNPROCESSABLE_CONTENT' });
    for (const n of [1, 3])
      await until(servers, n, "SELECT count(*) = 0 FROM pg_extension WHERE extname IN ('spock', 'dblink')");
    const twice = await console.runner.plan({
      ...asked(),
      nodes: NODES.map((name) => ({ name, dsn: servers.dsn(1) })),
    });
    expect(twice.problems.map(({ code }) => code)).toContain('same-server');
    const absent = await console.runner.plan({
      ...asked(),
      nodes: [...asked().nodes.slice(0, 2), { name: 'n3', dsn: 'host=127.0.0.1 port=1 user=x dbname=y' }],
    });
    expect(absent.steps).toEqual([]);
    expect(absent.problems.map(({ node, code }) => `${node} ${code}`)).toContain('n3 unreachable');
  });
});
