/** Questions that are prepared on the connection, against a real server. */
import type { Client } from 'pg';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { buildBatch, type PreparedNames } from '#core/engines/engine.ts';
import { startServers, type TestServers, until } from '#server/testing/servers.ts';
import { NodeClient } from './node-client.ts';

let servers: TestServers;
let admin: Client;
let node: NodeClient;
const told: (PreparedNames | null)[] = [];

beforeAll(async () => {
  servers = await startServers(1);
  admin = await (servers.servers[0] as { connect(): Promise<Client> }).connect();
});
afterAll(async () => {
  await admin?.end();
  await servers?.stop();
});
afterEach(() => node.close());

function open(): void {
  node = new NodeClient(servers.servers[0]?.dsn ?? '');
  told.length = 0;
}

async function ask(sql: string) {
  const outcome = await node.poll((prepared) => {
    told.push(prepared && new Map(prepared));
    return buildBatch([{ name: 'it', sql }], { statementMs: 2000, lockMs: 500 }, prepared);
  });
  return outcome.ok ? outcome.rows.it : outcome.error.sqlstate;
}

const names = "SELECT name FROM pg_prepared_statements WHERE name <> 'tricorder_it_0' ORDER BY name";

it('asks plainly first, prepares then, and executes what it has prepared', async () => {
  open();
  for (let poll = 0; poll < 4; poll++) expect(await ask('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  expect(told.map((prepared) => prepared?.size ?? null)).toEqual([null, 0, 1, 1]);
  expect(await ask(names)).toEqual([{ name: 'tricorder_it_1' }]);
});

it('has nothing prepared after an error, and prepares anew', async () => {
  open();
  for (let poll = 0; poll < 2; poll++) await ask('SELECT 1 AS one');
  expect(await ask('SELECT * FROM nowhere')).toBe('42P01');
  expect(await ask('SELECT 2 AS two')).toEqual([{ two: 2 }]);
  expect(told.map((prepared) => prepared?.size ?? null)).toEqual([null, 0, 1, 0]);
});

it('asks again when what it had prepared would have another result now', async () => {
  open();
  await admin.query('CREATE TABLE changing (x int)');
  await admin.query('INSERT INTO changing VALUES (7)');
  for (let poll = 0; poll < 3; poll++) expect(await ask('SELECT * FROM public.changing')).toEqual([{ x: 7 }]);
  await admin.query('ALTER TABLE changing ALTER x TYPE text');
  expect(await ask('SELECT * FROM public.changing')).toEqual([{ x: '7' }]);
  await admin.query('DROP TABLE changing');
});

it('prepares nothing more where the session turns out to be that of another', async () => {
  open();
  for (let poll = 0; poll < 3; poll++) await ask('SELECT 1 AS one');
  await node.batch('DEALLOCATE ALL');
  expect(await ask('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  expect(await ask('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  expect(told.map((prepared) => prepared?.size ?? null)).toEqual([null, 0, 1, 1, null, null]);
});

it('goes along the key of a log that had three rows when the plan was made', async () => {
  open();
  await admin.query('CREATE TABLE log (id int PRIMARY KEY) WITH (autovacuum_enabled = off)');
  await admin.query('INSERT INTO log SELECT generate_series(1, 3)');
  await admin.query('VACUUM ANALYZE log');
  const newest = 'SELECT id FROM public.log WHERE id > 0 ORDER BY id DESC LIMIT 1';
  for (let poll = 0; poll < 3; poll++) expect(await ask(newest)).toEqual([{ id: 3 }]);
  await admin.query('INSERT INTO log SELECT generate_series(4, 50000)');
  const read = async () =>
    Number(
      (await admin.query("SELECT seq_tup_read AS n FROM pg_stat_user_tables WHERE relname = 'log'")).rows[0]
        .n,
    );
  const before = await read();
  expect(await ask(newest)).toEqual([{ id: 50000 }]);
  node.close();
  // Counters are handed over when a session ends.
  const others = "SELECT FROM pg_stat_activity WHERE application_name = 'tricorder'";
  await until('the session has ended', async () => (await admin.query(others)).rowCount === 0);
  await admin.query('SELECT pg_stat_clear_snapshot()');
  // The three of the first poll, which prepares nothing, may be told late.
  expect((await read()) - before).toBeLessThan(10);
});
