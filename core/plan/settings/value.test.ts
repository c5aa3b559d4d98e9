import { expect, test } from 'vitest';
import type { ObservedSetting } from '#core/model/observed.ts';
import { observedSetting as setting } from '#core/testing/setting.ts';
import { bytesOf, isSame, readValue } from './value.ts';

const size = setting({ type: 'integer', unit: 'MB', min: -1, max: 2147483647 });
const blocks = setting({ type: 'integer', unit: '8kB', min: 16, max: 1073741823 });
const time = setting({ type: 'integer', unit: 'ms', min: 0, max: 2147483647 });
const read = (of: ObservedSetting, text: string, name = 'x') => {
  const found = readValue(name, of, text);
  return found.ok ? found.value : null;
};

test('amounts are read in the unit of the setting, as PostgreSQL does', () => {
  expect(read(size, '10GB')).toBe('10240');
  expect(read(size, '4096')).toBe('4096');
  expect(read(size, ' 1.5 GB ')).toBe('1536');
  expect(read(size, '-1')).toBe('-1');
  expect(read(blocks, '1MB')).toBe('128');
  expect(read(time, '5min')).toBe('300000');
  expect(read(time, '1d')).toBe('86400000');
});

test('what is no such value is none', () => {
  for (const text of ['', 'ten', '10 gb', '10XB', '5min', '-2', '99999999999', '1;2']) {
    expect(read(size, text), text).toBeNull();
  }
  expect(read(setting({ type: 'integer', min: 0, max: 10 }), '1MB')).toBeNull();
  expect(read(setting({ type: 'bool' }), 'o')).toBeNull();
  expect(read(setting({ type: 'enum', allowed: ['off', 'user'] }), 'local')).toBeNull();
});

test('words of booleans and of enums', () => {
  for (const text of ['on', 'TRUE', 'y', '1', 't']) expect(read(setting({ type: 'bool' }), text)).toBe('on');
  for (const text of ['off', 'of', 'False', 'n', '0']) {
    expect(read(setting({ type: 'bool' }), text)).toBe('off');
  }
  expect(read(setting({ type: 'enum', allowed: ['off', 'user'] }), 'USER')).toBe('user');
});

test('lists by their names, whatever the quotes and spaces', () => {
  expect(read(setting(), '"pgoutput",spock_output', 'output_plugin_libraries')).toBe(
    'pgoutput, spock_output',
  );
  expect(isSame('output_plugin_libraries', setting(), 'a,b', '"a", b')).toBe(true);
  expect(isSame('x', setting(), 'a,b', 'a, b')).toBe(false);
});

test('bytes of what is an amount and has a limit', () => {
  expect(bytesOf(size, '2')).toBe(2 * 1024 ** 2);
  expect(bytesOf(blocks, '2')).toBe(16_384);
  expect(bytesOf(size, '-1')).toBeNull();
  expect(bytesOf(time, '5')).toBeNull();
});
