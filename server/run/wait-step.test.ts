/** Waits that end with their reason, on real servers: each state out of which nothing more comes. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { cannotCome, slotIs } from '#core/engines/spock/cannot-come.ts';
import { sql } from '#core/engines/sql.ts';
import type { Awaited } from '#core/engines/units.ts';
import type { RunStep } from '#core/model/plan.ts';
import { openConnection } from '#server/postgres/connection.ts';
import { connectionTargets } from '#server/postgres/targets.ts';
import { type BareServers, startBareServers } from '#server/testing/bare-servers.ts';
import { until } from '#server/testing/servers.ts';
import { contextOn, type TestContext } from '#server/testing/step-context.ts';
import { StepFailure } from './step-failure.ts';
import { waitFor } from './wait-step.ts';

let servers: BareServers;
let test: TestContext;
const SLOT = 'spk_orders_n1_sub_n2n1';

const one = async (n: number, text: string): Promise<unknown> =>
  Object.values((await servers.sql(n, text))[0] ?? {})[0];
const toHold = (n: number, text: string, wanted: unknown) =>
  until(`n${n}: ${text} gives ${JSON.stringify(wanted)}`, async () => (await one(n, text)) === wanted, 60);
const subscribe = () => servers.sql(2, `SELECT spock.sub_create('sub_n2n1', '${servers.dsn(1)}')`);
const subscribed = async () => {
  await subscribe();
  await toHold(2, 'SELECT status FROM spock.sub_show_status()', 'replicating');
};
const noSubscription = async () => {
  await servers.sql(2, `SELECT spock.sub_drop('sub_n2n1', true)`);
  await toHold(1, 'SELECT count(*)::int FROM pg_replication_slots', 0);
};

const replicating: Awaited = {
  node: 'n2',
  text: 'sub_n2n1 replicates',
  query: sql`SELECT status = 'replicating' FROM spock.sub_show_status('sub_n2n1')`,
  hopeless: cannotCome({ for: 'replicating', node: 'n2', subscription: 'sub_n2n1' }),
};
const slotInUse = (made: boolean): Awaited => ({
  node: 'n1',
  text: 'its slot is in use',
  query: sql`SELECT bool_or(r.active) FROM pg_replication_slots r WHERE ${slotIs({ of: 'sub_n2n1' })}`,
  hopeless: cannotCome({ for: 'slot-in-use', node: 'n1', slot: { of: 'sub_n2n1' }, made }),
});

/** How it ended, and after how many seconds. */
async function ended(awaited: Awaited[], seconds = 60): Promise<{ error: RunStep['error']; after: number }> {
  const began = performance.now();
  const error = await waitFor(awaited, seconds, test.context).then(
    () => null,
    (thrown) => {
      if (thrown instanceof StepFailure) return thrown.error;
      throw thrown;
    },
  );
  return { error, after: (performance.now() - began) / 1000 };
}

async function session(n: number) {
  const opened = await openConnection(connectionTargets(servers.dsn(n)), 5000, 5000);
  if (!opened.ok) throw new Error(opened.error.message);
  return opened.value;
}

beforeAll(async () => {
  servers = await startBareServers(2, {
    prepared: true,
    logged: true,
    settings: 'max_prepared_transactions = 5',
  });
  for (const n of [1, 2]) {
    await servers.sql(n, 'CREATE EXTENSION spock; CREATE TABLE acct (id int PRIMARY KEY, v text)');
    await servers.sql(n, `SELECT spock.node_create('n${n}', '${servers.dsn(n)}')`);
    await servers.sql(n, `SELECT spock.repset_add_table('default', 'acct')`);
  }
}, 120_000);
beforeEach(async () => {
  await noSubscription();
  test?.close();
  test = contextOn(servers);
});
afterAll(async () => {
  test?.close();
  await servers?.stop();
});

