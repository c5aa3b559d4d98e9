import { expect, it } from 'vitest';
import { timeOf } from './point-time.ts';

it('reads the time of each point, again and again the same', () => {
  const points = ['2025-11-20T14:00:00Z', '2025-11-20T14:00:01.500Z'].map((at) => ({ at }));
  const read = [1763647200000, 1763647201500];
  expect(points.map(timeOf)).toEqual(read);
  expect(points.map(timeOf)).toEqual(read);
});
