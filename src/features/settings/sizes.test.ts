import { expect, it } from 'vitest';
import { parseSeconds, parseSize, sizeText } from './sizes.ts';

it('reads sizes as people write them, and refuses what has no unit', () => {
  expect(parseSize('1 GB')).toBe(1024 ** 3);
  expect(parseSize('512mb')).toBe(512 * 1024 ** 2);
  expect(parseSize('1,5 GB')).toBe(1.5 * 1024 ** 3);
  for (const wrong of ['', '100', '0 GB', '-1 GB', '1 XB', 'GB', '1 GB each'])
    expect(parseSize(wrong)).toBeNull();
});

it('writes a size so that it can be read again unchanged', () => {
  for (const bytes of [1024 ** 3, 1.5 * 1024 ** 3, 700 * 1024 ** 2, 8192, 1, 40 * 1024 ** 3, 1_073_741_825]) {
    expect(parseSize(sizeText(bytes))).toBe(bytes);
  }
  expect(sizeText(1024 ** 3)).toBe('1 GB');
});

it('reads seconds with and without a unit', () => {
  expect(parseSeconds('10')).toBe(10);
  expect(parseSeconds('2.5 s')).toBe(2.5);
  expect(parseSeconds('5 min')).toBe(300);
  for (const wrong of ['', '0', '-1', 'soon', '1 d']) expect(parseSeconds(wrong)).toBeNull();
});
