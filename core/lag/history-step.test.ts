import { expect, test } from 'vitest';
import { historyStep } from './history-step.ts';

test.each([
  // 15 minutes of six links, kept by the second.
  [1, 900, 6, undefined, 1],
  [1, 900, 6, 5, 5],
  // A day at most 1,500 points.
  [10, 86_400, 6, undefined, 60],
  // Of thousands of links 200,000 points in all.
  [10, 86_400, 4032, undefined, 1800],
  // A multiple of what is kept.
  [60, 3600, 6, 90, 120],
  [60, 400 * 86_400, 6, undefined, 43_200],
])('kept each %d s, over %d s of %d links, asked for %s: %d', (kept, range, links, wanted, step) => {
  expect(historyStep(kept, range, links, wanted)).toBe(step);
});
