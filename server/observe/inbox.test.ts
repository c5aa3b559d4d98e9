import { expect, it } from 'vitest';
import { splitName, tupleOf } from './inbox.ts';

it('reads tuples that are JSON, in either of their two shapes, and leaves others as they stand', () => {
  expect(tupleOf(null)).toBeNull();
  expect(tupleOf('{"id":1,"note":null}')).toEqual({
    json: { id: 1, note: null },
    text: '{"id":1,"note":null}',
  });
  const log = '[{"value": 2, "attname": "id", "atttype": "int4"}, {"attname": "note", "atttype": "text"}]';
  expect(tupleOf(log)).toEqual({ json: { id: 2, note: null }, text: log });
  for (const text of ['id[int4]:1 note[text]:x', '[]', '[1]', '"text"', '12']) {
    expect(tupleOf(text)).toEqual({ json: null, text });
  }
});

it('splits schema and table only where that is sure', () => {
  expect(splitName('public.acct')).toEqual(['public', 'acct']);
  expect(splitName('acct')).toEqual([null, 'acct']);
  expect(splitName('a.b.c')).toEqual([null, 'a.b.c']);
});
