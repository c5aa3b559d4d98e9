/** What preflight says of servers as people have them; each case on servers that are so. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Plan } from '#core/model/plan.ts';
import { type BareServers, startBareServers } from '#server/testing/bare-servers.ts';
import { request } from '#server/testing/deploy-orders.ts';
import { deleteDataDir, newDataDir, openConsole, type TestConsole } from '#server/testing/test-console.ts';
import { observeServers, readServer } from './observe-servers.ts';

const dataDir = newDataDir();
let servers: BareServers;
let tricorder: TestConsole;

beforeAll(async () => {
  servers = await startBareServers(2, { prepared: true });
  tricorder = openConsole(dataDir);
  await servers.sql(
    1,
    'CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t SELECT g FROM generate_series(1, 10) g',
  );
  await servers.sql(2, 'CREATE TABLE t (id int PRIMARY KEY, v text)');
}, 120_000);

afterAll(async () => {
  await tricorder?.stop();
  await servers?.stop();
  await deleteDataDir(dataDir);
});

const plan = (): Promise<Plan> => tricorder.runner.plan(request(servers, { dataFrom: 'n1' }));
const said = ({ problems }: Plan) => problems.map(({ node, code }) => `${node} ${code}`);
const address = (n: number) => ({ name: `n${n}`, dsn: servers.dsn(n), peerDsn: servers.dsn(n) });

describe('a plan', () => {
  test('names a table that somebody holds, reads the others, and reaches the node', async () => {
    const held = servers
      .sql(1, 'BEGIN; LOCK TABLE t IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(8)')
      .catch(() => undefined);
    await expect
      .poll(
        async () => (await servers.sql(1, "SELECT FROM pg_locks WHERE mode = 'AccessExclusiveLock'")).length,
      )
      .toBeGreaterThan(0);
    const read = await readServer(servers.dsn(1));
    expect(read).toMatchObject({ ok: true });
    expect(read.ok && read.facts.tables[0]?.rowsUnread).toMatch(/^locked by a session \(pid \d+\)$/);
    await held;
    const after = await readServer(servers.dsn(1));
    expect(after.ok && after.facts.tables[0]).toMatchObject({ hasRows: true, rows: 10, rowsUnread: null });
  });

  test('asks no foreign server, a dead one neither', async () => {
    await servers.sql(
      1,
      `CREATE EXTENSION postgres_fdw; CREATE SERVER cold FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '1');
       CREATE USER MAPPING FOR CURRENT_USER SERVER cold;
       CREATE TABLE ev (d date) PARTITION BY RANGE (d);
       CREATE FOREIGN TABLE ev_old PARTITION OF ev FOR VALUES FROM ('2020-01-01') TO ('2021-01-01') SERVER cold`,
    );
    const read = await readServer(servers.dsn(1));
    const ev = read.ok ? read.facts.tables.find(({ table }) => table === 'ev') : null;
    expect(ev).toMatchObject({ hasRows: false, rowsUnread: null, foreignPartitions: ['public.ev_old'] });
    await servers.sql(1, 'DROP TABLE ev; DROP EXTENSION postgres_fdw CASCADE');
  });

  test('fires no event trigger when it tries the ways, and leaves nothing', async () => {
    await servers.sql(
      1,
      `CREATE SEQUENCE fired; CREATE FUNCTION fire() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM nextval('fired'); END $$;
       CREATE EVENT TRIGGER watch ON ddl_command_end EXECUTE FUNCTION fire()`,
    );
    const [one] = await observeServers([address(1), address(2)], { reach: true });
    expect(one?.read.ok && one.read.facts.reach.n2).toMatchObject({ state: 'ok', role: { superuser: true } });
    expect(await servers.sql(1, 'SELECT is_called FROM fired')).toEqual([{ is_called: false }]);
    expect(await servers.sql(1, "SELECT FROM pg_namespace WHERE nspname = 'tricorder_reach'")).toEqual([]);
    await servers.sql(1, 'DROP EVENT TRIGGER watch; DROP FUNCTION fire(); DROP SEQUENCE fired');
  });

  test('stops where nobody answers for synchronous commits', async () => {
    await servers.sql(2, "ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
    await servers.sql(2, 'SELECT pg_reload_conf()');
    await expect.poll(async () => said(await plan())).toContain('n2 no-sync-standby');
    await servers.sql(2, 'ALTER SYSTEM RESET synchronous_standby_names');
    await servers.sql(2, 'SELECT pg_reload_conf()');
    await expect.poll(async () => said(await plan())).not.toContain('n2 no-sync-standby');
  });

  test('stops at a read-only default and at another isolation of a receiver', async () => {
    await servers.sql(2, "ALTER DATABASE orders SET default_transaction_isolation = 'repeatable read'");
    await servers.sql(1, 'ALTER DATABASE orders SET default_transaction_read_only = on');
    const codes = said(await plan());
    await servers.sql(2, 'ALTER DATABASE orders RESET default_transaction_isolation');
    await servers.sql(1, 'ALTER DATABASE orders RESET default_transaction_read_only', 'postgres');
    expect(codes).toContain('n2 isolation');
    expect(codes).toContain('n1 read-only');
    expect(codes).not.toContain('n1 unreachable');
  });

  test('knows keys that PostgreSQL does not use, and large objects that do not come', async () => {
    for (const n of [1, 2]) {
      await servers.sql(
        n,
        'CREATE TABLE def_pk (id int PRIMARY KEY DEFERRABLE); CREATE TABLE nothing (id int PRIMARY KEY); ALTER TABLE nothing REPLICA IDENTITY NOTHING',
      );
    }
    await servers.sql(1, "SELECT lo_from_bytea(0, 'hello')");
    const found = await plan();
    const keys = found.checks.find(({ node, name }) => node === 'n1' && name === 'Keys');
    expect(keys).toMatchObject({ result: 'know', value: expect.stringContaining('2 without') });
    const large = found.checks.find(({ node, name }) => node === 'n1' && name === 'Large objects');
    expect(large).toMatchObject({ result: 'know', value: expect.stringMatching(/^1 stay on n1 only/) });
  });
});
