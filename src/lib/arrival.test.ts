import { beforeEach, describe, expect, test } from 'vitest';
import { readArrival } from './arrival.ts';

beforeEach(() => {
  document.head.innerHTML = '';
});
const opened = (address: string, fate?: string) => {
  history.replaceState(null, '', address);
  if (fate !== undefined) document.head.innerHTML = `<meta name="tricorder-link" content="${fate}">`;
  return readArrival(document, location, history);
};

describe('a page that was opened by a link', () => {
  test.each(['used', 'too-old', 'ended', 'unknown', 'too-many'])(
    '%s: says so, and keeps no token',
    (fate) => {
      expect(opened('/lag?range=1h&token=abc', fate)).toEqual({ fate, token: '' });
      expect(location.pathname + location.search).toBe('/lag?range=1h');
    },
  );

  test('from elsewhere: offers the token, and takes it out of the address', () => {
    expect(opened('/?token=abc', 'elsewhere')).toEqual({ fate: 'elsewhere', token: 'abc' });
    expect(location.pathname + location.search).toBe('/');
  });
});

test('a page that the console let in says nothing, whatever stands in its address', () => {
  expect(opened('/?token=abc')).toEqual({ fate: null, token: '' });
  expect(opened('/?token=abc', 'nonsense')).toEqual({ fate: null, token: '' });
  expect(location.search).toBe('?token=abc');
});
