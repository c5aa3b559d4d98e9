/** Tables of unusual shape, and tables that cannot be compared. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Outcome, prove, SMALL } from '#server/testing/prove.ts';
import { startTestNodes, type TestNodes } from '#server/testing/replicating.ts';
import { LIMITS, type Limits } from './table.ts';

let nodes: TestNodes;

beforeAll(async () => {
  nodes = await startTestNodes(2, { replicating: false });
  for (const node of nodes.names) {
    await nodes.sql(
      node,
      "CREATE ROLE part LOGIN PASSWORD 'part'; CREATE COLLATION other (provider = icu, locale = 'sv'); CREATE COLLATION german (provider = icu, locale = 'de')",
    );
  }
}, 120_000);

afterAll(async () => {
  await nodes?.stop();
});

const fact = ({ facts }: Outcome, table: string) => facts[`public.${table}`];

/** `n1` and `n2` are made each by their own statements; then both hold the same, and then what `change` makes of n2. */
async function sameThenOther(
  table: string,
  of: { n1: string; n2: string; fill: string; change: string; rows: string; found: RegExp; limits?: Limits },
): Promise<void> {
  const limits = of.limits ?? LIMITS;
  await nodes.sql('n1', `${of.n1}; ${of.fill}`);
  await nodes.sql('n2', `${of.n2}; ${of.fill}`);
  const same = await prove(nodes, [table], { limits });
  expect(same.error).toBeNull();
  expect(fact(same, table)).toBe(`${of.rows} rows, the same rows`);
  await nodes.sql('n2', of.change);
  const other = await prove(nodes, [table], { limits });
  expect(other.error?.code).toBe('rows-differ');
  expect(fact(other, table)).toMatch(of.found);
}

test('without rows', async () => {
  await sameThenOther('empty', {
    n1: 'CREATE TABLE empty (id int PRIMARY KEY)',
    n2: 'CREATE TABLE empty (id int PRIMARY KEY)',
    fill: '',
    rows: '0',
    change: 'INSERT INTO empty VALUES (1)',
    found: /^n1 0, n2 1, but not the same rows: 1 row differs: 1 not on n1 \(key 1\)$/,
  });
});

test('without a key, rows that are there twice', async () => {
  const table = 'CREATE TABLE keyless (a int, b text)';
  for (const limits of [LIMITS, SMALL]) {
    await sameThenOther('keyless', {
      n1: `DROP TABLE IF EXISTS keyless; ${table}`,
      n2: `DROP TABLE IF EXISTS keyless; ${table}`,
      fill: "INSERT INTO keyless SELECT i % 500, 'x' FROM generate_series(1, 3000) i",
      rows: '3,000',
      // As many rows, and an even number of each that differs.
      change: `DELETE FROM keyless WHERE ctid IN (SELECT ctid FROM keyless WHERE a = 7 LIMIT 2);
        INSERT INTO keyless VALUES (8, 'x'), (8, 'x')`,
      found: /^n1 3,000, n2 3,000, but not the same rows: 2 rows differ: 2 with other values/,
      limits,
    });
  }
});

