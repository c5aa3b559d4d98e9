/**
 * What watching costs a node, by the node's own clock: `npm run bench -- polls`, with TRICORDER_PG_BIN on a real Spock.
 * Every figure stands beside `SELECT 1` of the same rounds. The console does not watch meanwhile. TRICORDER_BENCH_TABLES
 * is the size of the largest schema (100000): making it takes minutes and some gigabytes of disk.
 */
import { cpus } from 'node:os';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildBatch, type Capabilities, type Section } from '#core/engines/engine.ts';
import { spock } from '#core/engines/spock/spock.ts';
import type { SlowFacts } from '#core/model/facts.ts';
import { compareTables } from '#core/snapshot/tables.ts';
import { tablesPage } from '#core/snapshot/tables-page.ts';
import { TABLES_REST } from '#server/observe/slow-poll.ts';
import { type Mesh, NODES, openMesh } from '#tests/truth/mesh.ts';
import { ms, preparedIn, print, rowsOf, serverTimes } from './server-time.ts';

/** The bounds: milliseconds and times `SELECT 1` for a fast poll, milliseconds a minute for the slow ones. */
const FAST = { ms: 2, ratio: 20 };
const SLOW_A_MINUTE_MS = 700;
const SLOW_POLLS_A_MINUTE = 4;
const MOST = Number(process.env.TRICORDER_BENCH_TABLES ?? 100_000);

const TIMES = { statementMs: 120_000, lockMs: 1000 };
const textOf = (sections: Section[]) => buildBatch(sections, TIMES).text;

let mesh: Mesh;
beforeAll(async () => {
  mesh = await openMesh();
  print(`${mesh.engine}, ${cpus().length} cores, ${process.arch}`);
});
afterAll(() => mesh?.close());

async function capabilitiesOf(node: string): Promise<Capabilities> {
  return spock.decodeCapabilities(await rowsOf(mesh, node, spock.capabilityStatements()));
}

const tableName = (index: string) => `format('t%s', lpad((${index})::text, 6, '0'))`;

/** Four relations each: table, key, and both of TOAST. In set default. */
async function addTables(node: string, from: number, to: number): Promise<void> {
  for (let first = from; first < to; first += 250) {
    await mesh.sql(
      node,
      `DO $$ BEGIN FOR i IN ${first} .. ${Math.min(first + 250, to) - 1} LOOP
        EXECUTE 'CREATE TABLE ' || ${tableName('i')} || ' (id bigint PRIMARY KEY, name text, amount numeric(12,2), at timestamptz)';
        PERFORM spock.repset_add_table('default', ${tableName('i')}::regclass);
      END LOOP; END $$`,
    );
  }
}

it('the fast poll, 3 nodes of 1,000 tables', async () => {
  for (const node of NODES) await addTables(node, 0, 1000);
  await mesh.sql(
    'n1',
    `DO $$ BEGIN FOR i IN 0 .. 999 LOOP EXECUTE 'INSERT INTO ' || ${tableName('i')} || ' VALUES (1)'; END LOOP; END $$`,
  );
  await mesh.becomes('n3', 'SELECT count(*)::int FROM t000999', 1);
  await mesh.settled(60_000);
  mesh.watchers.stop();
  const capabilities = await capabilitiesOf('n1');
  const often = spock.fastStatements(capabilities, { sentRows: false, seldom: false });
  const fifth = spock.fastStatements(capabilities, { sentRows: true, seldom: true });
  const prepared = preparedIn([often, fifth]);
  const times = await serverTimes(
    mesh,
    'n1',
    {
      one: 'SELECT 1',
      often: buildBatch(often, TIMES, prepared.names).text,
      fifth: buildBatch(fifth, TIMES, prepared.names).text,
      pooled: textOf(often),
      status: 'SELECT * FROM spock.sub_show_status()',
    },
    { prepare: prepared.text },
  );
  const told = (name: keyof typeof times) =>
    `${ms(times[name])}, ${(times[name] / times.one).toFixed(1)} × SELECT 1, ${(times[name] / times.status).toFixed(2)} × sub_show_status()`;
  print(`SELECT 1                            ${ms(times.one)}`);
  print(`sub_show_status()                   ${told('status')}`);
  print(`fast poll, four of five             ${told('often')}`);
  print(`fast poll, the fifth                ${told('fifth')}`);
  print(`fast poll behind a pooler           ${told('pooled')}`);
  expect(times.often).toBeLessThan(FAST.ms);
  expect(times.often / times.one).toBeLessThan(FAST.ratio);
});

