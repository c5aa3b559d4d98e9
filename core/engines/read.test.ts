import { expect, test } from 'vitest';
import { instantOf, listOf, lsnOf, numberOf, secondsOf, textOf } from './read.ts';

test('an interval is in seconds, as node-postgres and as a recording give it', () => {
  expect(secondsOf({ i: { milliseconds: 0.531 } }, 'i')).toBeCloseTo(0.000531, 9);
  expect(secondsOf({ i: { days: 1, hours: 2, minutes: 3, seconds: 4, milliseconds: 500 } }, 'i')).toBe(
    93_784.5,
  );
  expect(secondsOf({ i: { seconds: -4 } }, 'i')).toBe(-4);
  expect(secondsOf({ i: {} }, 'i')).toBe(0);
  expect(secondsOf({ i: null }, 'i')).toBeNull();
  expect(secondsOf({}, 'i')).toBeNull();
});

test('a time is the same live and recorded; infinity is none', () => {
  const text = '2026-11-22T00:12:26.837Z';
  expect(instantOf({ t: text }, 't')).toBe(instantOf({ t: new Date(text) }, 't'));
  expect(instantOf({ t: Number.POSITIVE_INFINITY }, 't')).toBeNull();
  expect(instantOf({ t: new Date(Number.NaN) }, 't')).toBeNull();
});

test('a bigint is a string, and a number', () => {
  expect(numberOf({ n: '20017' }, 'n')).toBe(20_017);
  expect(textOf({ n: 49_708 }, 'n')).toBe('49708');
  expect(numberOf({ n: null }, 'n')).toBeNull();
  expect(numberOf({ n: 'NaN' }, 'n')).toBeNull();
  expect(numberOf({ n: '' }, 'n')).toBeNull();
});

test('NULL is no empty list, and 0/0 is no position', () => {
  expect(listOf({ l: null }, 'l')).toBeNull();
  expect(listOf({ l: ['a', null, 'b'] }, 'l')).toEqual(['a', 'b']);
  expect(lsnOf({ p: '0/0' }, 'p')).toBeNull();
  expect(lsnOf({ p: '0/19D' }, 'p')).toBe('0/19D');
});
