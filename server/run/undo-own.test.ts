/** A rollback takes back what its run made, and not what stands there by the same name, on the same address, since then. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Run } from '#core/model/plan.ts';
import { PLAN_VERSION } from '#core/plan/executable.ts';
import { openDatabase } from '#server/store/database.ts';
import { type BareServers, startBareServers } from '#server/testing/bare-servers.ts';
import { request, until } from '#server/testing/deploy-orders.ts';
import { dsnBy, startProxy, type TcpProxy } from '#server/testing/proxy.ts';
import {
  deleteDataDir,
  ended,
  newDataDir,
  openConsole,
  type TestConsole,
} from '#server/testing/test-console.ts';

let servers: BareServers;
/** One that may answer in the second's place. Made on its own: servers that are made together share a system identifier. */
let other: BareServers;
let spock: boolean;
let proxy: TcpProxy;
let dataDir: string;
let tricorder: TestConsole;

beforeAll(async () => {
  servers = await startBareServers(2, { prepared: true });
  other = await startBareServers(1, { prepared: true });
  // Not of the same initdb: another server has another system identifier.
  await other.renew(1);
  spock = servers.engine.spockVersion !== null;
});
afterAll(async () => {
  await other?.stop();
  await servers?.stop();
});
beforeEach(async () => {
  dataDir = newDataDir();
  tricorder = openConsole(dataDir);
  proxy = await startProxy(servers.port(2));
});
afterEach(async () => {
  await tricorder?.stop();
  await proxy?.close();
  await deleteDataDir(dataDir);
  for (const n of [1, 2]) await clean(n);
});

async function clean(n: number): Promise<void> {
  await servers.sql(
    n,
    `DO $$ BEGIN PERFORM spock.sub_drop(sub_name) FROM spock.subscription; EXCEPTION WHEN OTHERS THEN NULL; END $$`,
  );
  await servers.sql(n, 'SELECT spock.node_drop(node_name) FROM spock.node').catch(() => undefined);
  await servers.sql(n, 'DROP EXTENSION IF EXISTS spock CASCADE; DROP SCHEMA IF EXISTS spock CASCADE');
  await servers.sql(
    n,
    'SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE NOT active',
  );
  await servers.sql(n, 'ALTER SYSTEM RESET ALL');
  await servers.sql(n, 'SELECT pg_reload_conf()');
}

async function deployUntil(step: string): Promise<string> {
  const asked = request(servers, { tables: 'none' });
  const nodes = asked.nodes.map((node) =>
    node.name === 'n2' ? { ...node, dsn: dsnBy(node.dsn, proxy.port), peerDsn: node.dsn } : node,
  );
  const plan = await tricorder.runner.plan({ ...asked, nodes });
  expect(plan.problems).toEqual([]);
  const { id } = await tricorder.runner.start(plan.id);
  for await (const run of tricorder.runner.events(id, AbortSignal.timeout(120_000))) {
    const state = run.steps.find((each) => each.id === step)?.state;
    if (state === 'done' || run.state !== 'running') break;
  }
  const run = await tricorder.runner.cancel(id).catch(() => tricorder.runner.get(id));
  expect(run.state).toBe('cancelled');
  return id;
}

const rollback = async (id: string): Promise<Run> =>
  ended(tricorder, (await tricorder.runner.rollback(id)).id);
const left = (run: Run) => run.leftToDo.map(({ node, step, code }) => `${node} ${step} ${code}`);

