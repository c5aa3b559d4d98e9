import { expect, test } from 'vitest';
import { valueReaders } from './values.ts';

const read = (type: number, text: string) => valueReaders.getTypeParser(type)(text);

test.each([
  [16, 't', true],
  [20, '9223372036854775807', '9223372036854775807'],
  [23, '-7', -7],
  [701, 'NaN', Number.NaN],
  [1700, '1.50', '1.50'],
  [114, '{"a":[1,null]}', { a: [1, null] }],
  [1009, '{a,NULL,"b,c"}', ['a', null, 'b,c']],
  [1007, '{1,2}', [1, 2]],
  [1184, '2026-11-28 01:02:03.5+00', new Date('2026-11-28T01:02:03.5Z')],
  [1184, 'infinity', Number.POSITIVE_INFINITY],
  [1186, '1 day 00:00:02', expect.objectContaining({ days: 1, seconds: 2 })],
  [17, '\\x00ff41', Buffer.from([0, 255, 65])],
  [17, 'a\\\\b\\000\\377', Buffer.from([97, 92, 98, 0, 255])],
  [17, '\\', Buffer.from('\\')],
  [600, '(1,2)', '(1,2)'],
  [4_294_967_295, 'anything', 'anything'],
])('type %i: %s', (type, text, value) => {
  expect(read(type, text)).toEqual(value);
});

test('of more than a type has, it says so', () => {
  for (const [type, text] of [
    [1184, '1'.repeat(1001)],
    [20, '1'.repeat(1001)],
    [114, ' '.repeat(2 ** 22 + 1)],
  ] as const) {
    expect(() => read(type, text)).toThrow(/sent a value of \d+ characters where its type has \d+ at most/);
  }
});
