import { expect, it } from 'vitest';
import { tupleOf } from './tuple.ts';

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
