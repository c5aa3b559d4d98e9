/** DDL on all nodes, on running servers: locally node by node, and carried by the engine. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Plan } from '#core/model/plan.ts';
import { codes, knownOf, startWatchedMesh, stepOf, type WatchedMesh } from '#server/testing/watched-mesh.ts';

let mesh: WatchedMesh;
beforeAll(async () => {
  mesh = await startWatchedMesh(2);
  await mesh.table('orders', 'id int PRIMARY KEY, note text');
});
afterAll(() => mesh?.stop());

const nodes = ['n1', 'n2'];
const ddl = (sql: string, how?: 'local' | 'replicated') => ({
  kind: 'ddl' as const,
  sql,
  ...(how === undefined ? {} : { how }),
});
const columns = (node: string, table = 'orders') =>
  mesh.one(
    node,
    `SELECT string_agg(attname, ',' ORDER BY attnum) FROM pg_attribute WHERE attrelid = to_regclass('${table}') AND attnum > 0 AND NOT attisdropped`,
  );
const indexes = (node: string, like = 'orders_%') =>
  mesh.one(
    node,
    `SELECT coalesce(string_agg(relname || CASE WHEN indisvalid THEN '' ELSE ' invalid' END, ',' ORDER BY relname), '') FROM pg_index JOIN pg_class c ON c.oid = indexrelid WHERE relname LIKE '${like}' AND NOT indisprimary`,
  );

const blockedBy = (plan: Plan) =>
  plan.checks.find(({ node, name }) => node === 'n2' && name === 'Who would block it')?.value;

describe('locally, node by node', () => {
  test('an index, in the queue of no node, dropped again by a rollback', async () => {
    const request = ddl('CREATE INDEX orders_note ON orders (note);');
    const planned = await mesh.plan(request);
    expect(knownOf(planned)).toContain('CREATE INDEX takes SHARE on "orders", which stops writes');
    await mesh.succeed(request);
    for (const node of nodes) expect(await indexes(node)).toBe('orders_note');
    expect((await mesh.plan(request)).steps.map(({ done }) => done)).toEqual([true, true]);
    await mesh.succeed(ddl('DROP INDEX CONCURRENTLY orders_note'));
    for (const node of nodes) expect(await indexes(node)).toBe('');
  });

  test('stops where it fails: the others are left as they are, and what was done is taken back', async () => {
    await mesh.sql('n2', `INSERT INTO orders VALUES (1, repeat('x', 10))`);
    await mesh.becomes(1, 'n1', 'SELECT count(*)::int FROM orders');
    // Of the same function on both nodes, only n2's fails.
    await mesh.locally(
      'n1',
      `CREATE FUNCTION part(text) RETURNS text IMMUTABLE LANGUAGE sql AS $$ SELECT left($1, 3) $$`,
    );
    await mesh.locally(
      'n2',
      `CREATE FUNCTION part(text) RETURNS text IMMUTABLE LANGUAGE sql AS $$ SELECT (1 / 0)::text $$`,
    );
    const run = await mesh.run(ddl('CREATE INDEX orders_part ON orders (part(note))'));
    expect(run.state).toBe('failed');
    expect(run.steps.map(({ state }) => state)).toEqual(['done', 'failed']);
    expect(stepOf(run, 'ddl:n2').error?.message).toContain('division by zero');
    expect([await indexes('n1'), await indexes('n2')]).toEqual(['orders_part', '']);
    expect((await mesh.rollback(run)).state).toBe('rolled-back');
    for (const node of nodes) expect(await indexes(node)).toBe('');
  });

  test('says before who would block it, tries again, and gets through when the lock is gone', async () => {
    const held = await mesh.hold('n2', 'INSERT INTO orders VALUES (7)');
    const request = ddl('CREATE INDEX orders_late ON orders (note)');
    const planned = await mesh.plan(request);
    expect(blockedBy(planned)).toMatch(/process \d+ .*idle in transaction/);
    const { id } = await mesh.console.runner.start(planned.id);
    await expect
      .poll(() => stepOf(mesh.console.runner.get(id), 'ddl:n2').note, { timeout: 20_000, interval: 100 })
      .toMatch(/try \d of 5 met a lock: .*process \d+/s);
    await held.release();
    await expect.poll(() => mesh.console.runner.get(id).state, { timeout: 30_000 }).toBe('succeeded');
    for (const node of nodes) expect(await indexes(node)).toBe('orders_late');
  });
});

describe('carried by the engine', () => {
  test('a new column, on both nodes before a row that has it', async () => {
    const request = ddl('ALTER TABLE public.orders ADD COLUMN gift text');
    expect((await mesh.plan(request)).steps.map(({ id }) => id)).toEqual(['ddl', 'has:n2']);
    await mesh.succeed(request);
    for (const node of nodes) expect(await columns(node)).toBe('id,note,gift');
    await mesh.sql('n1', `INSERT INTO orders VALUES (20, 'a', 'b')`);
    await mesh.becomes('b', 'n2', 'SELECT gift FROM orders WHERE id = 20');
    expect((await mesh.plan(request)).steps.map(({ done }) => done)).toEqual([true, true]);
  });

  test('what the catalogs cannot tell is followed by a mark', async () => {
    const request = ddl('ALTER TABLE orders ALTER COLUMN note TYPE varchar(400)');
    expect((await mesh.plan(request)).steps.map(({ id }) => id)).toEqual(['ddl', 'mark', 'has:n2']);
    await mesh.succeed(request);
    for (const node of nodes)
      expect(
        await mesh.one(
          node,
          `SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'orders'::regclass AND attname = 'note'`,
        ),
      ).toBe('character varying(400)');
  });

  test('an apply worker that waits is shown with its blocker', async () => {
    const held = await mesh.hold('n2', 'SELECT count(*) FROM orders');
    const planned = await mesh.plan(ddl('ALTER TABLE orders ADD COLUMN slow text'));
    expect(blockedBy(planned)).toMatch(/process \d+/);
    const { id } = await mesh.console.runner.start(planned.id);
    await expect
      .poll(() => stepOf(mesh.console.runner.get(id), 'has:n2').note, { timeout: 20_000, interval: 100 })
      .toMatch(/waits for a lock: process \d+/);
    expect([await columns('n1'), await columns('n2')]).toEqual(['id,note,gift,slow', 'id,note,gift']);
    await held.release();
    await expect.poll(() => mesh.console.runner.get(id).state, { timeout: 30_000 }).toBe('succeeded');
    expect(await columns('n2')).toBe('id,note,gift,slow');
  });

  test('a failure on another node: found, said, and the state of each', async ({ skip }) => {
    skip(!mesh.real, 'The stand-in’s link stops at such a statement until it can be run.');
    // What is alike in the catalogs of both and fails on n2 alone.
    await mesh.sql(
      'n2',
      `BEGIN; SELECT spock.repair_mode(true); INSERT INTO orders (id, note) VALUES (-1, 'x'); COMMIT`,
    );
    const run = await mesh.run(ddl('ALTER TABLE orders ADD CONSTRAINT positive CHECK (id > 0)'));
    expect(run.state).toBe('failed');
    expect(run.steps.map(({ state }) => state)).toEqual(['done', 'failed']);
    expect(stepOf(run, 'has:n2').error?.message).toContain('violated');
    const has = (node: string) =>
      mesh.one(node, `SELECT count(*)::int FROM pg_constraint WHERE conname = 'positive'`);
    expect([await has('n1'), await has('n2')]).toEqual([1, 0]);
    const back = await mesh.rollback(run);
    expect(back.leftToDo.map(({ node, code }) => [node, code])).toEqual([['n1', 'stays']]);
    await mesh.locally('n1', 'ALTER TABLE orders DROP CONSTRAINT positive');
    await mesh.locally('n2', 'DELETE FROM orders WHERE id = -1');
  });
});

test('blocked before any server sees it', async () => {
  for (const [sql, code] of [
    ['CREATE TABLE', 'ddl-not-sql'],
    ['-- nothing', 'ddl-empty'],
    ['INSERT INTO orders VALUES (1)', 'not-ddl'],
    ['BEGIN; CREATE TABLE x (a int); COMMIT', 'not-ddl'],
    ['DROP TABLE orders CASCADE', 'not-ddl'],
    ['DROP EXTENSION spock', 'not-ddl'],
    ['CREATE INDEX CONCURRENTLY a ON orders (note); CREATE INDEX b ON orders (note)', 'not-alone'],
    ['DROP TABLE orders', 'in-a-set'],
    ['ALTER TABLE nowhere ADD COLUMN a int', 'no-table'],
  ]) {
    const planned = await mesh.plan(ddl(sql ?? ''));
    expect([sql, ...new Set(codes(planned))]).toEqual([sql, code]);
  }
  await mesh.locally('n2', 'CREATE TABLE there (id int)');
  expect(codes(await mesh.plan(ddl('CREATE TABLE there (id int PRIMARY KEY)')))).toEqual(['exists']);
  await mesh.sql('n2', `SELECT spock.sub_disable('sub_n2n1', true)`);
  expect(codes(await mesh.plan(ddl('CREATE TABLE fresh (id int PRIMARY KEY)')))).toEqual(['no-link']);
  await mesh.sql('n2', `SELECT spock.sub_enable('sub_n2n1', true)`);
  await mesh.replicating();
});

test('automatic DDL and the settings of conflicts, alike on both nodes and taken back', async () => {
  const off = { kind: 'ddl-replication' as const, nodes, on: false };
  const conflicts = {
    kind: 'conflict-settings' as const,
    nodes,
    settings: { 'spock.exception_behaviour': 'discard', 'spock.save_resolutions': 'on' },
  };
  if (!mesh.real) {
    expect(codes(await mesh.plan(off))).toEqual(['version', 'version']);
    expect(codes(await mesh.plan(conflicts))).toEqual(['version', 'version']);
    return;
  }
  const now = (node: string, name: string) =>
    mesh.one(node, `SELECT reset_val FROM pg_settings WHERE name = '${name}'`);
  await mesh.succeed({ ...off, on: true });
  for (const node of nodes) await mesh.becomes('on', node, `SHOW spock.enable_ddl_replication`);
  await mesh.sql('n1', 'CREATE TABLE carried (id int PRIMARY KEY)');
  await mesh.becomes('default', 'n2', `SELECT set_name FROM spock.tables WHERE relname = 'carried'`);
  // A plan's statement is sent once, not a second time by itself.
  const thrown = `SELECT count(*)::int FROM spock.exception_log`;
  const before = await mesh.one('n2', thrown);
  await mesh.succeed(ddl('ALTER TABLE carried ADD COLUMN twice int'));
  await mesh.succeed(ddl('CREATE INDEX carried_twice ON carried (twice)'));
  await mesh.sql('n1', 'INSERT INTO carried VALUES (1, 2)');
  await mesh.becomes(2, 'n2', 'SELECT twice FROM carried');
  expect(await mesh.one('n2', thrown)).toBe(before);
  await mesh.succeed(off);
  for (const node of nodes) await mesh.becomes('off', node, `SHOW spock.include_ddl_repset`);

  expect(
    codes(await mesh.plan({ ...conflicts, settings: { 'spock.exception_behaviour': 'nothing' } })),
  ).toEqual(['bad-value', 'bad-value']);
  expect(codes(await mesh.plan({ ...conflicts, settings: { work_mem: '1' } }))).toContain('bad-setting');
  await mesh.succeed(conflicts);
  for (const node of nodes) expect(await now(node, 'spock.exception_behaviour')).toBe('discard');
  expect(
    (await mesh.plan(conflicts)).steps.filter(({ id }) => id.startsWith('set')).map(({ done }) => done),
  ).toEqual([true, true]);
  await mesh.succeed({ ...conflicts, settings: { 'spock.exception_behaviour': 'transdiscard' } });
  for (const node of nodes) await mesh.becomes('transdiscard', node, `SHOW spock.exception_behaviour`);
});

test('columns added up on both nodes, then no longer; a failure on the second is taken back on the first', async () => {
  await mesh.table('stock', 'id int PRIMARY KEY, amount int NOT NULL, loose int, name text NOT NULL');
  const of = { kind: 'delta-columns' as const, schema: 'public', table: 'stock' };
  const on = { ...of, add: ['amount'], remove: [] };
  if (!mesh.real) {
    expect(codes(await mesh.plan(on))).toEqual(['version', 'version']);
    return;
  }
  const options = (node: string) =>
    mesh.one(
      node,
      `SELECT coalesce(array_to_string(attoptions, ','), '') FROM pg_attribute WHERE attrelid = 'stock'::regclass AND attname = 'amount'`,
    );
  for (const [column, code] of [
    ['id', 'no-delta'],
    ['name', 'no-delta'],
    ['loose', 'no-delta'],
    ['nix', 'no-column'],
  ]) {
    expect([column, ...codes(await mesh.plan({ ...on, add: [column ?? ''] }))]).toEqual([column, code, code]);
  }
  const planned = await mesh.plan(on);
  expect(knownOf(planned)).toContain('the later one wins and the other is lost');
  const held = await mesh.hold('n2', 'LOCK TABLE stock');
  const started = await mesh.console.runner.start(planned.id);
  await expect
    .poll(() => stepOf(mesh.console.runner.get(started.id), 'delta:n2').note, { timeout: 30_000 })
    .toMatch(/try \d of 5/);
  await mesh.console.runner.cancel(started.id);
  await expect.poll(() => mesh.console.runner.get(started.id).state, { timeout: 30_000 }).toBe('cancelled');
  await held.release();
  const back = await mesh.rollback(mesh.console.runner.get(started.id));
  expect(back.state).toBe('rolled-back');
  for (const node of nodes) expect(await options(node)).toBe('');

  await mesh.succeed(on);
  for (const node of nodes)
    expect(await options(node)).toBe('log_old_value=true,delta_apply_function=spock.delta_apply');
  await mesh.sql('n1', `INSERT INTO stock VALUES (1, 100, 0, 'a')`);
  await mesh.becomes(100, 'n2', 'SELECT amount FROM stock');
  await mesh.sql('n1', 'UPDATE stock SET amount = amount + 10');
  await mesh.sql('n2', 'UPDATE stock SET amount = amount + 1');
  for (const node of nodes) await mesh.becomes(111, node, 'SELECT amount FROM stock');
  await mesh.succeed({ ...of, add: [], remove: ['amount'] });
  for (const node of nodes) expect(await options(node)).toBe('');
});