test('partitioned here and not there, with other keys, names in quotes', async () => {
  await sameThenOther('Split "t"', {
    n1: `CREATE TABLE "Split ""t""" ("the id" int, at date, v text, PRIMARY KEY ("the id", at)) PARTITION BY RANGE (at);
      CREATE TABLE split_1 PARTITION OF "Split ""t""" FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
      CREATE TABLE split_2 PARTITION OF "Split ""t""" DEFAULT`,
    n2: `CREATE TABLE "Split ""t""" (v text, at date NOT NULL, gone int, "the id" int PRIMARY KEY); ALTER TABLE "Split ""t""" DROP gone`,
    fill: `INSERT INTO "Split ""t""" ("the id", at, v) SELECT i, '2020-06-01'::date + i / 10, 'v' FROM generate_series(1, 5000) i; ANALYZE`,
    rows: '5,000',
    change: `UPDATE "Split ""t""" SET v = NULL WHERE "the id" IN (2500, 5000)`,
    found: /2 rows differ: 2 with other values \(key 2500 \/ 2021-02-06, 5000 \/ /,
    limits: SMALL,
  });
});

test('sorted otherwise on each node', async () => {
  const fill =
    'INSERT INTO sorted SELECT chr(192 + i % 60) || i, i FROM generate_series(1, 5000) i; ANALYZE sorted';
  await sameThenOther('sorted', {
    n1: 'CREATE TABLE sorted (k text COLLATE german PRIMARY KEY, v int)',
    n2: 'CREATE TABLE sorted (k text COLLATE other PRIMARY KEY, v int)',
    fill,
    rows: '5,000',
    change: 'UPDATE sorted SET v = -v WHERE v IN (10, 20); DELETE FROM sorted WHERE v = 30',
    found: /^n1 5,000, n2 4,999, but not the same rows: 3 rows differ: 1 not on n2, 2 with other values/,
    limits: SMALL,
  });
});

test('a key of several columns and types, by ranges', async () => {
  const table = 'CREATE TABLE composite (a text, b timestamptz, c numeric, v text, PRIMARY KEY (a, b, c))';
  await sameThenOther('composite', {
    n1: table,
    n2: table,
    fill: `INSERT INTO composite SELECT 'it''s \\ ' || i % 3, '2026-01-01 00:00:00+00'::timestamptz + i * interval '1 us', i / 10.0, 'v' FROM generate_series(1, 6000) i; ANALYZE composite`,
    rows: '6,000',
    change: "UPDATE composite SET v = 'w' WHERE c IN (0.1, 300.0); DELETE FROM composite WHERE c = 600",
    found: /3 rows differ: 1 not on n2, 2 with other values/,
    limits: SMALL,
  });
});

test('1,600 columns, and columns that were dropped', async () => {
  const kinds = ['bigint', 'numeric(8,2)', 'text', 'json', 'timestamptz', 'float8'];
  const columns = Array.from({ length: 1500 }, (_, i) => `c${i} ${kinds[i % kinds.length]}`);
  const wide = `CREATE TABLE wide (id int PRIMARY KEY, ${columns.join(', ')})`;
  await sameThenOther('wide', {
    n1: wide,
    n2: `${wide}; ALTER TABLE wide DROP c7; ALTER TABLE wide ADD c7 numeric(8,2)`,
    fill: "INSERT INTO wide (id, c0, c1, c2, c1494) SELECT i, i, i, 'x', -1 FROM generate_series(1, 50) i",
    rows: '50',
    change: 'UPDATE wide SET c1494 = 4294967295 WHERE id = 25',
    found: /1 row differs: 1 with other values \(key 25\)$/,
  });
});

test('values of 50 MB', { timeout: 120_000 }, async () => {
  const table = 'CREATE TABLE heavy (id int PRIMARY KEY, v text, b bytea)';
  await sameThenOther('heavy', {
    n1: table,
    n2: table,
    fill: "ALTER TABLE heavy ALTER v SET STORAGE external; INSERT INTO heavy SELECT i, repeat('x', 50000000), convert_to(repeat('y', 5000000), 'UTF8') FROM generate_series(1, 2) i",
    rows: '2',
    change: "UPDATE heavy SET v = overlay(v placing 'z' from 49999999) WHERE id = 2",
    found: /1 row differs: 1 with other values \(key 2\)$/,
    limits: { ...SMALL, blockRows: 1 },
  });
});

test('generated columns: compared where both have them, left out where one has not', async () => {
  const n1 = 'CREATE TABLE derived (id int PRIMARY KEY, a int, b int GENERATED ALWAYS AS (a * 2) STORED)';
  await sameThenOther('derived', {
    n1,
    n2: 'CREATE TABLE derived (id int PRIMARY KEY, a int)',
    fill: 'INSERT INTO derived (id, a) SELECT i, i FROM generate_series(1, 10) i',
    rows: '10',
    change: 'ALTER TABLE derived ADD b int GENERATED ALWAYS AS (a * 3) STORED',
    found: /10 rows differ: 10 with other values/,
  });
});

test('a table that others inherit from is compared without them', async () => {
  const table = 'CREATE TABLE parent (id int PRIMARY KEY); CREATE TABLE child () INHERITS (parent)';
  await sameThenOther('parent', {
    n1: table,
    n2: table,
    fill: 'INSERT INTO parent SELECT generate_series(1, 5); INSERT INTO child VALUES (1)',
    rows: '5',
    change: 'INSERT INTO child VALUES (2); DELETE FROM parent WHERE id = 5',
    found: /^n1 5, n2 4, but not the same rows: 1 row differs: 1 not on n2 \(key 5\)$/,
  });
});

test('more rows than are read one by one: counted all the same', async () => {
  const table = 'CREATE TABLE most (id int PRIMARY KEY, v int)';
  await sameThenOther('most', {
    n1: table,
    n2: table,
    fill: 'INSERT INTO most SELECT i, i FROM generate_series(1, 6000) i; ANALYZE most',
    rows: '6,000',
    change: 'DELETE FROM most WHERE id > 100',
    found: /^n1 6,000, n2 100, but not the same rows: more than \d[\d,]+ rows differ: [\d,]+ not on n2 /,
    limits: { ...SMALL, suspects: 500, differences: 1000 },
  });
});

describe('not known, and never the same', () => {
  test('missing, or with other columns, on a node', async () => {
    await nodes.sql(
      'n1',
      'CREATE TABLE half (id int PRIMARY KEY); CREATE TABLE less (id int PRIMARY KEY, v text)',
    );
    await nodes.sql('n2', 'CREATE TABLE less (id int PRIMARY KEY)');
    const missing = await prove(nodes, ['half']);
    expect(missing).toMatchObject({ proved: null, error: { code: 'changed' } });
    expect(fact(missing, 'half')).toBe('not compared: n2 has no table public.half');
    expect(fact(await prove(nodes, ['less']), 'less')).toBe('not compared: n2 has no column v');
  });

  test('locked by others', async () => {
    await nodes.everywhere('CREATE TABLE locked (id int PRIMARY KEY)');
    const holding = nodes.sql('n2', 'BEGIN; LOCK TABLE locked; SELECT pg_sleep(9); COMMIT');
    const outcome = await prove(nodes, ['locked']);
    expect(outcome.error).toMatchObject({
      code: 'locked',
      message: expect.stringContaining('public.locked'),
    });
    await holding;
  });

  test('ended by the operator: what was not proved is named, and nothing goes on there', async () => {
    await nodes.everywhere(
      'CREATE TABLE first (id int PRIMARY KEY); CREATE TABLE slow (id int PRIMARY KEY); BEGIN; LOCK TABLE slow; COMMIT',
    );
    const holding = nodes.sql('n2', 'BEGIN; LOCK TABLE slow; SELECT pg_sleep(4); COMMIT');
    let began = 0;
    const outcome = await prove(nodes, ['first', 'slow'], {
      begun: ({ endProof }) =>
        void setTimeout(() => {
          began = performance.now();
          endProof();
        }, 1500),
    });
    expect(performance.now() - began).toBeLessThan(1000);
    expect(outcome).toMatchObject({ proved: false, error: null });
    expect(outcome.know).toBe('not proved: ended by the operator, before public.slow could be compared');
    expect(fact(outcome, 'first')).toBe('0 rows, the same rows');
    const [left] = await nodes.sql(
      'n2',
      "SELECT count(*)::int AS left FROM pg_stat_activity WHERE application_name = 'tricorder' AND state = 'active' AND query LIKE 'BEGIN ISOLATION%'",
    );
    expect(left).toEqual({ left: 0 });
    await holding;
  });
});

test('of rows that the role does not see none is taken for missing', async () => {
  await nodes.everywhere(
    "CREATE TABLE hidden (id int PRIMARY KEY, who text); INSERT INTO hidden VALUES (1, 'part'), (2, 'other'); GRANT SELECT ON hidden TO part; ALTER TABLE hidden ENABLE ROW LEVEL SECURITY; CREATE POLICY own ON hidden USING (who = current_user)",
  );
  const seen = await prove(nodes, ['hidden'], { role: { user: 'part', password: 'part' } });
  expect(seen.error).toMatchObject({ code: 'no-permission', sqlstate: '42501' });
  expect((await prove(nodes, ['hidden'])).error).toBeNull();
});
