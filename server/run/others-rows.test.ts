/** Whose rows are whose, on servers that are there: a copied table to which links, the run itself and applications write. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { quoteLiteral } from '#core/engines/quote.ts';
import type { TableMark } from '#core/run/others-rows.ts';
import { type BareServers, startBareServers } from '#server/testing/bare-servers.ts';
import { until } from '#server/testing/deploy-orders.ts';
import { contextOn, type TestContext } from '#server/testing/step-context.ts';
import { runLocal } from './local-transaction.ts';
import { foreignOrigins, marksOf, oidsOf, othersRows } from './others-rows.ts';

const OF = { receiver: 'n2', provider: 'n1', subscription: 'sub_n2n1' };
const TABLE = oidsOf(['t']);

let servers: BareServers;
let step: TestContext;
let foreign: string[];
let begun: Record<string, TableMark>;
let ended: Record<string, TableMark>;

beforeAll(async () => {
  servers = await startBareServers(2, { prepared: true });
  const standin = servers.engine.spockVersion === null;
  for (const n of [1, 2]) {
    await servers.sql(n, `CREATE EXTENSION spock${standin ? ' CASCADE' : ''}`);
    await servers.sql(n, `SELECT spock.node_create('n${n}', ${quoteLiteral(servers.dsn(n))})`);
    await servers.sql(n, 'CREATE TABLE t (id int PRIMARY KEY, v text)');
  }
  await servers.sql(1, "INSERT INTO t SELECT i, 'copied' FROM generate_series(1, 20) i");
  await servers.sql(1, "SELECT spock.repset_add_table('default', 't')");
}, 120_000);
afterAll(() => servers.stop());

/** Copied anew for each test. */
beforeEach(async () => {
  step = contextOn(servers, { subscriptions: [OF] });
  foreign = await foreignOrigins('n2', step.context);
  begun = await marksOf('n2', TABLE, step.context);
  await servers.sql(
    2,
    `SELECT spock.sub_create('${OF.subscription}', ${quoteLiteral(servers.dsn(1))}, synchronize_data := true)`,
  );
  await until(
    servers,
    2,
    "SELECT (SELECT count(*) = 20 FROM t) AND (SELECT status = 'replicating' FROM spock.sub_show_status())",
  );
  ended = await marksOf('n2', TABLE, step.context);
}, 60_000);

afterEach(async () => {
  step.close();
  await servers.sql(2, `SELECT spock.sub_drop('${OF.subscription}', true)`);
  await servers.sql(2, 'DROP TABLE t; CREATE TABLE t (id int PRIMARY KEY, v text)');
  await servers.sql(1, 'DELETE FROM t WHERE id > 20');
}, 60_000);

async function verdict(copyEnded = true): Promise<string | null> {
  const others = { own: step.context.wroteAs('n2'), foreign };
  const copy = { begun, started: null, ended: copyEnded ? ended : null };
  const { kept } = await othersRows('n2', TABLE, copy, others, step.context);
  return [...kept.values()][0]?.code ?? null;
}

/** Only Spock counts what it applies; of the stand-in it is not known who has updated or deleted a row that is no more. */
const appliedIsCounted = () => servers.engine.spockVersion !== null;

const LONG = { timeout: 90_000 };

test('what was copied is nobody’s', LONG, async () => {
  expect(await verdict()).toBeNull();
  expect(await verdict(false)).toBeNull();
});

test('what comes by the link is nobody’s', LONG, async () => {
  await servers.sql(1, "INSERT INTO t VALUES (21, 'sent')");
  await until(servers, 2, "SELECT count(*) = 1 FROM t WHERE v = 'sent'");
  expect(await verdict()).toBeNull();
  await servers.sql(1, "UPDATE t SET v = 'sent' WHERE id = 3");
  // A worker tells the statistics some time after it has committed.
  await until(
    servers,
    2,
    "SELECT (SELECT count(*) = 2 FROM t WHERE v = 'sent') AND pg_stat_get_tuples_updated('t'::regclass) = 1",
  );
  expect(await verdict()).toBe(appliedIsCounted() ? null : 'not-known');
});

test(
  'what the link deletes and updates is nobody’s, and hides nothing that others delete',
  LONG,
  async () => {
    await servers.sql(1, "UPDATE t SET v = 'sent' WHERE id IN (3, 4); DELETE FROM t WHERE id IN (4, 5, 6)");
    await until(
      servers,
      2,
      "SELECT (SELECT count(*) = 17 FROM t) AND pg_stat_get_tuples_deleted('t'::regclass) = 3",
    );
    expect(await verdict()).toBe(appliedIsCounted() ? null : 'not-known');
    await servers.sql(2, 'DELETE FROM t WHERE id = 7');
    await until(servers, 2, "SELECT pg_stat_get_tuples_deleted('t'::regclass) = 4");
    expect(await verdict()).toBe(appliedIsCounted() ? 'written-since' : 'not-known');
    await servers.sql(1, "INSERT INTO t SELECT i, 'copied' FROM generate_series(4, 6) i");
  },
);

test('a row that was inserted or updated there is an application’s', LONG, async () => {
  await servers.sql(2, "INSERT INTO t VALUES (30, 'own')");
  expect(await verdict()).toBe('written-since');
  expect(await verdict(false)).toBe('written-since');
  await servers.sql(2, "DELETE FROM t WHERE id = 30; UPDATE t SET v = 'own' WHERE id = 5");
  expect(await verdict()).toBe('written-since');
});

test('a row that was deleted there was deleted by an application', LONG, async () => {
  await servers.sql(2, 'DELETE FROM t WHERE id = 7');
  await until(servers, 2, "SELECT pg_stat_get_tuples_deleted('t'::regclass) > 0");
  expect(await verdict()).not.toBeNull();
});

test('a table that was truncated there may have lost rows', LONG, async () => {
  await servers.sql(2, 'BEGIN; SELECT spock.repair_mode(true); TRUNCATE t; COMMIT');
  expect(await verdict()).toBe('not-known');
});

test('what the run itself has rewritten is its own', LONG, async () => {
  await runLocal('n2', ['ALTER TABLE t ALTER COLUMN id TYPE bigint'], 20_000, step.context);
  expect(await verdict()).toBeNull();
  await servers.sql(2, "UPDATE t SET v = 'own' WHERE id = 5");
  expect(await verdict()).toBe('written-since');
});

test('a node whose engine has gone is asked all the same', LONG, async () => {
  await servers.sql(2, 'CREATE DATABASE bare');
  const context = {
    ...step.context,
    dsn: () => servers.dsn(2, 'bare'),
  };
  await servers.sql(2, 'CREATE TABLE t AS SELECT 1 AS id', 'bare');
  const none = { begun: {}, started: null, ended: null };
  const { kept } = await othersRows('n2', TABLE, none, { own: [], foreign: [] }, context);
  expect([...kept.values()]).toMatchObject([{ code: 'written-since' }]);
});
