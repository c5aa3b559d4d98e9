/**
 * What plans rely on, the same on the stand-in and on a real Spock (TRICORDER_PG_BIN): a transaction in repair mode stays on
 * its node, a slot may be made before its subscription, and a subscription can be dropped whatever it is doing.
 */

import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { local as localTransactions } from '#core/engines/spock/local.ts';
import { BARE_DATABASE, type BareServers, startBareServers } from '#server/testing/bare-servers.ts';
import { until } from '#server/testing/servers.ts';

let servers: BareServers;
/** Sessions of their own, ended with the tests. */
const sessions: Client[] = [];

const one = async (n: number, text: string): Promise<unknown> =>
  Object.values((await servers.sql(n, text))[0] ?? {})[0];
const count = (n: number, table: string) => one(n, `SELECT count(*)::int FROM ${table}`);
const toHold = (n: number, text: string, wanted: unknown) =>
  until(`n${n}: ${text} gives ${JSON.stringify(wanted)}`, async () => (await one(n, text)) === wanted, 60);
const plugin = () => (servers.engine.spockVersion === null ? 'pgoutput' : 'spock_output');
const slotOf = (receiver: number, provider: number) =>
  one(
    provider,
    `SELECT spock.spock_gen_slot_name('${BARE_DATABASE}', 'n${provider}', 'sub_n${receiver}n${provider}')`,
  ) as Promise<string>;

async function session(n: number): Promise<Client> {
  const client = new Client({
    host: '127.0.0.1',
    port: servers.port(n),
    user: servers.user,
    password: servers.password,
    database: BARE_DATABASE,
  });
  client.on('error', () => undefined);
  await client.connect();
  sessions.push(client);
  return client;
}

const local = async (client: Client) => (await client.query(localTransactions.isLocal)).rows[0]?.local;

/** A row of n1 that has come to n2: what n1 committed before it has come too. */
let marks = 0;
async function toCatchUp() {
  const id = ++marks;
  await servers.sql(1, `INSERT INTO mark VALUES (${id})`);
  await toHold(2, `SELECT count(*)::int FROM mark WHERE id = ${id}`, 1);
}

beforeAll(async () => {
  servers = await startBareServers(2, { prepared: true });
  for (const n of [1, 2]) {
    await servers.sql(
      n,
      `CREATE EXTENSION spock;
       CREATE TABLE kept (id int PRIMARY KEY, v text); CREATE TABLE child (id int PRIMARY KEY, kept int REFERENCES kept);
       CREATE TABLE mark (id int PRIMARY KEY); CREATE TABLE big (id int PRIMARY KEY, v text)`,
    );
    await servers.sql(n, `SELECT spock.node_create('n${n}', '${servers.dsn(n)}')`);
    await servers.sql(n, `SELECT spock.repset_add_all_tables('default', '{public}')`);
  }
  for (const [receiver, provider] of [
    [1, 2],
    [2, 1],
  ] as const) {
    await servers.sql(
      receiver,
      `SELECT spock.sub_create('sub_n${receiver}n${provider}', '${servers.dsn(provider)}')`,
    );
  }
  for (const n of [1, 2]) await toHold(n, 'SELECT status FROM spock.sub_show_status()', 'replicating');
  await servers.sql(
    1,
    `INSERT INTO kept SELECT g, 'v' FROM generate_series(1, 10) g; INSERT INTO child VALUES (1, 1)`,
  );
  await toCatchUp();
}, 120_000);

afterAll(async () => {
  await Promise.all(sessions.map((client) => client.end().catch(() => undefined)));
  await servers?.stop();
});

