/** While applications write on every node: nothing is called different that only travels, and what differs is found. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { prove as proveOn, SMALL } from '#server/testing/prove.ts';
import { startTestNodes, type TestNodes } from '#server/testing/replicating.ts';
import { COUNTERS, startWriter, WRITERS_SCHEMA, type Writer } from '#server/testing/writers.ts';

const ROWS = 20_000;
const TABLES = ['written', 'counter', 'told'];

let nodes: TestNodes;
let writers: Writer[] = [];

beforeAll(async () => {
  nodes = await startTestNodes(3, { replicating: true });
  await nodes.everywhere(
    `SET spock.enable_ddl_replication = off; ${WRITERS_SCHEMA} CREATE TABLE told (at bigint NOT NULL, text text)`,
  );
  // Before the table is in a set: each node has its own.
  await nodes.everywhere(
    `INSERT INTO written SELECT 9, i, i FROM generate_series(1, ${ROWS}) i; ${COUNTERS} INSERT INTO told SELECT i % 100, 'said' FROM generate_series(1, 1000) i`,
  );
  for (const table of ['written', 'counter']) await nodes.replicate(table);
  for (const node of nodes.names)
    await nodes.sql(node, "SELECT spock.repset_add_table('default_insert_only', 'told')");
}, 120_000);

afterEach(async () => {
  await Promise.all(writers.map((writer) => writer.stop()));
  writers = [];
});

afterAll(async () => {
  await nodes?.stop();
});

/** One on each node, and one more on n1 that adds to counters all the time. */
async function write(): Promise<void> {
  writers = nodes.names.map((name, index) =>
    startWriter({ node: index + 1, dsn: nodes.servers.dsn(index + 1), counters: name === 'n1', pauseMs: 5 }),
  );
  writers.push(startWriter({ node: 4, dsn: nodes.servers.dsn(1), pauseMs: 3 }));
  await Promise.all(writers.map((writer) => writer.writes(20)));
}

const prove = (tables = TABLES) => proveOn(nodes, tables, { limits: SMALL });

/** On one node alone. */
const alone = (node: string, text: string) =>
  nodes.sql(node, `BEGIN; SELECT spock.repair_mode(true); ${text}; COMMIT`);

test('rows that travel are not called different', { timeout: 120_000 }, async () => {
  await write();
  for (let round = 0; round < 10; round++) {
    const outcome = await prove();
    expect(outcome).toMatchObject({ proved: true, error: null });
    expect(outcome.facts['public.written']).toMatch(
      /^2\d,\d{3} rows(, the same rows|; \d+ changes? faster .*, all others the same)$/,
    );
  }
  expect(writers.flatMap(({ refusals }) => [...refusals])).toEqual([]);
});

test('rows that differ are found among them, and no other', { timeout: 120_000 }, async () => {
  await alone('n2', 'UPDATE written SET v = -1 WHERE node = 9 AND seq = 777');
  await alone('n3', 'DELETE FROM written WHERE node = 9 AND seq IN (5, 15000)');
  await alone('n1', "INSERT INTO told VALUES (7, 'said')");
  await write();
  for (let round = 0; round < 3; round++) {
    const { error, facts } = await prove();
    expect(error?.code).toBe('rows-differ');
    expect(facts['public.written']).toMatch(
      /but not the same rows: 3 rows differ: 2 not on n3, 1 with other values \(key 9 \/ /,
    );
    expect(facts['public.told']).toMatch(
      /^n1 1,001, n2 1,000, n3 1,000, but not the same rows: 1 row differs/,
    );
    expect(facts['public.counter']).not.toMatch(/not the same/);
  }
  await alone('n2', 'UPDATE written SET v = 777 WHERE node = 9 AND seq = 777');
  await alone('n3', 'INSERT INTO written VALUES (9, 5, 5), (9, 15000, 15000)');
  await alone('n1', 'DELETE FROM told WHERE ctid = (SELECT max(ctid) FROM told WHERE at = 7)');
});

test('a link that applies nothing: what it holds up is not known, and never the same', {
  timeout: 120_000,
}, async () => {
  await nodes.sql('n2', "SELECT spock.sub_disable('sub_n2n1', true)");
  await nodes.sql('n1', 'UPDATE written SET v = 0 WHERE node = 9 AND seq = 10');
  const held = await prove(['written']);
  expect(held.error).toMatchObject({ code: 'cannot-come', message: expect.stringContaining('sub_n2n1') });
  expect(held.error?.message).toContain('public.written: not known: 1 row differs or is still under way');
  expect(held.facts['public.written']).toMatch(/^not known: /);
  // What it does not hold up is proved all the same.
  expect(await prove(['counter'])).toMatchObject({ proved: true });
  await nodes.sql('n2', "SELECT spock.sub_enable('sub_n2n1', true)");
  expect(await prove(['written'])).toMatchObject({ proved: true });
});
