/** What is meant for one node reaches no other, whatever the servers are set to. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type BareServers, startBareServers } from '#server/testing/bare-servers.ts';
import { until } from '#server/testing/deploy-orders.ts';
import { contextOn, type TestContext } from '#server/testing/step-context.ts';
import { runLocal } from './local-transaction.ts';
import { readersOf, refuseWhileRead } from './undo-gate.ts';

let servers: BareServers;
let spock: boolean;
let at: TestContext;

const AUTO_DDL = `
spock.enable_ddl_replication = on
spock.include_ddl_repset = on
spock.allow_ddl_from_functions = on`;

const SLOT = (receiver: number, provider: number) =>
  `SELECT slot_name::text AS slot FROM pg_replication_slots WHERE slot_name ~ 'sub_n${receiver}n${provider}'`;

async function subscribe(receiver: number, provider: number): Promise<void> {
  const name = `sub_n${receiver}n${provider}`;
  await servers.sql(
    receiver,
    `SELECT spock.sub_create('${name}', '${servers.dsn(provider)}', '{default,default_insert_only,ddl_sql}', false, false)`,
  );
  await until(servers, receiver, `SELECT status = 'replicating' FROM spock.sub_show_status('${name}')`);
  await until(
    servers,
    provider,
    `SELECT active FROM pg_replication_slots WHERE slot_name ~ '${name}' AND slot_name ~ '^spk_'`,
  );
}

beforeAll(async () => {
  servers = await startBareServers(3, { prepared: true });
  spock = servers.engine.spockVersion !== null;
  for (const n of [1, 2, 3]) {
    await servers.sql(n, `CREATE EXTENSION spock${spock ? '' : ' CASCADE'}`);
    await servers.sql(n, `SELECT spock.node_create('n${n}', '${servers.dsn(n)}')`);
    await servers.sql(
      n,
      'CREATE TABLE t (id int PRIMARY KEY, v text); CREATE TABLE u (id int PRIMARY KEY REFERENCES t)',
    );
    await servers.sql(
      n,
      "SELECT spock.repset_add_table('default', 't'), spock.repset_add_table('default', 'u')",
    );
  }
  await subscribe(1, 2);
  await subscribe(2, 1);
  await servers.sql(
    1,
    'INSERT INTO t SELECT g, md5(g::text) FROM generate_series(1, 1000) g; INSERT INTO u SELECT g FROM generate_series(1, 10) g',
  );
  await until(servers, 2, 'SELECT count(*) = 10 FROM u');
  if (spock) {
    for (const n of [1, 2]) {
      for (const line of AUTO_DDL.trim().split('\n')) await servers.sql(n, `ALTER SYSTEM SET ${line}`);
      await servers.sql(n, 'SELECT pg_reload_conf()');
      await until(servers, n, "SELECT current_setting('spock.enable_ddl_replication') = 'on'");
    }
  }
  at = contextOn(servers);
});
afterAll(async () => {
  at?.close();
  await servers?.stop();
});

/** What n2 has committed before has been applied on n1 when this returns. */
async function n1IsPast(): Promise<void> {
  await servers.sql(2, 'INSERT INTO t VALUES (-1, NULL)');
  await until(servers, 1, 'SELECT EXISTS (SELECT FROM t WHERE id = -1)');
  await servers.sql(2, 'DELETE FROM t WHERE id = -1');
  await until(servers, 1, 'SELECT NOT EXISTS (SELECT FROM t WHERE id = -1)');
}

const count = async (n: number, table = 't'): Promise<unknown> =>
  (await servers.sql(n, `SELECT count(*)::int AS n FROM ${table}`))[0]?.n;

