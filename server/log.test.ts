import { expect, it } from 'vitest';
import { createLog, withoutPasswords } from './log.ts';

it.each([
  ['connect postgres://u:s3cret@h/db failed', 'connect postgres://u:••••@h/db failed'],
  ['postgres://u:p@ss/w@h/db', 'postgres://u:••••@h/db'],
  ["host=h password='it\\'s s3cret' user=u", 'host=h password=•••• user=u'],
  ['host=h password=s3cret user=u', 'host=h password=•••• user=u'],
  ['host=h sslpassword = s3cret', 'host=h sslpassword = ••••'],
  ['postgres://h/db?user=u&password=s3cret&x=1', 'postgres://h/db?user=u&password=••••&x=1'],
  ["ALTER ROLE u PASSWORD 's3''cret' LOGIN", 'ALTER ROLE u PASSWORD •••• LOGIN'],
  ['password authentication failed for user "u"', 'password authentication failed for user "u"'],
])('%s', (text, masked) => {
  expect(withoutPasswords(text)).toBe(masked);
});

it('writes one line, with its time and level', () => {
  const lines: string[] = [];
  createLog((line) => lines.push(line)).error('two\n  lines of password=x');
  expect(lines).toEqual([expect.stringMatching(/^\d{4}-.*Z error two lines of password=••••$/)]);
});