describe('a wait for a subscription', () => {
  it('ends when all has come, and says nothing', async () => {
    await subscribe();
    expect((await ended([replicating, slotInUse(false)])).error).toBeNull();
  });

  it('ends at once when the subscription is disabled', async () => {
    await subscribed();
    await servers.sql(2, `SELECT spock.sub_disable('sub_n2n1', true)`);
    await toHold(2, 'SELECT status FROM spock.sub_show_status()', 'disabled');
    const { error, after } = await ended([replicating]);
    expect(error).toMatchObject({ code: 'cannot-come', message: 'sub_n2n1 on n2 is disabled.' });
    expect(error?.remedy).toContain('enable it when its cause is fixed');
    expect(after).toBeLessThan(5);
  });

  it('ends at once when it is dropped', async () => {
    const { error, after } = await ended([replicating]);
    expect(error).toMatchObject({
      code: 'cannot-come',
      message: 'n2 no longer has subscription sub_n2n1: somebody has dropped it.',
      remedy: 'Roll back, then plan again.',
    });
    expect(after).toBeLessThan(5);
  });

  it('ends at once when the slot is lost, and when it is gone', async () => {
    await subscribed();
    await servers.sql(2, `SELECT spock.sub_disable('sub_n2n1', true)`);
    await toHold(1, 'SELECT active FROM pg_replication_slots', false);
    await servers.sql(1, `ALTER SYSTEM SET max_slot_wal_keep_size = '16MB'`);
    await servers.sql(1, 'SELECT pg_reload_conf()');
    await until('the slot is lost', async () => {
      await servers.sql(1, 'CREATE TABLE IF NOT EXISTS wal (id int); INSERT INTO wal VALUES (1)');
      await servers.sql(1, 'SELECT pg_switch_wal()');
      await servers.sql(1, 'CHECKPOINT');
      return (await one(1, `SELECT wal_status FROM pg_replication_slots`)) === 'lost';
    });
    await servers.sql(1, `ALTER SYSTEM RESET max_slot_wal_keep_size`);
    await servers.sql(1, 'SELECT pg_reload_conf()');
    const lost = await ended([slotInUse(true)]);
    expect(lost.error?.message).toContain(`slot ${SLOT} on n1 is lost`);
    expect(lost.error?.remedy).toContain('max_slot_wal_keep_size');
    expect(lost.after).toBeLessThan(5);
    await servers.sql(1, `SELECT pg_drop_replication_slot('${SLOT}')`);
    const gone = await ended([slotInUse(true)]);
    expect(gone.error?.message).toBe('n1 no longer has slot of sub_n2n1.');
    expect(gone.error?.remedy).toContain('create it again, and compare the rows');
    expect(gone.after).toBeLessThan(5);
  });

  it('ends when its worker fails again and again, with the error of the log', async () => {
    await subscribed();
    await servers.sql(2, `SELECT spock.sub_disable('sub_n2n1', true)`);
    await toHold(1, 'SELECT active FROM pg_replication_slots', false);
    await servers.sql(1, `SELECT pg_drop_replication_slot('${SLOT}')`);
    await servers.sql(2, `SELECT spock.sub_enable('sub_n2n1', true)`);
    const { error, after } = await ended([replicating, slotInUse(false)], 60);
    expect(error?.code).toBe('cannot-come');
    expect(error?.message).toContain('The worker on n2 keeps failing');
    expect(error?.message).toContain(`replication slot "${SLOT}" does not exist`);
    // Spock waits five seconds between its attempts.
    expect(after).toBeLessThan(50);
  }, 90_000);

  it('tells of a lock while it waits, by whom and since when', async () => {
    await subscribed();
    const holder = await session(2);
    await holder.run('BEGIN; LOCK TABLE acct IN ACCESS EXCLUSIVE MODE', 5000);
    await servers.sql(1, `INSERT INTO acct VALUES (1, 'held up')`);
    const waited = waitFor(
      [
        {
          ...replicating,
          text: 'the row has come',
          // A reader would wait for the lock as well.
          query: sql`SELECT count(*) = 0 FROM pg_locks WHERE relation = 'acct'::regclass AND mode = 'AccessExclusiveLock'`,
        },
      ],
      60,
      test.context,
    );
    const note = await until('the note', async () =>
      test.written.notes.find((each) => each?.includes('waits for a lock')),
    );
    expect(note).toMatch(
      /on n2 waits for a lock: process \d+ \(\S+, tricorder\) has had a transaction open since .*LOCK TABLE acct/,
    );
    await holder.run('COMMIT', 5000);
    holder.close();
    await waited;
    await toHold(2, 'SELECT count(*)::int FROM acct', 1);
  }, 60_000);

  it('ends when a prepared transaction keeps the slot from being made', async ({ skip }) => {
    if (servers.engine.spockVersion === null)
      skip('sub_create of the stand-in itself waits there, and gives up');
    await servers.sql(1, `BEGIN; INSERT INTO acct VALUES (50, 'p'); PREPARE TRANSACTION 'till friday'`);
    await subscribe();
    const { error, after } = await ended([replicating, slotInUse(false)]);
    await servers.sql(1, `ROLLBACK PREPARED 'till friday'`);
    expect(error?.code).toBe('cannot-come');
    expect(error?.message).toContain(`n1 cannot create the slot: prepared transaction 'till friday' of`);
    expect(after).toBeLessThan(25);
    await toHold(2, 'SELECT status FROM spock.sub_show_status()', 'replicating');
  }, 90_000);

  it('ends when the provider has no slot left', async ({ skip }) => {
    if (servers.engine.spockVersion === null) skip('sub_create of the stand-in itself fails there');
    await servers.sql(
      1,
      `SELECT pg_create_physical_replication_slot('full' || g) FROM generate_series(1, current_setting('max_replication_slots')::int) g`,
    );
    await subscribe();
    const { error, after } = await ended([replicating, slotInUse(false)]);
    await servers.sql(
      1,
      `SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name LIKE 'full%'`,
    );
    expect(error?.code).toBe('cannot-come');
    expect(error?.message).toMatch(
      /n1 uses all of its 16 replication slots|all replication slots are in use/,
    );
    expect(error?.remedy).toContain('max_replication_slots');
    expect(after).toBeLessThan(30);
  }, 90_000);

  it('ends when its node is silent, with that', async () => {
    await subscribed();
    await servers.freeze(2);
    const { error, after } = await ended([replicating], 120);
    await servers.thaw(2);
    expect(error?.code).toBe('unreachable');
    expect(error?.message).toMatch(
      /^n2 has not answered for \d+ s, while the run waited until sub_n2n1 replicates/,
    );
    expect(after).toBeLessThan(45);
  }, 120_000);

  it('goes on through a restart of its node', async () => {
    await subscribed();
    await servers.crash(2);
    const waited = ended([replicating, slotInUse(false)]);
    await servers.start(2);
    expect((await waited).error).toBeNull();
  }, 90_000);
});

