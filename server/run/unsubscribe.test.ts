/** Subscriptions taken back from every state, on servers that are there: in seconds, nothing left, no other's slot touched. */
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { whoseSlot } from '#core/run/whose-slot.ts';
import { type Connection, openConnection } from '#server/postgres/connection.ts';
import { connectionTargets } from '#server/postgres/targets.ts';
import { type BareServers, startBareServers } from '#server/testing/bare-servers.ts';
import { until } from '#server/testing/deploy-orders.ts';
import { contextOn, type TestContext } from '#server/testing/step-context.ts';
import { claimSlot, type Subscribed } from './slot-claim.ts';
import { StepFailure } from './step-failure.ts';
import { unsubscribe } from './unsubscribe.ts';

const SECONDS = 12_000;
const OF: Subscribed = { receiver: 'n2', provider: 'n1', subscription: 'sub_n2n1' };
const STATE = `SELECT (SELECT count(*) FROM spock.subscription)::int AS subscriptions, (SELECT count(*) FROM spock.node)::int AS nodes,
  (SELECT count(*) FROM spock.node_interface)::int AS interfaces, (SELECT string_agg(roname, ' ') FROM pg_replication_origin WHERE roname !~ '^spock_standin') AS origins,
  (SELECT count(*) FROM pg_replication_slots)::int AS slots`;
const BARE = { subscriptions: 0, nodes: 1, interfaces: 1, origins: null, slots: 0 };

let servers: BareServers;
let spock: boolean;
let step: TestContext;

beforeAll(async () => {
  servers = await startBareServers(3, { prepared: true });
  spock = servers.engine.spockVersion !== null;
  for (const n of [1, 2, 3]) {
    await servers.sql(n, `CREATE EXTENSION spock${spock ? '' : ' CASCADE'}`);
    await servers.sql(n, `SELECT spock.node_create('n${n}', '${servers.dsn(n)}')`);
    await servers.sql(n, 'CREATE TABLE big (id int PRIMARY KEY, v text)');
  }
  await servers.sql(1, "INSERT INTO big SELECT i, repeat('x', 100) FROM generate_series(1, 200000) i");
  await servers.sql(1, "SELECT spock.repset_add_table('default', 'big')");
  return async () => servers.stop();
}, 120_000);

beforeEach(() => {
  step = contextOn(servers);
  return async () => {
    for (const n of [1, 2, 3]) await servers.start(n);
    for (const receiver of ['n2', 'n3']) await unsubscribe({ ...OF, receiver }, step.context);
    step.close();
    for (const n of [2, 3]) await servers.sql(n, 'DROP TRIGGER IF EXISTS slow ON big; TRUNCATE big');
  };
});

const subscribe = (n: number, copy: boolean, name = OF.subscription, structure = false) =>
  servers.sql(
    n,
    `SELECT spock.sub_create('${name}', '${servers.dsn(1)}', synchronize_data := ${copy}, synchronize_structure := ${structure})`,
  );

/** Each row takes its time, so that the copy goes on for minutes. */
const slowly = (n: number) =>
  servers.sql(
    n,
    `CREATE OR REPLACE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.005); RETURN new; END $$;
     CREATE TRIGGER slow BEFORE INSERT ON big FOR EACH ROW EXECUTE FUNCTION slow(); ALTER TABLE big ENABLE ALWAYS TRIGGER slow`,
  );
const COPYING = `SELECT EXISTS (SELECT FROM pg_stat_progress_copy WHERE tuples_processed > 10)`;

async function session(n: number): Promise<Connection> {
  const opened = await openConnection(connectionTargets(servers.dsn(n)), 5000, 5000);
  if (!opened.ok) throw new Error(opened.error.message);
  return opened.value;
}

async function isBare(...at: number[]): Promise<void> {
  for (const n of at) expect((await servers.sql(n, STATE))[0], `server ${n}`).toEqual(BARE);
}

async function takesSeconds(of: Subscribed = OF, limit = SECONDS): Promise<void> {
  const began = performance.now();
  await unsubscribe(of, step.context);
  expect(performance.now() - began).toBeLessThan(limit);
}

