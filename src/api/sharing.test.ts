import { expect, test } from 'vitest';
import { shareFlat } from './sharing.ts';

test('keeps the old list where every item is the same object', () => {
  const [a, b] = [{ lag: 1 }, { lag: 2 }];
  const before = [a, b];
  expect(shareFlat(before, [a, b])).toBe(before);
  const after = [a, { lag: 2 }];
  expect(shareFlat(before, after)).toBe(after);
  expect(shareFlat(before, [a])).toEqual([a]);
});

test('keeps an object of the same values, and looks no deeper', () => {
  const nodes = ['n1'];
  const before = { nodes, at: 1 };
  expect(shareFlat(before, { nodes, at: 1 })).toBe(before);
  const after = { nodes: ['n1'], at: 1 };
  expect(shareFlat(before, after)).toBe(after);
});

test.each([
  [undefined, { a: 1 }],
  [null, []],
  [[], {}],
  [{ a: undefined }, { b: undefined }],
  [1, 2],
])('takes the new value where the two are not alike: %j, %j', (before, after) => {
  expect(shareFlat(before, after)).toBe(after);
});
