import { expect, test } from 'vitest';
import { countOf, formatBytes, formatCount, formatNames, formatRate, formatSeconds } from './format.ts';

test.each([
  [0, '0 bytes'],
  [104, '104 bytes'],
  [1023, '1023 bytes'],
  [1024, '1 kB'],
  [48_900_000, '46.6 MB'],
  [12 * 1024 ** 2, '12 MB'],
  [3.1 * 1024 ** 3, '3.1 GB'],
  [212 * 1024 ** 3, '212 GB'],
  [1024 ** 2 - 1, '1 MB'],
  [-2048, '−2 kB'],
])('%d bytes are %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text));

test('a rate', () => expect(formatRate(3.3 * 1024 ** 2)).toBe('3.3 MB/s'));

test.each([
  [0, '0 s'],
  [0.0004, '< 1 ms'],
  [0.004, '4 ms'],
  [0.2, '0.2 s'],
  [14.24, '14.2 s'],
  [38, '38 s'],
  [59.97, '1 m'],
  [221, '3 m 41 s'],
  [60, '1 m'],
  [11_520, '3 h 12 m'],
  [3600, '1 h'],
  [2 * 86_400 + 4 * 3600, '2 d 4 h'],
  [-0.0021, '−2 ms'],
])('%d s are %s', (seconds, text) => expect(formatSeconds(seconds)).toBe(text));

test('counts and names', () => {
  expect(formatCount(4118)).toBe('4,118');
  expect(formatCount(1_000_000)).toBe('1,000,000');
  expect(countOf(1, 'node')).toBe('1 node');
  expect(countOf(3, 'node')).toBe('3 nodes');
  expect(formatNames(['n1'])).toBe('n1');
  expect(formatNames(['n1', 'n2', 'n3'])).toBe('n1, n2 and n3');
  expect(formatNames(Array.from({ length: 64 }, (_, index) => `n${index + 1}`))).toBe('n1, n2 and 62 others');
});