describe('a transaction in repair mode', () => {
  it('keeps DELETE, UPDATE, INSERT and TRUNCATE … CASCADE on its node, and sends what comes before and after', async () => {
    const client = await session(1);
    await client.query('BEGIN');
    await client.query(`INSERT INTO kept VALUES (100, 'before')`);
    await client.query('SELECT spock.repair_mode(true)');
    await client.query(`SELECT set_config('spock.enable_ddl_replication', 'off', true)`);
    expect(await local(client)).toBe(true);
    await client.query(`DELETE FROM kept WHERE id = 10`);
    await client.query(`UPDATE kept SET v = 'here' WHERE id = 9`);
    await client.query('TRUNCATE kept CASCADE');
    await client.query(`INSERT INTO kept VALUES (200, 'here')`);
    await client.query('SELECT spock.repair_mode(false)');
    expect(await local(client)).toBe(false);
    await client.query(`INSERT INTO kept VALUES (300, 'after')`);
    await client.query('COMMIT');
    expect(await local(client)).toBe(false);
    await client.query(`INSERT INTO kept VALUES (400, 'next')`);
    await toCatchUp();
    expect(await one(1, 'SELECT string_agg(id::text, $$,$$ ORDER BY id) FROM kept')).toBe('200,300,400');
    expect(await one(2, 'SELECT string_agg(id::text, $$,$$ ORDER BY id) FROM kept')).toBe(
      '1,2,3,4,5,6,7,8,9,10,100,300,400',
    );
    expect(await count(2, 'child')).toBe(1);
    expect(await one(2, 'SELECT v FROM kept WHERE id = 9')).toBe('v');
  });

  it('keeps DDL on its node, replicate_ddl too', async () => {
    const client = await session(1);
    await client.query('BEGIN; SELECT spock.repair_mode(true)');
    await client.query(`SELECT spock.replicate_ddl('CREATE TABLE public.not_sent (id int)')`);
    await client.query('COMMIT');
    await toCatchUp();
    expect(await one(1, `SELECT to_regclass('not_sent') IS NOT NULL`)).toBe(true);
    expect(await one(2, `SELECT to_regclass('not_sent') IS NULL`)).toBe(true);
    await servers.sql(1, 'DROP TABLE not_sent');
  });

  it('ends with its transaction, a rollback of it, or of the savepoint that it was set in', async () => {
    const client = await session(1);
    await client.query('BEGIN; SELECT spock.repair_mode(true)');
    await client.query('ROLLBACK');
    expect(await local(client)).toBe(false);
    await client.query(`INSERT INTO kept VALUES (500, 'after a rollback')`);
    await client.query('BEGIN; SAVEPOINT s; SELECT spock.repair_mode(true)');
    await client.query('ROLLBACK TO s');
    expect(await local(client)).toBe(false);
    await client.query(`INSERT INTO kept VALUES (501, 'after a savepoint'); COMMIT`);
    await toCatchUp();
    expect(await one(2, 'SELECT count(*)::int FROM kept WHERE id IN (500, 501)')).toBe(2);
  });

  it('does nothing outside a transaction block', async () => {
    const client = await session(1);
    await client.query('SELECT spock.repair_mode(true)');
    expect(await local(client)).toBe(false);
    await client.query(`INSERT INTO kept VALUES (600, 'sent')`);
    await toCatchUp();
    expect(await one(2, 'SELECT count(*)::int FROM kept WHERE id = 600')).toBe(1);
  });

  it('may be used by two sessions at once, and by one that rolls back', async () => {
    await servers.sql(1, `INSERT INTO kept SELECT g, 'v' FROM generate_series(701, 704) g`);
    const remove = async (id: number, end: string) => {
      const client = await session(1);
      await client.query('BEGIN; SELECT spock.repair_mode(true)');
      await client.query(`DELETE FROM kept WHERE id = ${id}`);
      await client.query(end);
    };
    await Promise.all([
      remove(701, 'COMMIT'),
      remove(702, 'COMMIT'),
      remove(703, 'ROLLBACK'),
      remove(704, 'COMMIT'),
    ]);
    await toCatchUp();
    expect(await one(1, 'SELECT count(*)::int FROM kept WHERE id BETWEEN 701 AND 704')).toBe(1);
    expect(await one(2, 'SELECT count(*)::int FROM kept WHERE id BETWEEN 701 AND 704')).toBe(4);
  });

  it('lets a member be dropped on one node alone, once it is out of the sets', async () => {
    for (const n of [1, 2]) await servers.sql(n, 'CREATE TABLE gone (id int PRIMARY KEY)');
    await servers.sql(2, `SELECT spock.repset_add_table('default', 'gone')`);
    const client = await session(2);
    await client.query('BEGIN; SELECT spock.repair_mode(true)');
    await client.query(`SELECT spock.repset_remove_table('default', 'gone')`);
    await client.query('DROP TABLE gone RESTRICT');
    await client.query('COMMIT');
    await servers.sql(2, 'INSERT INTO mark VALUES (-1)');
    await toHold(1, 'SELECT count(*)::int FROM mark WHERE id = -1', 1);
    expect(await one(1, `SELECT to_regclass('gone') IS NOT NULL`)).toBe(true);
    await servers.sql(1, 'DROP TABLE gone');
  });
});