describe('a subscription is dropped, and nothing of it is left', () => {
  test('while it replicates', { timeout: 60_000 }, async () => {
    await claimSlot(OF, step.context);
    await subscribe(2, false);
    await until(servers, 1, 'SELECT bool_and(active) FROM pg_replication_slots');
    await takesSeconds();
    await isBare(1, 2);
    expect(step.written.left).toEqual([]);
    await takesSeconds();
  });

  test('while its copy is under way', { timeout: 60_000 }, async () => {
    await claimSlot(OF, step.context);
    await slowly(2);
    await subscribe(2, true);
    await until(servers, 2, COPYING);
    await takesSeconds();
    await isBare(1, 2);
    expect(step.written.left).toEqual([]);
  });

  test('while its slot waits for an open transaction', { timeout: 60_000 }, async ({ skip }) => {
    if (!spock) skip('the stand-in makes the slot within sub_create, which fails after 10 s');
    const other = await session(1);
    await other.run("BEGIN; UPDATE big SET v = 'held' WHERE id = 1", 5000);
    await claimSlot(OF, step.context);
    await subscribe(2, true);
    await until(servers, 1, 'SELECT active AND confirmed_flush_lsn IS NULL FROM pg_replication_slots');
    await takesSeconds();
    other.close();
    await isBare(1, 2);
    expect(step.written.left).toEqual([]);
  });

  test('while pg_restore hangs on the receiver', { timeout: 60_000 }, async ({ skip }) => {
    if (!spock) skip('the stand-in copies no structure');
    await servers.sql(
      2,
      `DROP TABLE big; CREATE FUNCTION hang() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(600); END $$;
       CREATE EVENT TRIGGER hang ON ddl_command_start WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION hang(); ALTER EVENT TRIGGER hang ENABLE ALWAYS`,
    );
    await claimSlot(OF, step.context);
    await subscribe(2, true, OF.subscription, true);
    await until(
      servers,
      2,
      "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = 'pg_restore' AND wait_event = 'PgSleep')",
    );
    await takesSeconds();
    await servers.sql(2, 'DROP EVENT TRIGGER hang; DROP FUNCTION hang()');
    await servers.sql(2, 'CREATE TABLE big (id int PRIMARY KEY, v text)');
    await isBare(1, 2);
  });

  test('while its copy fails again and again', { timeout: 60_000 }, async () => {
    await servers.sql(2, "INSERT INTO big VALUES (200000, 'in the way')");
    await claimSlot(OF, step.context);
    await subscribe(2, true);
    await expect.poll(() => servers.logOf(2), { timeout: 30_000 }).toMatch(/duplicate key/);
    await takesSeconds();
    await isBare(1, 2);
  });

  test('after its receiver was killed in the copy', { timeout: 90_000 }, async () => {
    await claimSlot(OF, step.context);
    await slowly(2);
    await subscribe(2, true);
    await until(servers, 2, COPYING);
    await servers.crash(2);
    await servers.start(2);
    await takesSeconds(OF, 20_000);
    await isBare(1, 2);
  });

  test('and of a provider that is down the slot is named, and dropped when it is back', {
    timeout: 120_000,
  }, async () => {
    await claimSlot(OF, step.context);
    await subscribe(2, false);
    await until(servers, 1, 'SELECT bool_and(active) FROM pg_replication_slots');
    await servers.crash(1);
    await takesSeconds(OF, 30_000);
    await servers.start(1);
    expect(step.written.left).toMatchObject([{ node: 'n1', code: 'unreachable' }]);
    expect(step.written.left[0]?.object).toMatch(/^slot spk_/);
    expect((await servers.sql(1, STATE))[0]).toMatchObject({ slots: 1 });
    await takesSeconds();
    await isBare(1, 2);
  });
});

describe('a slot that is not the subscription’s own stays', () => {
  test('none is made where one of its name stands', { timeout: 60_000 }, async () => {
    await subscribe(2, false);
    await until(servers, 1, 'SELECT bool_and(active) FROM pg_replication_slots');
    const of = { ...OF, receiver: 'n3' };
    const refused = await claimSlot(of, step.context).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(StepFailure);
    expect(refused).toMatchObject({ error: { code: 'not-ours' } });
    await takesSeconds();
    await isBare(1, 2);
  });

  test('where another node names it', { timeout: 90_000 }, async ({ skip }) => {
    if (!spock) skip('the stand-in refuses a second subscription of the name');
    await subscribe(2, false);
    await until(servers, 1, 'SELECT bool_and(active) FROM pg_replication_slots');
    await subscribe(3, false);
    await takesSeconds({ ...OF, receiver: 'n3' }, 20_000);
    expect(step.written.left).toMatchObject([{ node: 'n1', code: 'not-ours' }]);
    await isBare(3);
    expect((await servers.sql(1, STATE))[0]).toMatchObject({ slots: 1 });
    await servers.sql(1, "INSERT INTO big VALUES (300000, 'comes')");
    await until(servers, 2, 'SELECT EXISTS (SELECT FROM big WHERE id = 300000)');
    await servers.sql(1, 'DELETE FROM big WHERE id = 300000');
    await takesSeconds();
    await isBare(1, 2);
  });

  test('where a node that may name it is down', { timeout: 90_000 }, async () => {
    await subscribe(3, false);
    await until(servers, 1, 'SELECT bool_and(active) FROM pg_replication_slots');
    await servers.crash(2);
    await takesSeconds({ ...OF, receiver: 'n3' }, 30_000);
    expect(step.written.left).toMatchObject([{ node: 'n1', code: 'not-known' }]);
    expect(step.written.left[0]?.message).toContain('n2');
    expect((await servers.sql(1, STATE))[0]).toMatchObject({ slots: 1 });
    await servers.start(2);
    await servers.sql(1, 'SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots');
    await isBare(1, 2, 3);
  });
});

test('whose a slot is', () => {
  const none = { before: null, namers: [], unasked: [], read: false };
  expect(whoseSlot({ ...none, before: false }).whose).toBe('ours');
  expect(whoseSlot(none).whose).toBe('ours');
  expect(whoseSlot({ ...none, before: false, unasked: ['n3'] }).whose).toBe('ours');
  expect(whoseSlot({ ...none, before: false, read: true }).whose).toBe('ours');
  expect(whoseSlot({ ...none, before: false, namers: ['sub_a of n3'] }).whose).toBe('others');
  expect(whoseSlot({ ...none, before: true }).whose).toBe('others');
  expect(whoseSlot({ ...none, unasked: ['n3'] }).whose).toBe('unknown');
  expect(whoseSlot({ ...none, read: true }).whose).toBe('unknown');
  expect(whoseSlot({ ...none, before: false, unasked: ['n3'], read: true }).whose).toBe('unknown');
});
