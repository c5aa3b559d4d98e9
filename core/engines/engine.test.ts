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

test.each([0, -1, 1.5, Number.NaN])('a time-out of %d is refused', (statementMs) => {
  expect(() => buildBatch(sections, { statementMs, lockMs: 100 })).toThrow('time-out');
});

test('a refusal or a missing column asks for the capabilities again, a time-out does not', () => {
  expect(capabilitiesAreStale('42501')).toBe(true);
  expect(capabilitiesAreStale('42703')).toBe(true);
  expect(capabilitiesAreStale('57014')).toBe(false);
  expect(capabilitiesAreStale(null)).toBe(false);
});
