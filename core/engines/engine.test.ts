import { expect, test } from 'vitest';
import { buildBatch, capabilitiesAreStale } from './engine.ts';

const sections = [
  { name: 'a', sql: 'SELECT 1 AS x' },
  { name: 'b', sql: 'SELECT 2 AS x' },
];

test('a batch is one read-only transaction that leaves nothing behind in the session', () => {
  const { text } = buildBatch(sections, { statementMs: 2000, lockMs: 100 });
  const statements = text.split(';\n');
  expect(statements[0]).toBe('BEGIN READ ONLY');
  expect(statements.at(-1)).toBe('COMMIT');
  for (const statement of statements)
    expect(statement).toMatch(/^(BEGIN READ ONLY|SET LOCAL |SELECT |COMMIT)/);
  expect(text).toContain('SET LOCAL statement_timeout = 2000');
  expect(text).toContain('SET LOCAL lock_timeout = 100');
});

test('the rows of each statement come back under the name of its section', () => {
  const batch = buildBatch(sections, { statementMs: 2000, lockMs: 100 });
  const results = batch.text.split(';\n').map((sql) => ({ rows: sql.startsWith('SELECT') ? [{ sql }] : [] }));
  expect(batch.rows(results)).toEqual({ a: [{ sql: 'SELECT 1 AS x' }], b: [{ sql: 'SELECT 2 AS x' }] });
});

test('on a connection of its own a question is prepared once and executed from then on', () => {
  const timeouts = { statementMs: 2000, lockMs: 100 };
  const first = buildBatch(sections, timeouts, new Map());
  const statements = first.text.split(';\n');
  expect(statements.filter((sql) => sql.startsWith('PREPARE'))).toEqual([
    'PREPARE tricorder_a_0 AS SELECT 1 AS x',
    'PREPARE tricorder_b_1 AS SELECT 2 AS x',
  ]);
  expect(statements.at(-1)).toBe('COMMIT');
  const answer = (sql: string) => ({ rows: sql.startsWith('EXECUTE') ? [{ sql }] : [] });
  expect(first.rows(statements.map(answer))).toEqual({
    a: [{ sql: 'EXECUTE tricorder_a_0' }],
    b: [{ sql: 'EXECUTE tricorder_b_1' }],
  });
  const more = [...sections, { name: 'a', sql: 'SELECT 3 AS x' }];
  const second = buildBatch(more, timeouts, first.prepares);
  expect(second.text.match(/PREPARE .*/g)).toEqual(['PREPARE tricorder_a_2 AS SELECT 3 AS x;']);
  expect(buildBatch(more, timeouts).prepares.size).toBe(0);
});

test.each([0, -1, 1.5, Number.NaN])('a time-out of %d is refused', (statementMs) => {
  expect(() => buildBatch(sections, { statementMs, lockMs: 100 })).toThrow('time-out');
});

test('a refusal or a missing column asks for the capabilities again, a time-out does not', () => {
  expect(capabilitiesAreStale('42501')).toBe(true);
  expect(capabilitiesAreStale('42703')).toBe(true);
  expect(capabilitiesAreStale('57014')).toBe(false);
  expect(capabilitiesAreStale(null)).toBe(false);
});
