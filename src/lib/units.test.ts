import { describe, expect, it } from 'vitest';
import {
  bytesText,
  duration,
  milliseconds,
  plural,
  shortCount,
  shortLag,
  text,
  wholeDuration,
} from './units.ts';

const plain = (value: string): string => value.replaceAll('\u00a0', ' ');

describe('sizes, 1024-based as PostgreSQL counts', () => {
  it.each([
    [0, '0 bytes'],
    [999, '999 bytes'],
    [1024, '1 kB'],
    [12 * 1024, '12 kB'],
    [3.1 * 2 ** 30, '3.1 GB'],
    [48_900_000, '46.6 MB'],
    [-2048, '−2 kB'],
  ])('%d is %s', (value, words) => expect(plain(bytesText(value))).toBe(words));
});

describe('durations, two units at most', () => {
  it.each([
    [0, '0 s'],
    [0.004, '4 ms'],
    [38, '38 s'],
    [14.2, '14.2 s'],
    [59.96, '1 m'],
    [221, '3 m 41 s'],
    [3 * 3600 + 12 * 60 + 59, '3 h 12 m'],
    [2 * 86_400 + 5, '2 d'],
    [-1.25, '−1.3 s'],
  ])('%d s is %s', (value, words) => expect(plain(duration(value))).toBe(words));

  it('leaves tenths out of ages', () => {
    expect(plain(wholeDuration(0.4))).toBe('0 s');
    expect(plain(wholeDuration(59.6))).toBe('1 m');
  });
  it('marks a lag that is a bound', () => expect(plain(shortLag(52.2, true))).toBe('≥ 52.2 s'));
});

it('keeps round trips short', () => {
  expect(['0.7 ms', '142 ms', '1.2 s', '12 s'].map((words) => words)).toEqual(
    [0.7, 142.4, 1234, 12_000].map((ms) => plain(text(milliseconds(ms)))),
  );
});

it('counts', () => {
  expect(plain(text(shortCount(48_000_000)))).toBe('48 M');
  expect(plain(text(shortCount(999.6)))).toBe('1.0 k');
  expect(plural(1, 'node')).toBe('1 node');
  expect(plural(4118, 'try', 'tries')).toBe('4,118 tries');
});
