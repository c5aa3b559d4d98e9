import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Outcome, prove as proveOn, SMALL } from '#server/testing/prove.ts';
import { startTestNodes, type TestNodes } from '#server/testing/replicating.ts';
import { LIMITS } from './table.ts';

let nodes: TestNodes;

beforeAll(async () => {
  nodes = await startTestNodes(2, { replicating: false });
}, 120_000);

afterAll(async () => {
  await nodes?.stop();
});

const prove = (table: string, of: Parameters<typeof proveOn>[2] = {}) => proveOn(nodes, [table], of);

const fact = ({ facts }: Outcome, table: string) => facts[`public.${table}`];

describe('a large table, by blocks', () => {
  const rows = 200_000;
  beforeAll(async () => {
    await nodes.everywhere(
      `CREATE TABLE large (id bigint PRIMARY KEY, a int, b numeric(12,2), c text, d timestamptz, e uuid);
       INSERT INTO large SELECT i, i, i, 'row ' || i, '2026-01-01'::timestamptz + i * interval '1 s', md5(i::text)::uuid FROM generate_series(1, ${rows}) i; ANALYZE large`,
    );
  });

  test('is the same', async () => {
    for (const limits of [LIMITS, SMALL]) {
      const outcome = await prove('large', { limits });
      expect(outcome).toMatchObject({ proved: true, error: null });
      expect(fact(outcome, 'large')).toBe('200,000 rows, the same rows');
      expect(outcome.notes.at(-1)).toBe('1 of 1 tables the same');
    }
  });

  test('one row changed, one missing, one too many are found, and no other', async () => {
    await nodes.sql('n2', "UPDATE large SET c = 'other' WHERE id = 77777; DELETE FROM large WHERE id = 1234");
    await nodes.sql('n2', 'INSERT INTO large (id) VALUES (-5)');
    for (const limits of [LIMITS, SMALL]) {
      const outcome = await prove('large', { limits });
      expect(outcome.error?.code).toBe('rows-differ');
      expect(fact(outcome, 'large')).toMatch(
        /^n1 200,000, n2 200,000, but not the same rows: 3 rows differ: 1 not on n1, 1 not on n2, 1 with other values \(key /,
      );
    }
  });
});

/** Values of a type that its own equality, or its hash, takes for one, or that differ in little. */
const VALUES: [type: string, values: string[]][] = [
  ['boolean', ['true', 'false']],
  ['smallint', ['1', '-1']],
  ['integer', ['0', '-1', '1']],
  ['bigint', ['-1', '4294967295', '0', '4294967297']],
  ['oid', ['0', '4294967295']],
  ['numeric(12,2)', ['1', '-1', '10000', '0', 'NaN']],
  ['numeric', ['1.0', '1.00', '-1.0', '0', 'NaN']],
  ['real', ['0', '-0', 'NaN', '1.5', 'Infinity']],
  ['double precision', ['0', '-0', 'NaN', '0.1', '0.10000000000000002']],
  ['money', ['1.00', '-1.00']],
  ['text', ['', ' ', 'a', 'A', 'ä', 'a\u0308']],
  ['varchar(20)', ['', 'a', 'a ']],
  ['char(3)', ['', 'a', 'b']],
  ['bpchar', ['', ' ', 'a', 'a ']],
  ['"char"', ['a', 'b']],
  ['name', ['a', 'A']],
  ['text COLLATE blind', ['a', 'A']],
  ['bytea', ['', '\\x00', '\\x0000']],
  ['date', ['2020-01-01', 'infinity', '-infinity']],
  ['time', ['00:00', '24:00', '01:11:34.967297']],
  ['timetz', ['12:00+00', '13:00+01']],
  ['timestamp', ['2000-01-01', '2000-01-01 01:11:34.967297', 'infinity']],
  [
    'timestamptz',
    ['2000-01-01 00:00:00+00', '1999-12-31 23:59:59.999999+00', '2000-01-01 01:11:34.967295+00'],
  ],
  ['interval', ['1 month', '30 days', '720 hours']],
  ['uuid', ['00000000-0000-0000-0000-000000000000', '00000000-0000-0000-0000-000000000001']],
  ['json', ['{"a":1}', '{"a": 1}']],
  ['jsonb', ['{"a":1}', '{"a":1.0}']],
  ['jsonpath', ['$.a', '$.b']],
  ['xml', ['<a/>', '<a></a>']],
  ['inet', ['10.0.0.1', '10.0.0.1/24']],
  ['cidr', ['10.0.0.0/8', '10.0.0.0/16']],
  ['macaddr', ['08:00:2b:01:02:03', '08:00:2b:01:02:04']],
  ['bit(3)', ['101', '100']],
  ['bit varying', ['1', '10']],
  ['point', ['1,2', '2,1']],
  ['box', ['1,1,0,0', '2,0.5,0,0']],
  ['circle', ['<(0,0),1>', '<(1,1),1>']],
  ['polygon', ['((0,0),(1,1))', '((1,1),(0,0))']],
  ['tsvector', ['a', 'b']],
  ['tsquery', ['a & b', 'a | b']],
  ['pg_lsn', ['0/1', '1/0']],
  ['int4range', ['[1,2)', '(,2)', 'empty']],
  ['int4multirange', ['{}', '{[1,2)}']],
  ['regclass', ['pg_class', 'pg_type']],
  ['mood', ['sad', 'ok']],
  ['mood[]', ['{sad}', '{ok}']],
  ['amount', ['1', '-1']],
  ['pair', ['(1,a)', '(1,A)']],
  ['pair[]', ['{"(1,a)"}', '{"(2,a)"}']],
  ['int[]', ['{1,2}', '{{1,2}}', '[0:1]={1,2}', '{1,NULL,2}', '{}']],
  ['bigint[]', ['{-1}', '{4294967295}']],
  ['text[]', ['{a}', '{"a "}', '{NULL}', '{"NULL"}']],
];

describe('every type', () => {
  const tables = VALUES.map((_, index) => `type_${index}`);
  const literals = (index: number) => {
    const [type, values] = VALUES[index] as (typeof VALUES)[number];
    const bare = type.replace(' COLLATE blind', '');
    return [
      'NULL',
      ...values.map((value) => `E'${value.replaceAll('\\', '\\\\').replaceAll("'", "''")}'::${bare}`),
    ];
  };
  beforeAll(async () => {
    // Labels with other OIDs, and added in another order.
    await nodes.sql('n1', "CREATE TYPE mood AS ENUM ('sad', 'ok')");
    await nodes.sql(
      'n2',
      "CREATE TYPE filler AS ENUM ('x', 'y', 'z'); CREATE TYPE mood AS ENUM ('ok', 'sad')",
    );
    for (const node of nodes.names) {
      await nodes.sql(
        node,
        `CREATE COLLATION blind (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
         CREATE DOMAIN amount AS numeric(10,2); CREATE TYPE pair AS (n int, t text)`,
      );
      await nodes.sql(
        node,
        tables
          .map(
            (table, index) =>
              `CREATE TABLE ${table} (id int PRIMARY KEY, v ${VALUES[index]?.[0]}, w text); INSERT INTO ${table} VALUES ${literals(
                index,
              )
                .map((literal, id) => `(${id}, ${literal}, 'w')`)
                .join(', ')}`,
          )
          .join('; '),
      );
    }
  });

  test('is the same where it is the same', async () => {
    const outcome = await proveOn(nodes, tables);
    expect(outcome.error).toBeNull();
    expect(Object.values(outcome.facts).every((text) => text.endsWith('rows, the same rows'))).toBe(true);
  });

  test('any other value is found, whatever its type holds equal', { timeout: 180_000 }, async () => {
    for (let other = 1; ; other++) {
      // Row 0 of n2 has NULL still, or the value before: in each round it takes the next one, n1 keeps the one before.
      const tried = tables.filter((_, index) => literals(index).length > other);
      if (tried.length === 0) break;
      const setOn = (node: string, at: number) =>
        nodes.sql(
          node,
          tried
            .map((table) => `UPDATE ${table} SET v = ${literals(tables.indexOf(table))[at]} WHERE id = 0`)
            .join('; '),
        );
      await setOn('n1', other - 1);
      await setOn('n2', other);
      const { facts } = await proveOn(nodes, tried);
      const missed = tried.filter(
        (table) => !/1 row differs: 1 with other values \(key 0\)$/.test(facts[`public.${table}`] ?? ''),
      );
      expect(missed.map((table) => [VALUES[tables.indexOf(table)], other, facts[`public.${table}`]])).toEqual(
        [],
      );
    }
  });
});