it('new conflicts and exceptions among a million', async () => {
  const capabilities = await capabilitiesOf('n1');
  const parts = ['exception_log', 'resolutions'];
  const sections = spock
    .fastStatements(capabilities, { sentRows: false, seldom: false })
    .filter(({ name }) => parts.includes(name));
  const prepared = preparedIn([sections]);
  const byKey = {
    one: 'SELECT 1',
    prepared: buildBatch(sections, TIMES, prepared.names).text,
    plain: textOf(sections),
  };
  // Apart: a scan of a million rows drives all else out of the processor's caches.
  const byScan = {
    byTime: "SELECT * FROM spock.exception_log WHERE retry_errored_at > now() - interval '1 minute'",
    counted: 'SELECT count(*) FROM spock.exception_log',
  };
  const measure = async () => ({
    ...(await serverTimes(mesh, 'n1', byKey, { rounds: 200, prepare: prepared.text })),
    ...(await serverTimes(mesh, 'n1', byScan, { rounds: 15, warmUp: 1 })),
  });
  const empty = await measure();
  // Of two origins, one a second over the past days, so that no key is that of another.
  await mesh.sql(
    'n1',
    `INSERT INTO spock.exception_log (remote_origin, remote_commit_ts, command_counter, retry_errored_at, remote_xid,
       table_schema, table_name, operation, error_message)
     SELECT n.node_id, now() - interval '1 day' - i * interval '1 second', 1, now() - interval '1 day' - i * interval '1 second', i,
       'public', 't000000', 'INSERT', 'duplicate key value violates unique constraint'
     FROM spock.node n, generate_series(1, 500000) i WHERE n.node_name IN ('n2', 'n3')`,
  );
  await mesh.sql(
    'n1',
    `INSERT INTO spock.resolutions (node_name, log_time, relname, conflict_type, conflict_resolution, local_origin,
       remote_origin, remote_timestamp, remote_lsn)
     SELECT 'n1', now() - interval '1 day' - i * interval '1 second', 'public.t000000', 'update_update', 'apply_remote', 0, 0, now(), '0/0'
     FROM generate_series(1, 1000000) i`,
  );
  const full = await measure();
  print('noticing new conflicts and exceptions, 0 rows → 1,000,000 rows in each log');
  for (const [name, what] of [
    ['prepared', 'as the poll asks, by the key'],
    ['plain', 'behind a pooler, by the key'],
    ['byTime', 'exceptions of a minute, by time'],
    ['counted', 'exceptions counted'],
  ] as const) {
    print(
      `${what.padEnd(36)}${ms(empty[name])} → ${ms(full[name])} (${(full[name] / full.one).toFixed(1)} × SELECT 1)`,
    );
  }
  expect(full.prepared).toBeLessThan(full.byTime / 50);
  await mesh.sql('n1', 'TRUNCATE spock.exception_log, spock.resolutions');
});

it.each([10_000, MOST])('the slow poll at %d tables', async (count) => {
  if (count === 10_000) {
    // Without receivers, nobody decodes what making the tables writes.
    for (const node of NODES) {
      for (const other of NODES) if (other !== node) await mesh.unsubscribe(node, other);
    }
  }
  const began = performance.now();
  await addTables(
    'n1',
    Number(await mesh.value('n1', "SELECT count(*) FROM pg_class WHERE relname ~ '^t[0-9]{6}$'")),
    count,
  );
  await mesh.sql('n1', 'ANALYZE pg_class, pg_attribute, pg_index, pg_depend, pg_constraint');
  print(`${count} tables made in ${Math.round((performance.now() - began) / 1000)} s`);
  const capabilities = await capabilitiesOf('n1');
  const heap = process.memoryUsage().rss;
  const first = spock.decodeSlow(
    capabilities,
    await rowsOf(mesh, 'n1', spock.slowStatements(capabilities, null)),
    null,
  );
  const grown = (process.memoryUsage().rss - heap) / 2 ** 20;
  const times = await serverTimes(
    mesh,
    'n1',
    {
      one: 'SELECT 1',
      unchanged: textOf(spock.slowStatements(capabilities, first)),
      whole: textOf(spock.slowStatements(capabilities, null)),
      without: textOf(spock.slowStatements(capabilities, first, false)),
    },
    { rounds: 7, warmUp: 1 },
  );
  const tables = Math.max(times.whole - times.without, 0);
  const quiet = times.unchanged * SLOW_POLLS_A_MINUTE;
  // Read, then not again for so many times as long as that took, whatever is written.
  const busy =
    times.without * SLOW_POLLS_A_MINUTE +
    Math.min((tables * 60_000) / (tables * (1 + TABLES_REST)), tables * SLOW_POLLS_A_MINUTE);
  print(`slow poll with all tables           ${ms(times.whole)}`);
  print(`slow poll, no catalog written       ${ms(times.unchanged)}, ${ms(quiet)} a minute`);
  print(
    `catalogs written all the time       ${ms(busy)} a minute: the tables each ${Math.round(Math.max((tables * (1 + TABLES_REST)) / 1000, 15))} s`,
  );
  print(`memory for a reading                ${grown.toFixed(0)} MB for ${first.tables?.length} tables`);
  expect(Math.max(busy, quiet)).toBeLessThan(SLOW_A_MINUTE_MS);
  nothingIsMisread(first, count);
});

/** The tables page by page, and what is said of those that were not read. */
function nothingIsMisread(facts: SlowFacts, count: number): void {
  const { tables, tablesComplete } = facts;
  const short = { ...facts, tables: (tables ?? []).slice(0, -100), tablesComplete };
  const began = performance.now();
  const comparison = compareTables([
    { node: 'n1', tables, complete: tablesComplete },
    { node: 'n2', tables: short.tables, complete: false },
  ]);
  const compared = performance.now() - began;
  let seen = 0;
  let cursor: string | undefined;
  let slowest = 0;
  do {
    const from = performance.now();
    const page = tablesPage(comparison, {}, { show: 'all', limit: 1000, ...(cursor ? { cursor } : {}) });
    slowest = Math.max(slowest, performance.now() - from);
    seen += page.items.length;
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  print(`two nodes compared                  ${ms(compared)}, a page of 1,000 at most ${ms(slowest)}`);
  expect(seen).toBe(tables?.length);
  expect(tablesComplete).toBe(count < 20_000);
  // n2 was read to a hundred tables before the end: what comes after is not said to be absent there.
  expect(comparison.rows.filter(({ differences }) => differences.includes('absent'))).toEqual([]);
  if (!tablesComplete) expect(facts.tablesInSets?.default).toBeGreaterThanOrEqual(count);
}
