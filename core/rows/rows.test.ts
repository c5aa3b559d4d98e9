import { describe, expect, test } from 'vitest';
import { ALL, bucketSums, cut, type Readable, rows, rowsByKey, sum } from './blocks.ts';
import { comparedColumns } from './columns.ts';
import {
  count,
  decide,
  keyId,
  neverThere,
  noDifferences,
  readingOf,
  type Suspect,
  suspectsOf,
} from './decide.ts';
import type { Column, Described } from './describe.ts';
import { hashKindOf, rowHashOf } from './hash.ts';
import { keyOf } from './key.ts';
import { recordEnd } from './positions.ts';
import { readOnly } from './settings.ts';
import { sumOfAll } from './shown.ts';
import { differText, progressText, sameText } from './words.ts';

const column = (name: string, type: string, change: Partial<Column> = {}): Column => ({
  name,
  type,
  full: type,
  builtIn: true,
  enumeration: false,
  modified: false,
  notNull: true,
  generated: false,
  collation: type === 'text' ? 'c/C' : null,
  deterministic: true,
  ...change,
});

const node = (columns: Column[], keys: string[][], change: Partial<Described> = {}): Described => ({
  major: 15,
  encoding: 'UTF8',
  recordProbe: '1',
  textProbe: '2',
  kind: 'r',
  bytes: 0,
  rows: null,
  columns,
  keys,
  ...change,
});

