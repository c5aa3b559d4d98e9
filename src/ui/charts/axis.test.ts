import { describe, expect, it } from 'vitest';
import { linearTicks, logTicks, SteadyTop, timeTicks } from './axis.ts';

describe('linearTicks', () => {
  it('starts at 0, covers the largest value and has three to six lines', () => {
    for (const max of [0, 0.4, 1, 3.3, 14.2, 41, 261, 5000, 90_000]) {
      const ticks = linearTicks(max, 'seconds');
      expect(ticks[0]).toBe(0);
      expect(ticks.at(-1)).toBeGreaterThanOrEqual(max);
      expect(ticks.length).toBeGreaterThanOrEqual(3);
      expect(ticks.length).toBeLessThanOrEqual(6);
    }
  });
  it('goes by 1024 for sizes', () => {
    expect(linearTicks(3 * 1024 ** 3, 'held')).toEqual([0, 1, 2, 3].map((gb) => gb * 1024 ** 3));
  });
});

describe('logTicks', () => {
  it('reaches above the largest value', () => {
    expect(logTicks(221, 'seconds').at(-1)).toBeGreaterThanOrEqual(221);
    expect(logTicks(0, 'seconds').length).toBeGreaterThanOrEqual(3);
  });
});

describe('timeTicks', () => {
  it('stands on round clock times of the zone', () => {
    const from = Date.parse('2025-11-20T13:51:32Z');
    const ticks = timeTicks(from, from + 15 * 60_000, 5).map((t) => new Date(t).toISOString().slice(11, 19));
    expect(ticks).toEqual(['13:54:00', '13:57:00', '14:00:00', '14:03:00', '14:06:00']);
    const days = timeTicks(from, from + 3 * 86_400_000, 3, 330);
    expect(days.every((t) => (t + 330 * 60_000) % 86_400_000 === 0)).toBe(true);
  });
});

describe('SteadyTop', () => {
  it('widens at once and narrows only after a minute', () => {
    const top = new SteadyTop();
    expect(top.next(15, 0)).toBe(15);
    expect(top.next(45, 1_000)).toBe(45);
    expect(top.next(15, 10_000)).toBe(45);
    expect(top.next(15, 69_000)).toBe(45);
    expect(top.next(15, 70_000)).toBe(15);
  });
  it('counts the minute anew when the axis was needed again', () => {
    const top = new SteadyTop();
    top.next(45, 0);
    top.next(15, 1_000);
    top.next(45, 50_000);
    expect(top.next(15, 62_000)).toBe(45);
  });
});
