/** The schema of one node made like another's, on running servers. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { codes, knownOf, startWatchedMesh, type WatchedMesh } from '#server/testing/watched-mesh.ts';

let mesh: WatchedMesh;
beforeAll(async () => {
  mesh = await startWatchedMesh(2);
});
afterAll(() => mesh?.stop());

const align = { kind: 'schema-align' as const, from: 'n1', to: 'n2' };
const ALL = `SELECT string_agg(line, E'\\n' ORDER BY line) FROM (
    SELECT format('%s.%s %s %s %s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid)) AS line
      FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
     WHERE c.relnamespace IN ('public'::regnamespace, to_regnamespace('"Sales"')) AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
    UNION ALL SELECT format('%s %s', conname, pg_get_constraintdef(oid)) FROM pg_constraint WHERE connamespace IN ('public'::regnamespace, to_regnamespace('"Sales"')) AND contype <> 'n'
    UNION ALL SELECT pg_get_indexdef(indexrelid) FROM pg_index JOIN pg_class c ON c.oid = indexrelid WHERE c.relnamespace IN ('public'::regnamespace, to_regnamespace('"Sales"'))
    UNION ALL SELECT format('%s %s', enumtypid::regtype, enumlabel) FROM pg_enum
    UNION ALL SELECT format('%s %s %s', schemaname, sequencename, increment_by) FROM pg_sequences WHERE schemaname NOT IN ('spock', 'spock_standin')) l`;
const schema = (node: string) => mesh.one(node, ALL);

test('nothing differs', async () => {
  await mesh.everywhere(
    'CREATE TABLE orders (id int PRIMARY KEY, note text, amount numeric(10,2) DEFAULT 0)',
  );
  const planned = await mesh.plan(align);
  expect(codes(planned)).toEqual([]);
  expect(planned.steps).toEqual([]);
  expect(planned.checks).toContainEqual(expect.objectContaining({ name: 'Schema', value: 'as on n1' }));
  expect(codes(await mesh.plan({ ...align, to: 'n1' }))).toEqual(['same-node']);
});

test('all that differs is made alike on the one node, and nothing of it reaches the other', async () => {
  await mesh.locally(
    'n1',
    `CREATE SCHEMA "Sales"; CREATE TYPE mood AS ENUM ('low', 'mid', 'high'); CREATE SEQUENCE numbers INCREMENT BY 5;
     CREATE TABLE "Sales"."Order lines" (id int PRIMARY KEY, "of" int NOT NULL REFERENCES public.orders (id), at timestamptz DEFAULT now(), feeling mood, twice int GENERATED ALWAYS AS (id * 2) STORED, CONSTRAINT positive CHECK (id > 0));
     CREATE INDEX lines_at ON "Sales"."Order lines" (at DESC);
     CREATE TABLE parts (id int, d date, PRIMARY KEY (id, d)) PARTITION BY RANGE (d);
     CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
     ALTER TABLE orders ADD COLUMN gift text, ALTER COLUMN note SET NOT NULL, ALTER COLUMN amount SET DEFAULT 5, ALTER COLUMN amount TYPE numeric(12,2), ADD CONSTRAINT small CHECK (amount < 1000);
     CREATE UNIQUE INDEX orders_note ON orders (note)`,
  );
  await mesh.locally(
    'n2',
    `CREATE TYPE mood AS ENUM ('low', 'high'); CREATE INDEX orders_note ON orders (amount); ALTER TABLE orders ADD CONSTRAINT small CHECK (amount < 10)`,
  );
  const planned = await mesh.plan(align);
  expect(codes(planned)).toEqual([]);
  expect(planned.checks.map(({ name }) => name)).toEqual(
    expect.arrayContaining([
      'type public.mood',
      'sequence public.numbers',
      'table "Sales"."Order lines"',
      'column public.orders.gift',
      'constraint small of public.orders',
      'index public.orders_note',
    ]),
  );
  const before = await schema('n1');
  await mesh.succeed(align);
  expect(await schema('n2')).toBe(before);
  expect(await schema('n1')).toBe(before);
  expect((await mesh.plan(align)).steps).toEqual([]);
  await mesh.replicating();
});

test('what fails on rows that are there leaves the table as it was; what only one node has stays, and is named', async () => {
  await mesh.locally('n2', `INSERT INTO orders (id, note, amount) VALUES (1, 'a', 900)`);
  await mesh.locally(
    'n1',
    'ALTER TABLE orders DROP CONSTRAINT small, ADD CONSTRAINT small CHECK (amount < 100)',
  );
  await mesh.locally('n2', 'ALTER TABLE orders ADD COLUMN mine text; CREATE TABLE only_here (id int)');
  await mesh.everywhere('CREATE TABLE first (id int PRIMARY KEY, v int)');
  await mesh.locally('n1', 'CREATE INDEX first_v ON first (v); ALTER TABLE first ALTER v SET DEFAULT 7');
  const before = await schema('n2');
  const planned = await mesh.plan(align);
  expect(knownOf(planned)).toContain('column public.orders.mine: n1 none; n2 text: is there only');
  expect(knownOf(planned)).toContain('table public.only_here');
  const run = await mesh.run(align);
  expect(run.state).toBe('failed');
  expect(run.steps.flatMap(({ error }) => error?.message ?? []).join()).toContain('violated by some row');
  expect(run.steps.map(({ state }) => state)).toEqual(['done', 'failed']);
  expect(await mesh.one('n2', `SELECT to_regclass('first_v')::text`)).toBe('first_v');
  expect((await mesh.rollback(run)).state).toBe('rolled-back');
  expect(await schema('n2')).toBe(before);
  await mesh.locally('n2', 'DELETE FROM orders');
  await mesh.succeed({ ...align, objects: ['constraint small of public.orders'] });
  expect(
    await mesh.one('n2', `SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'small'`),
  ).toContain('100');
  expect(codes(await mesh.plan({ ...align, objects: ['table public.nix'] }))).toEqual(['no-difference']);
});