describe('the hash of a row', () => {
  const of = (columns: Column[], other = columns) =>
    rowHashOf(
      columns.map(({ name }) => name),
      [node(columns, []), node(other, [])],
    ).once.sources.join();

  test('adds what the hash of a type drops', () => {
    expect(of([column('a', 'bigint')])).toBe('ROW("a", "a" >> 32)');
    expect(of([column('a', 'numeric', { modified: true, full: 'numeric(9,2)' })])).toBe('ROW("a", "a" < 0)');
    expect(of([column('a', 'timestamp with time zone')])).toBe(`ROW("a", date_part('epoch', "a"))`);
  });

  test('takes as text what equality does not tell apart, or the nodes hold as other types', () => {
    const text = `ROW(ROW("a")::text COLLATE "C")`;
    for (const type of ['numeric', 'json', 'jsonb', 'interval', 'bigint[]', 'public.mood', 'bpchar']) {
      expect(of([column('a', type)])).toBe(text);
    }
    expect(of([column('a', 'text', { deterministic: false })])).toBe(text);
    expect(of([column('a', 'integer')], [column('a', 'bigint')])).toBe(text);
    expect(of([column('a', 'text')], [column('a', 'character varying')])).toBe('ROW("a")');
  });

  test('goes by text where versions differ, and by md5 where bytes hash otherwise', () => {
    const one = node([column('a', 'integer')], []);
    expect(hashKindOf([one, one])).toBe('record');
    expect(hashKindOf([one, { ...one, major: 17 }])).toBe('text');
    expect(hashKindOf([one, { ...one, recordProbe: '9' }])).toBe('text');
    expect(hashKindOf([one, { ...one, textProbe: '9' }])).toBe('md5');
    expect(hashKindOf([one, { ...one, encoding: 'LATIN1' }])).toBe('md5');
    const older = { ...one, recordProbe: null };
    expect(hashKindOf([older, older])).toBe('text');
  });

  test('splits what no ROW() can hold', () => {
    const many = Array.from({ length: 1600 }, (_, index) => column(`c${index}`, 'bigint'));
    const { once } = rowHashOf(
      many.map(({ name }) => name),
      [node(many, [])],
    );
    expect(once.sources).toHaveLength(2);
    expect(once.first).toMatch(/^\(hash_record_extended\(s0, \d+\) # hash_record_extended\(s1, \d+\)\)$/);
  });
});

describe('the key', () => {
  const columns = [column('id', 'integer'), column('at', 'date'), column('t', 'text')];
  const of = (...nodes: Described[]) => keyOf(nodes, rowHashOf(['id'], nodes));

  test('is the same columns on all nodes, or more of them where one splits the table by it', () => {
    const plain = node(columns, [['id']]);
    expect(of(plain, plain)).toMatchObject({ kind: 'range', columns: [{ name: 'id' }] });
    expect(of(plain, node(columns, [['at', 'id']]))).toMatchObject({
      kind: 'range',
      columns: [{ name: 'at' }, { name: 'id' }],
    });
    expect(of(plain, node(columns, []))).toMatchObject({ kind: 'whole', columns: [] });
    const nullable = node([column('id', 'integer', { notNull: false }), ...columns.slice(1)], [['id']]);
    expect(of(plain, nullable).kind).toBe('whole');
  });

  test('has ranges only where it sorts alike', () => {
    const text = (collation: string, deterministic = true) =>
      node([column('t', 'text', { collation, deterministic })], [['t']]);
    expect(of(text('c/C'), text('c/C')).kind).toBe('range');
    expect(of(text('c/C'), text('i/de')).kind).toBe('bucket');
    expect(of(text('i/und', false), text('i/und', false)).kind).toBe('bucket');
    expect(of(text('i/und', false), text('i/und', false)).columns[0]?.found).toBe(false);
    const mood = node([column('m', 'public.mood', { enumeration: true, builtIn: false })], [['m']]);
    expect(of(mood, mood)).toMatchObject({ kind: 'bucket', columns: [{ found: true }] });
  });
});

describe('the queries of blocks', () => {
  const columns = [column('a"b', 'integer'), column('t', 'text')];
  const nodes = [node(columns, [['a"b', 't']])];
  const row = rowHashOf(['t'], nodes);
  const readable: Readable = { schema: 's', table: "o'", partitioned: false, row, key: keyOf(nodes, row) };

  test('quote names and values, and bound by all columns of the key', () => {
    const range = { after: ['1', "it's"], upTo: ['2', 'z\\'] };
    expect(sum(readable, range)).toContain(
      `FROM ONLY "s"."o'" AS r WHERE (r."a""b", r."t") > ('1'::integer, 'it''s'::text) AND (r."a""b", r."t") <= ('2'::integer, E'z\\\\'::text) OFFSET 0)`,
    );
    expect(cut(readable, null, 1000)).toMatch(/ORDER BY r\."a""b", r\."t" OFFSET 999 LIMIT 1$/);
  });

  test('read a partitioned table as a whole', () => {
    expect(sum({ ...readable, partitioned: true }, ALL)).toContain(`FROM "s"."o'" AS r OFFSET 0`);
  });

  test('put rows into buckets by the hash of the key', () => {
    expect(bucketSums(readable, ALL, 64)).toMatch(/& 63\) AS bucket .* GROUP BY read\.bucket$/);
    expect(rows(readable, ALL, { of: 64, numbers: [3, 9] })).toMatch(/& 63\) = ANY \('\{3,9\}'\)$/);
  });

  test('find rows by their keys', () => {
    expect(
      rowsByKey(readable, [
        ['1', 'x'],
        ['2', "y'"],
      ]),
    ).toContain(`unnest(ARRAY['1', '2']::integer[], ARRAY['x', 'y''']::text[])`);
  });

  test('are run in a transaction that writes nothing and prints alike', () => {
    const text = readOnly('SELECT 1', 1500);
    expect(text.startsWith('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; ')).toBe(true);
    expect(text.endsWith('SET LOCAL statement_timeout = 1500; SELECT 1; COMMIT')).toBe(true);
    expect(text).toContain('row_security = off');
  });
});

describe('columns', () => {
  const has = (columns: Column[]) => node(columns, []);
  test('that are generated may be missing elsewhere, others not', () => {
    const generated = column('b', 'integer', { generated: true });
    const [full, less] = [has([column('a', 'integer'), generated]), has([column('a', 'integer')])];
    expect(comparedColumns([], ['n1', 'n2'], [full, less])).toEqual({ ok: true, names: ['a'] });
    const plain = has([column('a', 'integer'), column('b', 'integer')]);
    expect(comparedColumns(['a', 'b'], ['n1', 'n2'], [plain, less])).toEqual({
      ok: false,
      why: 'n2 has no column b',
    });
  });
});