describe('a transaction of one node', () => {
  test('deletes, truncates and changes tables there alone, automatic DDL on or not', async () => {
    await runLocal('n2', ['DELETE FROM u', 'DELETE FROM t WHERE id > 10'], 10_000, at.context);
    await runLocal(
      'n2',
      ['TRUNCATE t CASCADE', 'ALTER TABLE u ADD COLUMN own int', 'CREATE TABLE own (id int PRIMARY KEY)'],
      10_000,
      at.context,
    );
    expect([await count(2), await count(2, 'u')]).toEqual([0, 0]);
    await n1IsPast();
    expect([await count(1), await count(1, 'u')]).toEqual([1000, 10]);
    const columns = await servers.sql(
      1,
      "SELECT attname FROM pg_attribute WHERE attrelid = 'u'::regclass AND attnum > 0",
    );
    expect(columns).toHaveLength(1);
    expect(await servers.sql(1, "SELECT to_regclass('own') AS own")).toEqual([{ own: null }]);
    await runLocal(
      'n2',
      [
        'INSERT INTO t SELECT g, md5(g::text) FROM generate_series(1, 1000) g',
        'ALTER TABLE u DROP COLUMN own',
        'DROP TABLE own',
      ],
      10_000,
      at.context,
    );
    await n1IsPast();
    expect(await count(1)).toBe(1000);
  });

  test('leaves nothing of its mode behind: the next write travels', async () => {
    await runLocal('n2', ["UPDATE t SET v = 'own' WHERE id = 1"], 10_000, at.context);
    await servers.sql(2, "UPDATE t SET v = 'sent' WHERE id = 2");
    await until(servers, 1, "SELECT v = 'sent' FROM t WHERE id = 2");
    expect(await servers.sql(1, "SELECT v = 'own' AS own FROM t WHERE id = 1")).toEqual([{ own: false }]);
  });

  test('is taken back whole where a statement fails, with that statement', async () => {
    const failed = runLocal('n2', ['DELETE FROM u', 'DELETE FROM t', 'SELECT 1/0'], 10_000, at.context);
    await expect(failed).rejects.toMatchObject({
      error: { code: 'statement-failed', sqlstate: '22012', statement: 'SELECT 1/0;' },
    });
    expect(await count(2)).toBe(1000);
  });

  test('does nothing where a statement ends the mode', async () => {
    const ended = runLocal('n2', ['SELECT spock.repair_mode(false)', 'DELETE FROM t'], 10_000, at.context);
    await expect(ended).rejects.toMatchObject({ error: { code: 'may-travel' } });
    const last = runLocal(
      'n2',
      ['DELETE FROM t WHERE id = 3', 'SELECT spock.repair_mode(false)'],
      10_000,
      at.context,
    );
    await expect(last).rejects.toMatchObject({ error: { code: 'may-travel' } });
    const ddl = runLocal('n2', ['SET spock.enable_ddl_replication = on', 'DROP TABLE u'], 10_000, at.context);
    await expect(ddl).rejects.toMatchObject({ error: { code: 'may-travel' } });
    expect([await count(2), await count(1)]).toEqual([1000, 1000]);
  });

  test('is refused where the extension has no repair mode, and plain where there is no extension', async () => {
    await servers.sql(3, 'ALTER FUNCTION spock.repair_mode(boolean) RENAME TO gone');
    await expect(runLocal('n3', ['DELETE FROM u'], 10_000, at.context)).rejects.toMatchObject({
      error: { code: 'may-travel' },
    });
    await servers.sql(3, 'ALTER FUNCTION spock.gone(boolean) RENAME TO repair_mode');
    await servers.sql(3, 'CREATE DATABASE plain', 'postgres');
    const { context, close } = contextOn(servers, { dsns: { n3: servers.dsn(3, 'plain') } });
    await runLocal('n3', ['CREATE TABLE here (id int)', 'INSERT INTO here VALUES (1)'], 10_000, context);
    close();
    expect(await servers.sql(3, 'SELECT id FROM here', 'plain')).toEqual([{ id: 1 }]);
  });
});

