import { expect, test } from 'vitest';
import { formatLsn, lsnDistance, parseLsn } from './lsn.ts';

test.each(['0/0', '0/19D13C8', '2F/7F2C41A8', 'FFFFFFFF/FFFFFFFF'])(
  '%s is read and printed as PostgreSQL does',
  (text) => {
    const position = parseLsn(text);
    expect(position).not.toBeNull();
    expect(formatLsn(position ?? 0n)).toBe(text);
  },
);

test.each([null, undefined, '', '0', '0/', '0/19D13C8 ', 'x/1', '1/123456789'])(
  '%j is no position',
  (text) => {
    expect(parseLsn(text)).toBeNull();
  },
);

test('a distance goes over the boundary of the low half, and may be negative', () => {
  const before = parseLsn('0/FFFFFFFF') ?? 0n;
  const after = parseLsn('1/0') ?? 0n;
  expect(lsnDistance(before, after)).toBe(1);
  expect(lsnDistance(after, before)).toBe(-1);
});