describe('a slot that is made first', () => {
  it('is where the subscription goes on from, when it is enabled', async () => {
    await servers.sql(2, `SELECT spock.sub_drop('sub_n2n1')`);
    const slot = await slotOf(2, 1);
    await servers.sql(1, `SELECT pg_create_logical_replication_slot('${slot}', '${plugin()}')`);
    await servers.sql(1, `INSERT INTO kept VALUES (800, 'between slot and subscription')`);
    await servers.sql(
      2,
      `SELECT spock.sub_create('sub_n2n1', '${servers.dsn(1)}', enabled := false, synchronize_data := false)`,
    );
    expect(await one(2, `SELECT status FROM spock.sub_show_status('sub_n2n1')`)).toBe('disabled');
    expect(await one(2, 'SELECT count(*)::int FROM pg_replication_origin')).toBeGreaterThan(0);
    expect(await one(1, 'SELECT count(*)::int FROM pg_replication_slots WHERE active')).toBe(0);
    await servers.sql(1, `INSERT INTO kept VALUES (801, 'between subscription and enabling')`);
    await servers.sql(2, `SELECT spock.sub_enable('sub_n2n1', true)`);
    await toHold(1, `SELECT active FROM pg_replication_slots WHERE slot_name = '${slot}'`, true);
    await toHold(2, 'SELECT count(*)::int FROM kept WHERE id IN (800, 801)', 2);
    expect(await one(2, `SELECT status FROM spock.sub_show_status('sub_n2n1')`)).toBe('replicating');
  });

  it('that is missing keeps the subscription from replicating, and its drop from nothing', async () => {
    await servers.sql(2, `SELECT spock.sub_drop('sub_n2n1')`);
    await servers.sql(2, `SELECT spock.sub_create('sub_n2n1', '${servers.dsn(1)}', enabled := false)`);
    await servers.sql(2, `SELECT spock.sub_enable('sub_n2n1', true)`);
    await until('the log says so', async () =>
      /replication slot "spk_orders_n1_sub_n2n1" does not exist/.test(await servers.logOf(2)),
    );
    await toHold(2, `SELECT status FROM spock.sub_show_status('sub_n2n1')`, 'down');
    expect(await one(1, 'SELECT count(*)::int FROM pg_replication_slots')).toBe(0);
    await servers.sql(2, `SELECT spock.sub_drop('sub_n2n1')`);
  });
});

describe('a subscription is dropped', () => {
  it('with its slot, by name', async () => {
    await servers.sql(2, `SELECT spock.sub_create('sub_n2n1', '${servers.dsn(1)}')`);
    await toHold(2, `SELECT status FROM spock.sub_show_status('sub_n2n1')`, 'replicating');
    expect(await one(1, 'SELECT count(*)::int FROM pg_replication_slots')).toBe(1);
    await servers.sql(2, `SELECT spock.sub_drop('sub_n2n1')`);
    expect(await one(1, 'SELECT count(*)::int FROM pg_replication_slots')).toBe(0);
  });

  it.runIf(process.env.TRICORDER_PG_BIN === undefined)(
    'while its copy is under way, by the stand-in alone: a real Spock waits for its own worker',
    async () => {
      await servers.sql(1, `INSERT INTO big SELECT g, repeat('x', 500) FROM generate_series(1, 200000) g`);
      const open = await session(1);
      for (const held of [false, true]) {
        // The copy of a table makes a slot of its own, which waits for this transaction.
        if (held) await open.query(`BEGIN; INSERT INTO mark VALUES (-10)`);
        const made = servers.sql(
          2,
          `SELECT spock.sub_create('sub_n2n1', '${servers.dsn(1)}', synchronize_data := true)`,
        );
        if (held) {
          await expect(made).rejects.toThrow('could not create replication slot');
          await open.query('ROLLBACK');
          await servers.sql(2, 'TRUNCATE big, kept, child, mark');
          await servers.sql(
            2,
            `SELECT spock.sub_create('sub_n2n1', '${servers.dsn(1)}', synchronize_data := true)`,
          );
          await open.query(`BEGIN; INSERT INTO mark VALUES (-11)`);
        } else await made;
        await until('a copy', async () =>
          Boolean(await one(2, `SELECT count(*) FROM pg_stat_subscription WHERE worker_type <> 'apply'`)),
        );
        const began = performance.now();
        await servers.sql(2, `SELECT spock.sub_drop('sub_n2n1')`);
        expect(performance.now() - began).toBeLessThan(8000);
        await open.query('ROLLBACK');
        expect(await one(1, 'SELECT count(*)::int FROM pg_replication_slots')).toBe(0);
        expect(await one(2, `SELECT count(*)::int FROM pg_replication_origin WHERE roname ~ '^pg_.*_'`)).toBe(
          0,
        );
      }
    },
    60_000,
  );

  it('without its provider: with a warning that names the slot', async () => {
    await servers.sql(2, `SELECT spock.sub_create('sub_n2n1', '${servers.dsn(1)}')`);
    await toHold(2, `SELECT status FROM spock.sub_show_status('sub_n2n1')`, 'replicating');
    await servers.crash(1);
    const client = await session(2);
    const warnings: string[] = [];
    client.on('notice', (notice) => warnings.push(String(notice.message)));
    await client.query(`SELECT spock.sub_drop('sub_n2n1')`);
    expect(warnings.join('\n')).toContain('could not drop slot "spk_orders_n1_sub_n2n1" on provider');
    expect(await count(2, 'spock.subscription')).toBe(0);
    await servers.start(1);
    expect(await one(1, 'SELECT count(*)::int FROM pg_replication_slots')).toBe(1);
  }, 60_000);
});