describe('who reads from a node', () => {
  const left = () => at.written.left.splice(0);

  test('the subscriptions of other nodes, by name', async () => {
    expect(await readersOf('n1', at.context)).toEqual({ kind: 'some', by: ['sub_n2n1 on n2'] });
    await expect(refuseWhileRead('n1', 'empty t', ['TRUNCATE t;'], at.context)).rejects.toMatchObject({
      error: { code: 'still-read' },
    });
    expect(left()).toMatchObject([
      {
        node: 'n1',
        code: 'still-read',
        sql: ['TRUNCATE t;'],
        message: expect.stringContaining('sub_n2n1 on n2'),
      },
    ]);
  });

  test('nobody', async () => {
    expect(await readersOf('n3', at.context)).toEqual({ kind: 'none' });
    await refuseWhileRead('n3', 'empty t', [], at.context);
    expect(left()).toEqual([]);
  });

  test('not known while the node that the slot may be of cannot be asked', async () => {
    const { context, close } = contextOn(servers, { dsns: { n2: 'host=127.0.0.1 port=1 user=x dbname=y' } });
    await servers.sql(2, "SELECT spock.sub_disable('sub_n2n1', true)");
    await until(servers, 1, "SELECT NOT active FROM pg_replication_slots WHERE slot_name ~ '^spk_'");
    expect(await readersOf('n1', context)).toMatchObject({
      kind: 'unknown',
      why: expect.stringContaining('n2 could not be asked'),
    });
    expect(await readersOf('n3', context)).toEqual({ kind: 'none' });
    close();
    // Disabled is no end: it goes on from its slot when it is enabled again.
    expect(await readersOf('n1', at.context)).toMatchObject({ kind: 'some' });
    await servers.sql(2, "SELECT spock.sub_enable('sub_n2n1', true)");
  });

  test('a slot that no node of the run names; other programs only where rows are emptied', async () => {
    await servers.sql(3, "SELECT pg_create_logical_replication_slot('debezium', 'pgoutput')");
    expect(await readersOf('n3', at.context)).toEqual({
      kind: 'some',
      by: ['whoever slot debezium was made for'],
    });
    expect(await readersOf('n3', at.context, 'engine')).toEqual({ kind: 'none' });
    await servers.sql(3, "SELECT pg_drop_replication_slot('debezium')");
    const [row] = await servers.sql(1, SLOT(2, 1));
    await servers.sql(
      3,
      `SELECT pg_create_logical_replication_slot('${String(row?.slot)}', '${spock ? 'spock_output' : 'pgoutput'}')`,
    );
    expect(await readersOf('n3', at.context, 'engine')).toMatchObject({ kind: 'some' });
    await servers.sql(3, `SELECT pg_drop_replication_slot('${String(row?.slot)}')`);
  });

  test("a slot of the run's own that nobody names any more is left over, and no reader", async () => {
    await servers.sql(1, 'SELECT count(*) FROM t');
    const [row] = await servers.sql(1, SLOT(2, 1));
    const slot = String(row?.slot);
    await servers.sql(2, "SELECT spock.sub_drop('sub_n2n1')");
    await until(servers, 1, `SELECT count(*) = 0 FROM pg_replication_slots WHERE slot_name = '${slot}'`);
    await servers.sql(
      1,
      `SELECT pg_create_logical_replication_slot('${slot}', '${spock ? 'spock_output' : 'pgoutput'}')`,
    );
    expect(await readersOf('n1', at.context)).toMatchObject({ kind: 'some' });
    const own = { subscriptions: [{ receiver: 'n2', provider: 'n1', subscription: 'sub_n2n1' }] };
    const asker = contextOn(servers, own);
    expect(await readersOf('n1', asker.context)).toEqual({ kind: 'none' });
    asker.close();
    // Another receiver may have a slot of that name.
    const blind = contextOn(servers, { ...own, dsns: { n3: 'host=127.0.0.1 port=1 user=x dbname=y' } });
    expect(await readersOf('n1', blind.context)).toMatchObject({ kind: 'unknown', slots: [slot] });
    blind.close();
  });
});
