import { expect, test } from 'vitest';
import { dsnOf, renderSql, sql } from './sql.ts';

test('a statement holds no DSN, only the place for one', () => {
  const statement = sql`SELECT spock.node_create('n1', ${dsnOf('n1')}, ${7})`;
  expect(statement).toEqual(["SELECT spock.node_create('n1', ", { dsn: 'n1' }, ', 7)']);
  expect(renderSql(statement, () => "host=h password=it's")).toBe(
    "SELECT spock.node_create('n1', 'host=h password=it''s', 7)",
  );
});

test('statements are put into statements', () => {
  const inner = sql`SELECT ${dsnOf('n2')}`;
  expect(renderSql(sql`EXPLAIN ${inner};`, (node) => node)).toBe("EXPLAIN SELECT 'n2';");
  expect(renderSql(sql`${''}SELECT 1${''}`, () => '')).toBe('SELECT 1');
});