describe('a wait for the copy of a table', () => {
  const copied: Awaited = {
    node: 'n2',
    text: 'acct is copied',
    query: sql`SELECT sync_status IN ('y', 'r') FROM spock.local_sync_status WHERE sync_relname = 'acct'`,
    hopeless: cannotCome({
      for: 'copied',
      node: 'n2',
      subscription: 'sub_n2n1',
      table: { schema: 'public', table: 'acct' },
    }),
  };

  it('ends when Spock has given it up, or fails at it again and again', async ({ skip }) => {
    if (servers.engine.spockVersion === null)
      skip('the stand-in copies by PostgreSQL, which has no such status');
    await servers.sql(1, `INSERT INTO acct SELECT g, 'bad' FROM generate_series(100, 110) g`);
    await servers.sql(2, `ALTER TABLE acct ADD CONSTRAINT small CHECK (v <> 'bad')`);
    await subscribed();
    await servers.sql(2, `SELECT spock.sub_resync_table('sub_n2n1', 'acct', true)`);
    const { error, after } = await ended([copied], 120);
    await servers.sql(2, `ALTER TABLE acct DROP CONSTRAINT small`);
    // 5.0 marks the table as copied (comparing its rows tells); 6.0 gives it up.
    if (servers.engine.spockVersion?.startsWith('6')) {
      expect(error?.code).toBe('cannot-come');
      expect(error?.message).toContain('Spock has given up the copy of public.acct to n2');
    } else expect(error === null || error.code === 'cannot-come').toBe(true);
    expect(after).toBeLessThan(45);
  }, 150_000);

  it('ends when it fails at a generated column for ever, with that', async () => {
    for (const n of [1, 2]) {
      await servers.sql(
        n,
        `CREATE TABLE gen (id int PRIMARY KEY, a int, b int GENERATED ALWAYS AS (a * 2) STORED);
         SELECT spock.repset_add_table('default', 'gen')`,
      );
    }
    await servers.sql(1, 'INSERT INTO gen (id, a) SELECT g, g FROM generate_series(1, 5) g');
    await subscribed();
    await servers.sql(2, `SELECT spock.sub_resync_table('sub_n2n1', 'gen', true)`);
    const { error, after } = await ended(
      [
        {
          ...copied,
          text: 'gen is copied',
          query: sql`SELECT sync_status IN ('y', 'r') FROM spock.local_sync_status WHERE sync_relname = 'gen'`,
          hopeless: cannotCome({
            for: 'copied',
            node: 'n2',
            subscription: 'sub_n2n1',
            table: { schema: 'public', table: 'gen' },
          }),
        },
      ],
      120,
    );
    // Spock 5.0.11 cannot; 6.0.0 and the stand-in can.
    if (servers.engine.spockVersion?.startsWith('5')) {
      expect(error?.code).toBe('cannot-come');
      expect(error?.message).toContain('column "b" is a generated column');
      expect(after).toBeLessThan(60);
    } else expect(error).toBeNull();
  }, 150_000);

  it('ends when nobody has asked for it any more', async () => {
    await subscribed();
    const { error, after } = await ended([copied]);
    expect(error?.message).toBe('no copy of "public"."acct" is under way: Spock no longer lists it.');
    expect(after).toBeLessThan(12);
  }, 60_000);
});

describe('a receiver without a worker process left', () => {
  it('ends the wait with that', async () => {
    await servers.stop();
    // The stand-in's workers are PostgreSQL's own, with a limit of theirs.
    servers = await startBareServers(2, { prepared: true, logged: true });
    const standin = servers.engine.spockVersion === null;
    for (const n of [1, 2]) {
      await servers.sql(n, `CREATE EXTENSION spock; SELECT spock.node_create('n${n}', '${servers.dsn(n)}')`);
    }
    await servers.sql(
      2,
      standin
        ? 'ALTER SYSTEM SET max_logical_replication_workers = 0'
        : 'ALTER SYSTEM SET max_worker_processes = 4',
    );
    await servers.restart(2);
    test.close();
    test = contextOn(servers);
    await subscribe();
    const { error, after } = await ended([replicating, slotInUse(false)], standin ? 15 : 60);
    if (standin) {
      // PostgreSQL starts no launcher then, and nobody says so: the time-out ends it.
      expect(error?.code).toBe('not-in-time');
      return;
    }
    expect(error).toMatchObject({
      code: 'cannot-come',
      message: expect.stringContaining('worker registration failed'),
      cause: 'The receiver has no worker process left.',
    });
    expect(after).toBeLessThan(50);
  }, 120_000);
});