/** The same numbers in each run. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

describe('what two readings say', () => {
  const reading = (...all: [key: string, hash: string, xmin: string][]) =>
    readingOf(
      all.map(([k0, hash, xmin]) => ({ k0, hash, xmin })),
      1,
    );

  test('the same twice on both sides: different', () => {
    const readings = [reading(['1', 'a', '5'], ['2', 'b', '5']), reading(['1', 'c', '9'])];
    const suspects = suspectsOf(readings);
    expect(suspects).toHaveLength(2);
    const { different } = decide(suspects, readings);
    const differences = noDifferences(2);
    count(differences, different);
    expect(differences).toEqual({ missing: [0, 1], values: 1, total: 2, examples: [['1'], ['2']] });
  });

  test('another xmin on one side, though the same values: read again', () => {
    const suspects = suspectsOf([reading(['1', 'a', '5']), reading(['1', 'c', '9'])]);
    const { different, again, same } = decide(suspects, [reading(['1', 'a', '6']), reading(['1', 'c', '9'])]);
    expect([different.length, again.length, same]).toEqual([0, 1, 0]);
  });

  test('a row missing in every reading while it changes elsewhere is not called changing', () => {
    let [suspect] = suspectsOf([reading(['1', 'a', '5']), reading()]) as [Suspect];
    for (let turn = 0; turn < 4; turn++) {
      [suspect] = decide([suspect], [reading(['1', 'a', `${turn}`]), reading()]).again as [Suspect];
    }
    expect(neverThere(suspect, 5)).toBe(true);
    const { again } = decide([suspect], [reading(['1', 'a', '7']), reading(['1', 'b', '7'])]);
    expect(neverThere(again[0] as Suspect, 6)).toBe(false);
  });

  test('of versions that print alike under one key none is lost', () => {
    const [a, b] = [reading(['1', 'a', '5'], ['1', 'b', '6']), reading(['1', 'b', '8'], ['1', 'a', '7'])];
    expect(suspectsOf([a, b])).toEqual([]);
    expect(suspectsOf([a, reading(['1', 'a', '5'])])).toHaveLength(1);
  });

  test('any changes to any rows: exactly those are suspected, and decided on', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const next = random(seed);
      const nodes = 2 + Math.floor(next() * 2);
      const keys = Array.from({ length: 30 }, (_, index) => [String(index), `k ${index}`]);
      const all = Array.from({ length: nodes }, () =>
        keys.map((key) => ({ key, hash: 'h', xmin: String(next()) })),
      );
      const changed = new Set<string>();
      for (const each of all) {
        for (const row of [...each]) {
          if (next() > 0.05) continue;
          changed.add(keyId(row.key));
          if (next() < 0.5) each.splice(each.indexOf(row), 1);
          else row.hash = String(next());
        }
      }
      const read = () =>
        all.map((each) =>
          readingOf(
            each.map(({ key: [k0, k1], hash, xmin }) => ({ k0, k1, hash, xmin })),
            2,
          ),
        );
      // A row taken away on every node differs nowhere.
      const everywhere = [...changed].filter((id) =>
        all.some((each) => each.some(({ key }) => keyId(key) === id)),
      );
      const suspects = suspectsOf(read());
      expect(suspects.map(({ key }) => keyId(key)).sort()).toEqual(everywhere.sort());
      expect(decide(suspects, read()).different).toHaveLength(suspects.length);
    }
  });
});

test('a position behind the header of a page is the end of the page before', () => {
  expect(recordEnd(8192n * 7n + 24n, 8192)).toBe(8192n * 7n);
  expect(recordEnd(8192n * 7n + 40n, 8192)).toBe(8192n * 7n);
  expect(recordEnd(8192n * 7n + 48n, 8192)).toBe(8192n * 7n + 48n);
});

test('words', () => {
  expect(sameText(1000, 0)).toBe('1,000 rows, the same rows');
  expect(sameText(1000, 3)).toBe('1,000 rows; 3 change faster than they can be read, all others the same');
  const differences = { missing: [0, 2], values: 1, total: 3, examples: [['1'], ['a\nb', '2']] };
  expect(differText(['n1', 'n2'], [1000, 998], differences, false)).toBe(
    'n1 1,000, n2 998, but not the same rows: 3 rows differ: 2 not on n2, 1 with other values (key 1, a b / 2, …)',
  );
  expect(progressText(7, 25, 0.416)).toBe('7 of 25 tables, 41 %');
});

test('the one statement that is shown names columns in the order that is given, all names quoted', () => {
  const table = { schema: `it's`, table: 'a"b', columns: ['b', 'a'] };
  expect(sumOfAll(table)).toEqual([
    `SELECT count(*)::text AS rows, coalesce(sum(hashtextextended(ROW("b", "a")::text, 0)::numeric), 0)::text AS sum FROM "it's"."a""b"`,
  ]);
});
