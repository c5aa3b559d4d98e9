import { expect, test } from 'vitest';
import { matcher, readPattern } from './pattern.ts';

test.each<[string, [schema: string, table: string] | null]>([
  ['orders', ['public', 'orders']],
  ['orders_*', ['public', String.raw`orders\_%`]],
  ['Sales.Order?', ['sales', 'order_']],
  ['"Sales".*', ['Sales', '%']],
  ['"my.*"."a""b"', ['my.*', 'a"b']],
  [String.raw`s.a\b%c`, ['s', String.raw`a\\b\%c`]],
  ['  s.* ', ['s', '%']],
  ['a.b.c', null],
  ['s.', null],
  ['.t', null],
  ['', null],
  ['"open', null],
])('%s', (text, wanted) => {
  const read = readPattern(text);
  expect(read && [read.schema, read.table]).toEqual(wanted);
});

test.each<[string, string, string, boolean]>([
  ['pgbench_*', 'public', 'pgbench_branches', true],
  ['pgbench_*', 'public', 'pgbenchXbranches', false],
  ['pgbench_*', 'other', 'pgbench_branches', false],
  ['*.t?', 'a', 't1', true],
  ['*.t?', 'a', 't12', false],
  ['s.*', 's', 'a\nb', true],
  ['s.a+(b)*', 's', 'a+(b)[c]', true],
  [String.raw`s.a\*`, 's', String.raw`a\x`, true],
  ['s."a*"', 's', 'a*', true],
  ['s."a*"', 's', 'ab', false],
])('%s on %s.%j', (text, schema, table, wanted) => {
  const read = readPattern(text);
  expect(read && matcher(read)({ schema, table })).toBe(wanted);
});
