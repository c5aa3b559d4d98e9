/** Copying a table anew, on running servers: what is refused before a row goes, and what is not called done. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openConnection } from '#server/postgres/connection.ts';
import { connectionTargets } from '#server/postgres/targets.ts';
import { ended } from '#server/testing/test-console.ts';
import { codes, knownOf, startWatchedMesh, stepOf, type WatchedMesh } from '#server/testing/watched-mesh.ts';

let mesh: WatchedMesh;

beforeAll(async () => {
  mesh = await startWatchedMesh(2);
});
afterAll(() => mesh?.stop());

const resync = (table: string, schema = 'public') =>
  ({ kind: 'table-resync', receiver: 'n2', subscription: 'sub_n2n1', schema, table }) as const;
const refused = async (table: string) => codes(await mesh.plan(resync(table)));

test('brings back what was lost, and compares', async () => {
  await mesh.table('acct', 'id int PRIMARY KEY, bal numeric, note text');
  await mesh.sql('n1', `INSERT INTO acct SELECT g, g, 'x' FROM generate_series(1, 50) g`);
  await mesh.becomes(50, 'n2', 'SELECT count(*)::int FROM acct');
  await mesh.locally('n2', 'DELETE FROM acct WHERE id > 40; UPDATE acct SET bal = 0 WHERE id < 5');
  const planned = await mesh.plan(resync('acct'));
  expect(knownOf(planned)).toContain('rows that only n2 has are lost: n1 50, n2 40');
  expect(planned.steps.at(-1)).toMatchObject({ risk: 'data', riskText: expect.stringContaining('deleted') });
  const run = await mesh.succeed(resync('acct'));
  expect(stepOf(run, 'resync').facts.map(({ name }) => name)).toContain('public.acct');
  expect(await mesh.one('n2', 'SELECT count(*)::int FROM acct WHERE bal = id')).toBe(50);
  // Not emptied on the way.
  expect(await mesh.rows('n1', 'acct')).toBe(50);
});

describe('is refused, and no row goes', () => {
  test('a partition; its parent is copied with all of them', async () => {
    await mesh.everywhere(
      `CREATE TABLE ev (id int, d date, v text, PRIMARY KEY (id, d)) PARTITION BY RANGE (d);
       CREATE TABLE ev_2025 PARTITION OF ev FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
       CREATE TABLE ev_2026 PARTITION OF ev FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')`,
    );
    await mesh.everywhere(`SELECT spock.repset_add_table('default', 'ev')`);
    await mesh.sql('n1', `INSERT INTO ev SELECT g, '2026-05-05', 'x' FROM generate_series(1, 5) g`);
    await mesh.sql('n1', `INSERT INTO ev SELECT g, '2025-05-05', 'x' FROM generate_series(1, 3) g`);
    await mesh.becomes(8, 'n2', 'SELECT count(*)::int FROM ev');
    const planned = await mesh.plan(resync('ev_2026'));
    expect(codes(planned)).toEqual(['partition']);
    expect(planned.problems[0]?.remedy).toContain('public.ev');
    await mesh.locally('n2', 'DELETE FROM ev WHERE id = 2');
    await mesh.succeed(resync('ev'));
    expect(await mesh.rows('n2', 'ev_2026')).toBe(5);
    expect(await mesh.rows('n2', 'ev_2025')).toBe(3);
  });

  test('a table that hangs on a partition', async () => {
    await mesh.sql(
      'n2',
      'CREATE TABLE bill (id int, d date, FOREIGN KEY (id, d) REFERENCES ev_2026 (id, d))',
    );
    expect(await refused('ev')).toEqual(['referenced']);
    await mesh.sql('n2', 'DROP TABLE bill');
    // One that refers to itself is emptied and filled as a whole.
    await mesh.table('tree', 'id int PRIMARY KEY, up int REFERENCES tree');
    expect(await refused('tree')).toEqual([]);
  });

  test('a table that others inherit from', async () => {
    await mesh.table('par', 'id int PRIMARY KEY');
    await mesh.everywhere('CREATE TABLE kid (PRIMARY KEY (id)) INHERITS (par)');
    expect(await refused('par')).toEqual(['inherited']);
    await mesh.everywhere('DROP TABLE kid');
  });

  test('a check, a unique index, a column that only the receiver has', async () => {
    await mesh.table('con', 'id int PRIMARY KEY, v int');
    await mesh.sql('n1', `INSERT INTO con SELECT g, g FROM generate_series(1, 10) g`);
    await mesh.becomes(10, 'n2', 'SELECT count(*)::int FROM con');
    await mesh.locally('n2', 'DELETE FROM con WHERE id = 10');
    await mesh.sql('n2', 'ALTER TABLE con ADD CONSTRAINT small CHECK (v < 10)');
    const planned = await mesh.plan(resync('con'));
    expect(codes(planned)).toEqual(['constraints-differ']);
    expect(knownOf(planned)).toContain('n1 10, n2 9');
    await mesh.sql('n2', 'ALTER TABLE con DROP CONSTRAINT small; CREATE UNIQUE INDEX one_v ON con (v)');
    expect(await refused('con')).toEqual(['constraints-differ']);
    await mesh.sql(
      'n2',
      'DROP INDEX one_v; ALTER TABLE con ADD w int NOT NULL DEFAULT 1; ALTER TABLE con ALTER w DROP DEFAULT',
    );
    expect(await refused('con')).toEqual(['shape-differs']);
    await mesh.sql('n2', 'ALTER TABLE con DROP w');
    expect(await mesh.rows('n2', 'con')).toBe(9);
    await mesh.succeed(resync('con'));
    expect(await mesh.rows('n2', 'con')).toBe(10);
  });

  test('an enum without a label, a domain with a rule of its own', async () => {
    await mesh.everywhere(`CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE DOMAIN small AS int`);
    await mesh.table('typed', 'id int PRIMARY KEY, m mood, s small');
    expect(await refused('typed')).toEqual([]);
    await mesh.sql('n1', `ALTER TYPE mood ADD VALUE 'happy'`);
    expect(await refused('typed')).toEqual(['constraints-differ']);
    await mesh.sql('n2', `ALTER TYPE mood ADD VALUE 'happy'; `);
    await mesh.sql('n2', 'ALTER DOMAIN small ADD CHECK (VALUE < 5)');
    expect(await refused('typed')).toEqual(['constraints-differ']);
  });

  test('a trigger that fires for copied rows', async () => {
    await mesh.table('trg', 'id int PRIMARY KEY');
    await mesh.sql(
      'n2',
      `CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
       CREATE TRIGGER t BEFORE INSERT ON trg FOR EACH ROW EXECUTE FUNCTION nothing()`,
    );
    expect(await refused('trg')).toEqual([]);
    await mesh.sql('n2', 'ALTER TABLE trg ENABLE ALWAYS TRIGGER t');
    expect(await refused('trg')).toEqual(['triggers']);
  });

  test('a table that another session has locked: it is said, and the node is not called unreachable', async () => {
    const held = await openConnection(connectionTargets(mesh.servers.dsn(2)), 5000, 5000);
    if (!held.ok) throw new Error(held.error.message);
    expect((await held.value.run('BEGIN; LOCK TABLE acct IN ACCESS EXCLUSIVE MODE', 5000)).ok).toBe(true);
    const planned = await mesh.plan(resync('acct')).finally(() => held.value.close());
    expect(codes(planned)).toEqual([]);
    expect(knownOf(planned)).toMatch(/n1 50, n2 (about|not counted)/);
  });

  test('a subscription that does not replicate', async () => {
    await mesh.sql('n2', `SELECT spock.sub_disable('sub_n2n1', true)`);
    expect(await refused('acct')).toEqual(['disabled']);
    await mesh.sql('n2', `SELECT spock.sub_enable('sub_n2n1', true)`);
    await mesh.replicating();
  });

  test('a receiver that cannot reach its provider', async ({ skip }) => {
    skip(!mesh.real, 'The stand-in’s links do not go by spock.node_interface once they are made.');
    const [row] = await mesh.sql('n2', `SELECT if_dsn FROM spock.node_interface WHERE if_name = 'n1'`);
    const end = `SELECT pg_terminate_backend(worker_pid::int) FROM spock.get_apply_worker_status()`;
    await mesh.sql(
      'n2',
      `UPDATE spock.node_interface SET if_dsn = 'host=127.0.0.1 port=1 user=x dbname=x' WHERE if_name = 'n1'`,
    );
    await mesh.sql('n2', end);
    await expect.poll(() => refused('acct'), { timeout: 30_000, interval: 200 }).toEqual(['not-replicating']);
    expect(await mesh.rows('n2', 'acct')).toBe(50);
    await mesh.sql('n2', `UPDATE spock.node_interface SET if_dsn = '${row?.if_dsn}' WHERE if_name = 'n1'`);
    await mesh.replicating();
  });

  test('a receiver that is read-only', async ({ skip }) => {
    skip(!mesh.real, 'The stand-in has no such setting.');
    const mode = mesh.spock?.startsWith('5') ? 'user' : 'local';
    await mesh.sql('n2', `ALTER SYSTEM SET spock.readonly = '${mode}'`);
    await mesh.sql('n2', 'SELECT pg_reload_conf()');
    await expect.poll(() => refused('acct'), { timeout: 20_000, interval: 100 }).toEqual(['read-only']);
    await mesh.sql('n2', 'ALTER SYSTEM RESET spock.readonly');
    await mesh.sql('n2', 'SELECT pg_reload_conf()');
    await expect.poll(() => refused('acct'), { timeout: 20_000, interval: 100 }).toEqual([]);
  });

  test('generated columns where Spock cannot copy them; elsewhere they are copied', async () => {
    await mesh.table('gen', 'id int PRIMARY KEY, a int, b int GENERATED ALWAYS AS (a * 2) STORED');
    await mesh.sql('n1', 'INSERT INTO gen (id, a) SELECT g, g FROM generate_series(1, 5) g');
    await mesh.becomes(5, 'n2', 'SELECT count(*)::int FROM gen');
    if (mesh.spock?.startsWith('5.0.1') && mesh.spock < '5.0.12') {
      expect(await refused('gen')).toEqual(['generated-columns']);
    } else {
      await mesh.locally('n2', 'DELETE FROM gen WHERE id = 3');
      await mesh.succeed(resync('gen'));
    }
    expect(await mesh.one('n2', 'SELECT count(*)::int FROM gen WHERE b = a * 2')).toBe(5);
  });
});

test('rows beside the row filter are deleted: that is counted, and the rest is compared', async ({
  skip,
}) => {
  skip(!mesh.real, 'The stand-in filters by publications, and does not call them Spock’s row filters.');
  await mesh.everywhere('CREATE TABLE fil (id int PRIMARY KEY, r text)');
  await mesh.everywhere(`SELECT spock.repset_add_table('default', 'fil', row_filter := $$r = 'eu'$$)`);
  await mesh.sql('n1', `INSERT INTO fil VALUES (1, 'eu'), (2, 'us')`);
  await mesh.sql('n2', `INSERT INTO fil VALUES (8, 'us'), (9, 'us')`);
  await mesh.becomes(3, 'n2', 'SELECT count(*)::int FROM fil');
  expect(knownOf(await mesh.plan(resync('fil')))).toMatch(
    /are copied: 1; the other rows of n2 are deleted: 2/,
  );
});

test('a row filter that calls a function of users is not called to plan', async ({ skip }) => {
  skip(!mesh.real, 'The stand-in filters by publications, and does not call them Spock’s row filters.');
  await mesh.everywhere('CREATE TABLE called (n int)');
  await mesh.everywhere(
    `CREATE FUNCTION loud(int) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RAISE EXCEPTION ''called''; END'`,
  );
  await mesh.everywhere('CREATE TABLE quiet (id int PRIMARY KEY)');
  await mesh.sql('n1', 'INSERT INTO quiet VALUES (1)');
  const filtered = await mesh
    .everywhere(`SELECT spock.repset_add_table('default', 'quiet', row_filter := 'loud(id)')`)
    .catch((error: unknown) => error);
  // Spock 6.0 on PostgreSQL 18 holds filters to the rules of a publication's.
  if (String(filtered).includes('invalid publication WHERE expression')) {
    skip('This Spock takes no function of users in a row filter.');
  }
  expect(filtered).toBeUndefined();
  const planned = await mesh.plan(resync('quiet'));
  expect(knownOf(planned)).toContain('are copied: not counted');
  expect(knownOf(planned)).toContain('n1 1');
  await mesh.everywhere(`SELECT spock.repset_remove_table('default', 'quiet')`);
});

test('a copy that is cut off is no success, and a resume copies anew', { timeout: 180_000 }, async () => {
  await mesh.table('bigc', 'id int PRIMARY KEY, t text');
  await mesh.sql(
    'n1',
    `INSERT INTO bigc SELECT g, repeat(md5(g::text), 30) FROM generate_series(1, 150000) g`,
  );
  await mesh.becomes(150_000, 'n2', 'SELECT count(*)::int FROM bigc');
  const planned = await mesh.plan(resync('bigc'));
  expect(planned.problems).toEqual([]);
  const begun = await mesh.console.runner.start(planned.id);
  const cut = (async () => {
    for (const until = Date.now() + 60_000; Date.now() < until; ) {
      const [found] = await mesh.sql(
        'n1',
        `SELECT pg_terminate_backend(pid) AS cut FROM pg_stat_activity WHERE query ILIKE 'copy%bigc%' AND pid <> pg_backend_pid()`,
      );
      if (found?.cut === true) return true;
    }
    return false;
  })();
  let last = begun;
  for await (const state of mesh.console.runner.events(begun.id, AbortSignal.timeout(150_000))) last = state;
  expect(await cut).toBe(true);
  // PostgreSQL's own replication (the stand-in) begins the copy again by itself; Spock calls what came the whole, or gives up.
  if (last.state !== 'succeeded') {
    expect(last.state).toBe('failed');
    expect(['copy-incomplete', 'cannot-come', 'rows-differ']).toContain(stepOf(last, 'resync').error?.code);
    last = await mesh.resume(last);
  } else expect(mesh.real).toBe(false);
  expect(last.state).toBe('succeeded');
  expect(await mesh.rows('n2', 'bigc')).toBe(150_000);
});

test('a copy that Spock has given up for good is copied anew', async ({ skip }) => {
  skip(!mesh.spock?.startsWith('6'), 'Before 6.0 Spock tries again without end.');
  await mesh.everywhere('CREATE TABLE pop (id int PRIMARY KEY, v text)');
  await mesh.sql('n1', `INSERT INTO pop VALUES (1, 'a'), (2, 'b')`);
  await mesh.sql('n2', `INSERT INTO pop VALUES (2, 'b')`);
  await mesh.everywhere(`SELECT spock.repset_add_table('default', 'pop')`);
  await mesh.sql('n2', `SELECT spock.sub_resync_table('sub_n2n1', 'pop', false)`);
  await mesh.becomes(
    'f',
    'n2',
    `SELECT sync_status::text FROM spock.local_sync_status WHERE sync_relname = 'pop'`,
  );
  await mesh.sql('n1', `INSERT INTO pop VALUES (10, 'later')`);
  await mesh.succeed(resync('pop'));
  expect(await mesh.rows('n2', 'pop')).toBe(3);
});

describe('several at once', () => {
  const several = (tables: string[] | 'all', receiver = 'n2') =>
    ({
      kind: 'table-resync',
      receiver,
      subscription: receiver === 'n2' ? 'sub_n2n1' : 'sub_n1n2',
      tables: tables === 'all' ? 'all' : tables.map((table) => ({ schema: 'many', table })),
    }) as const;
  const counts = async () => [
    await mesh.rows('n2', 'many.a'),
    await mesh.rows('n2', 'many.b'),
    await mesh.rows('n2', 'many.c'),
  ];

  beforeAll(async () => {
    await mesh.everywhere('CREATE SCHEMA many');
    for (const name of ['a', 'b', 'c']) await mesh.table(`many.${name}`, 'id int PRIMARY KEY, v text');
    await mesh.sql('n1', `INSERT INTO many.a SELECT g, 'x' FROM generate_series(1, 20) g`);
    await mesh.sql('n1', `INSERT INTO many.b SELECT g, 'x' FROM generate_series(1, 30) g`);
    await mesh.sql('n1', `INSERT INTO many.c SELECT g, 'x' FROM generate_series(1, 40) g`);
    await mesh.becomes(40, 'n2', 'SELECT count(*)::int FROM many.c');
  });

  test('one that may not be copied blocks them all, and no row goes', async () => {
    await mesh.sql('n2', 'CREATE TABLE many.hangs (id int REFERENCES many.b)');
    await mesh.locally('n2', 'DELETE FROM many.a WHERE id > 5');
    const plan = await mesh.plan(several(['a', 'b', 'missing']));
    expect(codes(plan)).toEqual(['referenced', 'no-table']);
    await mesh.sql('n2', 'DROP TABLE many.hangs');
    expect(await counts()).toEqual([5, 30, 40]);
  });

  test('one after the other; stopped at one, the next is not emptied, and a resume goes on there', {
    timeout: 120_000,
  }, async () => {
    await mesh.locally('n2', 'DELETE FROM many.b WHERE id > 5; DELETE FROM many.c WHERE id > 5');
    const plan = await mesh.plan(several(['a', 'b', 'c']));
    expect(plan.steps.map(({ id }) => id)).toEqual([
      'settle:n2',
      'resync:many.a',
      'resync:many.b',
      'resync:many.c',
    ]);
    expect(knownOf(plan)).toContain('Rows of many.b: rows that only n2 has are lost');
    const held = await mesh.hold('n2', 'LOCK TABLE many.b IN ACCESS SHARE MODE');
    const { id } = await mesh.console.runner.start(plan.id);
    await expect
      .poll(() => stepOf(mesh.console.runner.get(id), 'resync:many.b').state, { timeout: 30_000 })
      .toBe('running');
    await mesh.console.runner.cancel(id);
    await held.release();
    const stopped = await ended(mesh.console, id);
    expect(stepOf(stopped, 'resync:many.a').state).toBe('done');
    expect(stepOf(stopped, 'resync:many.c').state).toBe('waiting');
    expect((await counts())[2]).toBe(5);
    const run = await mesh.resume(stopped);
    expect(run.steps.flatMap(({ error }) => error ?? [])).toEqual([]);
    expect(run.state).toBe('succeeded');
    expect(await counts()).toEqual([20, 30, 40]);
  });

  test('all that the subscription brings: those of its sets, and no others', async () => {
    await mesh.everywhere('CREATE TABLE many.alone (id int PRIMARY KEY)');
    const plan = await mesh.plan(several('all'));
    const copied = plan.steps.map(({ id }) => id).filter((id) => id.startsWith('resync:many'));
    if (codes(plan).length === 0) {
      expect(copied).toEqual(['resync:many.a', 'resync:many.b', 'resync:many.c']);
    }
    expect(plan.title).toBe('Copy all tables of sub_n2n1 again from n1 to n2');
    expect(plan.problems.map(({ message }) => message).join()).not.toContain('many.');
  });
});
