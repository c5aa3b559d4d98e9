import { expect, it, vi } from 'vitest';
import { exactTime, secondsSince, shortTime, zoneOffset } from './time.ts';

const NOW = Date.parse('2025-11-20T14:06:32Z');

it('writes the clock today, the day in this year, and the year else', () => {
  expect(shortTime('2025-11-20T00:00:01Z', 'utc', NOW)).toBe('00:00:01');
  expect(shortTime('2025-11-19T23:59:59Z', 'utc', NOW)).toBe('19 Nov');
  expect(shortTime('2024-11-20T14:06:32Z', 'utc', NOW)).toBe('20 Nov 2024');
});

it('gives the whole of it for hover', () => {
  expect(exactTime('2025-11-20T14:06:32.118Z', 'utc')).toBe('2025-11-20 14:06:32.118 UTC');
  expect(exactTime('2025-11-20T14:06:32.118Z', 'local')).toMatch(
    /^2025-11-2\d \d\d:\d\d:32\.118 [+-]\d\d:\d\d$/,
  );
});

it('calls nothing younger than now', () => {
  expect(secondsSince('2025-11-20T14:06:33Z', NOW)).toBe(0);
  expect(secondsSince('2025-11-20T14:02:11Z', NOW)).toBe(261);
});

it.each([
  [0, 'UTC+0'],
  [-60, 'UTC+1'],
  [-330, 'UTC+5:30'],
  [570, 'UTC-9:30'],
  [210, 'UTC-3:30'],
  [-720, 'UTC+12'],
])('says which zone is the local one: %i minutes are %s', (minutes, said) => {
  const date = new Date(NOW);
  vi.spyOn(date, 'getTimezoneOffset').mockReturnValue(minutes);
  expect(zoneOffset(date)).toBe(said);
});
