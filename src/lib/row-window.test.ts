import { expect, it } from 'vitest';
import { rowAt, startsOf } from './row-window.ts';

it('finds the row at a height among rows of two heights', () => {
  // a head of a group, three rows, a head, one row
  const heights = [24, 28, 28, 28, 24, 28];
  const starts = startsOf(heights.length, (index) => heights[index] as number);
  expect([...starts]).toEqual([0, 24, 52, 80, 108, 132, 160]);
  expect(rowAt(starts, -500)).toBe(0);
  expect(rowAt(starts, 23)).toBe(0);
  expect(rowAt(starts, 24)).toBe(1);
  expect(rowAt(starts, 107)).toBe(3);
  expect(rowAt(starts, 131)).toBe(4);
  expect(rowAt(starts, 9999)).toBe(5);
});

it('stands at the first row of an empty table', () => {
  expect(
    rowAt(
      startsOf(0, () => 28),
      100,
    ),
  ).toBe(0);
});