describe('what somebody made anew since', () => {
  test('a node of the same name stays, and what it stands on', { timeout: 120_000 }, async () => {
    const id = await deployUntil('node:n2');
    await servers.sql(2, "SELECT spock.node_drop('n2')");
    await servers.sql(2, `SELECT spock.node_create('n2', '${servers.dsn(2)}')`);
    const run = await rollback(id);
    expect(run.state).toBe('failed');
    expect(left(run)).toContain('n2 node:n2 not-ours');
    expect(left(run)).toContain('n2 extension:n2 after-others');
    expect(
      await servers.sql(2, 'SELECT node_name::text FROM spock.local_node JOIN spock.node USING (node_id)'),
    ).toEqual([{ node_name: 'n2' }]);
    expect(
      await servers.sql(1, "SELECT count(*)::int AS n FROM pg_extension WHERE extname = 'spock'"),
    ).toEqual([{ n: 0 }]);
  });

  test('an extension made anew stays', { timeout: 120_000 }, async () => {
    const id = await deployUntil('node:n2');
    await servers.sql(2, "SELECT spock.node_drop('n2')");
    await servers.sql(2, 'DROP EXTENSION spock CASCADE; DROP SCHEMA IF EXISTS spock CASCADE');
    await servers.sql(2, spock ? 'CREATE EXTENSION spock' : 'CREATE EXTENSION spock CASCADE');
    const run = await rollback(id);
    expect(left(run)).toContain('n2 extension:n2 not-ours');
    expect(
      await servers.sql(2, "SELECT count(*)::int AS n FROM pg_extension WHERE extname = 'spock'"),
    ).toEqual([{ n: 1 }]);
  });

  test('a slot for somebody else keeps the node that it stands on', { timeout: 120_000 }, async () => {
    const id = await deployUntil('node:n2');
    await servers.sql(
      2,
      `SELECT pg_create_logical_replication_slot('spk_orders_n2_sub_elsewhere', '${spock ? 'spock_output' : 'pgoutput'}')`,
    );
    const run = await rollback(id);
    expect(left(run)).toContain('n2 node:n2 still-read');
    expect(left(run)).toContain('n2 extension:n2 after-others');
    await servers.sql(2, "SELECT pg_drop_replication_slot('spk_orders_n2_sub_elsewhere')");
    const again = await rollback(id);
    expect(again).toMatchObject({ state: 'rolled-back', leftToDo: [] });
    expect(
      await servers.sql(2, "SELECT count(*)::int AS n FROM pg_extension WHERE extname = 'spock'"),
    ).toEqual([{ n: 0 }]);
  });
});

describe('settings', () => {
  test('that somebody has set since keep that value, and it is said; the others go back', {
    timeout: 120_000,
  }, async ({ skip }) => {
    if (!spock) skip('the stand-in has none of the settings that a deploy sets while it runs');
    const id = await deployUntil('ddl:n2');
    await servers.sql(2, 'ALTER SYSTEM SET spock.include_ddl_repset = off');
    await servers.sql(2, 'ALTER SYSTEM SET spock.allow_ddl_from_functions = off');
    await servers.sql(2, 'ALTER SYSTEM RESET spock.allow_ddl_from_functions');
    const run = await rollback(id);
    expect(run.leftToDo).toMatchObject([
      { node: 'n2', code: 'not-ours', object: 'setting spock.include_ddl_repset' },
    ]);
    expect(run.state).toBe('rolled-back');
    const now = await servers.sql(
      2,
      "SELECT name, setting FROM pg_file_settings WHERE sourcefile LIKE '%auto.conf' AND name LIKE 'spock.%'",
    );
    expect(now).toEqual([{ name: 'spock.include_ddl_repset', setting: 'off' }]);
  });
});

describe('another server at the address of a node', () => {
  test('is neither gone on with nor taken back', { timeout: 120_000 }, async () => {
    const id = await deployUntil('node:n2');
    await proxy.close();
    await other.sql(1, spock ? 'CREATE EXTENSION spock' : 'CREATE EXTENSION spock CASCADE');
    await other.sql(1, `SELECT spock.node_create('n2', '${other.dsn(1)}')`);
    proxy = await startProxy(other.port(1), proxy.port);
    const resumed = await ended(tricorder, (await tricorder.runner.resume(id)).id);
    expect(resumed.state).toBe('failed');
    expect(resumed.steps.flatMap(({ error }) => (error === null ? [] : [error.code]))).toContain('changed');
    const run = await rollback(id);
    expect(run.state).toBe('failed');
    expect(left(run)).toContain('n2 node:n2 not-ours');
    expect(run.leftToDo.find(({ step }) => step === 'node:n2')?.message).toContain('n2 is not the server');
    expect(await other.sql(1, 'SELECT count(*)::int AS n FROM spock.local_node')).toEqual([{ n: 1 }]);
  });
});

describe('a run of another version of plans', () => {
  test('is neither resumed nor rolled back, and says what to do', { timeout: 120_000 }, async () => {
    const id = await deployUntil('node:n2');
    await tricorder.stop();
    const db = openDatabase(dataDir);
    db.prepare('UPDATE plan SET plan_version = ?').run(PLAN_VERSION - 1);
    db.close();
    tricorder = openConsole(dataDir);
    const run = tricorder.runner.get(id);
    expect(run.allowed).toMatchObject({
      resume: false,
      rollback: false,
      why: expect.stringContaining('another version'),
    });
    for (const act of [() => tricorder.runner.resume(id), () => tricorder.runner.rollback(id)]) {
      const refused = await act().catch((error: unknown) => error);
      expect(refused).toMatchObject({ code: 'CONFLICT', message: expect.stringContaining('plan again') });
    }
    expect(await servers.sql(2, 'SELECT count(*)::int AS n FROM spock.local_node')).toEqual([{ n: 1 }]);
    await until(servers, 2, "SELECT count(*) = 0 FROM pg_locks WHERE locktype = 'advisory'");
  });
});
