import { parse } from 'libpg-query';
import { describe, expect, test } from 'vitest';
import { readDdl, statementText } from './read.ts';

const read = async (sql: string) => readDdl(await parse(sql));
const one = async (sql: string) => {
  const [first] = await read(sql);
  if (first === undefined) throw new Error('no statement');
  return first;
};

describe('locks', () => {
  test.each<[string, [table: string, lock: string][]]>([
    ['ALTER TABLE s.t ADD COLUMN a int', [['"s"."t"', 'ACCESS EXCLUSIVE']]],
    ['ALTER TABLE t VALIDATE CONSTRAINT k', [['"t"', 'SHARE UPDATE EXCLUSIVE']]],
    ['ALTER TABLE t ALTER a SET STATISTICS 5, ADD COLUMN b int', [['"t"', 'ACCESS EXCLUSIVE']]],
    ['ALTER TABLE t ADD CONSTRAINT k FOREIGN KEY (a) REFERENCES u (a)', [['"t"', 'SHARE ROW EXCLUSIVE']]],
    ['ALTER TABLE t ADD CONSTRAINT k CHECK (a > 0)', [['"t"', 'ACCESS EXCLUSIVE']]],
    ['CREATE INDEX i ON t (a)', [['"t"', 'SHARE']]],
    ['CREATE INDEX CONCURRENTLY i ON t (a)', [['"t"', 'SHARE UPDATE EXCLUSIVE']]],
    ['CREATE TABLE t (a int REFERENCES "U" (a))', [['"U"', 'SHARE ROW EXCLUSIVE']]],
    ['CREATE TABLE t PARTITION OF p FOR VALUES IN (1)', [['"p"', 'ACCESS EXCLUSIVE']]],
    [
      'DROP TABLE a.b, c',
      [
        ['"a"."b"', 'ACCESS EXCLUSIVE'],
        ['"c"', 'ACCESS EXCLUSIVE'],
      ],
    ],
    ['VACUUM t', [['"t"', 'SHARE UPDATE EXCLUSIVE']]],
    ['VACUUM FULL t', [['"t"', 'ACCESS EXCLUSIVE']]],
  ])('%s', async (sql, tables) => {
    expect((await one(sql)).tables.map(({ table, lock }) => [table, lock])).toEqual(tables);
  });
});

test.each<[string, { quiet: boolean; alone: boolean; breaks: RegExp | null }]>([
  ['CREATE INDEX i ON t (a)', { quiet: true, alone: false, breaks: null }],
  ['CREATE UNIQUE INDEX i ON t (a)', { quiet: false, alone: false, breaks: /not unique/ }],
  ['CREATE INDEX CONCURRENTLY i ON t (a)', { quiet: true, alone: true, breaks: null }],
  ['REINDEX TABLE CONCURRENTLY t', { quiet: true, alone: true, breaks: null }],
  ['VACUUM t', { quiet: true, alone: true, breaks: null }],
  ['ANALYZE t', { quiet: true, alone: false, breaks: null }],
  ['CREATE OR REPLACE VIEW v AS SELECT 1', { quiet: true, alone: false, breaks: null }],
  ['ALTER TABLE t ALTER a SET DEFAULT 1', { quiet: true, alone: false, breaks: null }],
  ['ALTER TABLE t ADD COLUMN a int', { quiet: false, alone: false, breaks: null }],
  ['ALTER TABLE t DROP COLUMN a', { quiet: false, alone: false, breaks: /no longer have it/ }],
  ['ALTER TABLE t ALTER a SET NOT NULL', { quiet: false, alone: false, breaks: /without a value/ }],
  ['ALTER TABLE t RENAME a TO b', { quiet: false, alone: false, breaks: /other name/ }],
  ['CREATE TABLE t (a int)', { quiet: false, alone: false, breaks: null }],
])('%s: whether rows of other nodes are taken all the same', async (sql, { quiet, alone, breaks }) => {
  const found = await one(sql);
  expect([found.quiet, found.alone]).toEqual([quiet, alone]);
  if (breaks === null) expect(found.breaks).toBeNull();
  else expect(found.breaks).toMatch(breaks);
});

test.each([
  ['SELECT 1', 'rows'],
  ['TRUNCATE t', 'empties'],
  ['DO $$ BEGIN END $$', 'code'],
  ['SET search_path = x', 'does not travel'],
  ['ALTER SYSTEM SET work_mem = 1', 'one server'],
  ['CREATE TABLE t AS SELECT 1', 'not the same on all'],
  ['DROP VIEW v CASCADE', 'hangs on it'],
  ['ALTER TABLE t DROP COLUMN a CASCADE', 'hangs on it'],
  ['ALTER TABLE t ALTER a SET (log_old_value = true)', 'added up'],
  ['CREATE DATABASE d', 'no statement that defines an object'],
])('%s is no statement for it', async (sql, why) => {
  expect((await one(sql)).refused?.why).toContain(why);
});

test('a fact that the catalogs tell, or none', async () => {
  expect((await one('CREATE TABLE s.t (a int)')).so).toBe(`to_regclass('"s"."t"') IS NOT NULL`);
  expect((await one('DROP TABLE s.t')).so).toBe(`to_regclass('"s"."t"') IS NULL`);
  expect((await one('ALTER TABLE t ADD COLUMN a int, DROP COLUMN b')).so).toMatch(
    /^EXISTS .* AND NOT EXISTS/s,
  );
  expect((await one('ALTER TABLE t ALTER a TYPE bigint')).so).toBeNull();
  expect((await one('CREATE INDEX ON t (a)')).so).toBeNull();
  expect((await one('CREATE INDEX i ON s.t (a)')).undo).toBe('DROP INDEX IF EXISTS "s"."i"');
  expect((await read('CREATE TABLE a (x int); CREATE TABLE b (x int)')).length).toBe(2);
});

test('what is empty at the end is no statement', () => {
  expect(statementText(' CREATE TABLE t (a int) ; ;\n')).toBe('CREATE TABLE t (a int)');
});
