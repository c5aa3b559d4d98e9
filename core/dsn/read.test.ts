import { describe, expect, it } from 'vitest';
import { hasPassword } from './mask.ts';
import { DsnError, parseDsn } from './parse.ts';
import { formatDsn, readDsn } from './read.ts';

const values = (text: string) => Object.fromEntries(parseDsn(text).values);

describe('parseDsn', () => {
  const good: [string, Record<string, string>][] = [
    ['postgres://u:p@h:5433/db', { user: 'u', password: 'p', host: 'h', port: '5433', dbname: 'db' }],
    ['postgresql://h', { host: 'h' }],
    ['postgres://', {}],
    ['postgres:///db', { dbname: 'db' }],
    ['postgres://u@/db', { user: 'u', dbname: 'db' }],
    ['postgres://u:@h', { user: 'u', host: 'h' }],
    ['postgres://:p@h', { password: 'p', host: 'h' }],
    ['postgres://[::1]:5432/db', { host: '::1', port: '5432', dbname: 'db' }],
    ['postgres://[::1],[fe80::2]:5433/db', { host: '::1,fe80::2', port: ',5433', dbname: 'db' }],
    [
      'postgres://a:1,b:2,c/db?target_session_attrs=primary',
      {
        host: 'a,b,c',
        port: '1,2,',
        dbname: 'db',
        target_session_attrs: 'primary',
      },
    ],
    ['postgres://%2Fvar%2Frun%2Fpostgresql/db', { host: '/var/run/postgresql', dbname: 'db' }],
    ['postgres:///db?host=/tmp&port=5433', { dbname: 'db', host: '/tmp', port: '5433' }],
    ['postgres://u:p%40%2F%3A%25@h/d%C3%BC', { user: 'u', password: 'p@/:%', host: 'h', dbname: 'dü' }],
    ['postgres://u:a?b:c@h/db', { user: 'u', password: 'a?b:c', host: 'h', dbname: 'db' }],
    ['postgres://h/db?ssl=true', { host: 'h', dbname: 'db', sslmode: 'require' }],
    ['postgres://h:5432/db?user=a@b', { host: 'h', port: '5432', dbname: 'db', user: 'a@b' }],
    ['postgres://h/a?dbname=b&dbname=c', { host: 'h', dbname: 'c' }],
    ['postgres://h/db?', { host: 'h', dbname: 'db' }],
    ['  postgres://h/db \n', { host: 'h', dbname: 'db' }],
    [
      'host=h port=5433 dbname=db user=u password=p',
      { host: 'h', port: '5433', dbname: 'db', user: 'u', password: 'p' },
    ],
    ["password='it\\'s \\\\ here' host = h", { password: "it's \\ here", host: 'h' }],
    ['password=a\\ b host=h', { password: 'a b', host: 'h' }],
    ["password='' host=h", { password: '', host: 'h' }],
    ["password='a=b c=d'\nhost=h", { password: 'a=b c=d', host: 'h' }],
    ['password=postgres://x:y@z host=h', { password: 'postgres://x:y@z', host: 'h' }],
    ['user= dbname=db', { user: 'dbname=db' }],
    ['host=h\\', { host: 'h' }],
  ];
  it.each(good)('reads %s', (text, expected) => {
    expect(values(text)).toEqual(expected);
  });

  const bad: [string, RegExp][] = [
    ['', /empty/],
    ['   ', /empty/],
    ['localhost', /neither a URI, such as postgres:/],
    ['10.1.0.4:5432', /neither a URI, such as postgres:/],
    ['host=h port 5432', /No "=" .* position 8/],
    ["password='abc host=h", /quote at position 10 .* not closed/],
    ['mysql://h/db', /begins with postgres:\/\/ or postgresql:\/\/, not with mysql/],
    ['hots=h', /no connection parameter "hots"/],
    ['postgres://h/db?hots=1', /no connection parameter "hots"/],
    ['postgres://h/db?sslmode', /No "="/],
    ['postgres://h/db?user=a=b', /second "="/],
    ['postgres://u:p%4@h', /"%" in the password/],
    ['postgres://h/%00', /%00/],
    ['postgres://h/%ff', /not UTF-8/],
    ['postgres://[::1/db', /No "\]"/],
    ['postgres://[]/db', /empty/],
    ['postgres://[::1]x/db', /After "\]"/],
    ['postgres://u:se/cret@h/db', /%2F/],
    ['postgres://u:se@cret@h/db', /%40/],
    ['postgres://u:12/34@h/db', /%2F/],
    ['postgres://u:secret', /is not a port/],
    ['host=h\0', /zero byte/],
  ];
  it.each(bad)('refuses %s', (text, message) => {
    expect(() => parseDsn(text)).toThrow(DsnError);
    expect(() => parseDsn(text)).toThrow(message);
  });

  it('says nothing of a password in its errors', () => {
    const hostile = [
      'postgres://u:hunter2/x@h/db',
      'postgres://u:hunter2%zz@h/db',
      "password='hunter2 host=h",
      'password=x hunter2 host=h',
      'password=x hunter2=1',
      'postgres://h/db?password=a&hunter2 x=1',
      'postgres://u:a/b?hunter2=1@h/db',
      'postgres://u:12/b?hunter2=%zz',
      'postgres://u:hunter2',
      'postgres://u:x@hunter2@h/db',
    ];
    for (const text of hostile) {
      let message = '';
      try {
        parseDsn(text);
      } catch (error) {
        message = (error as Error).message;
      }
      expect(message, text).not.toBe('');
      expect(message, text).not.toContain('hunter2');
    }
  });
});

describe('formatDsn', () => {
  it.each([
    [
      [
        ['host', 'h'],
        ['password', "a'b\\c d"],
        ['user', ''],
      ],
    ],
    [
      [
        ['password', '\u00e9 "x" = %20\t\n'],
        ['dbname', "'"],
      ],
    ],
  ] as [string, string][][][])('is read back to the same values: %j', (pairs) => {
    expect([...parseDsn(formatDsn(pairs)).values]).toEqual(pairs);
  });
});

describe('hasPassword', () => {
  it('tells whether there is a password', () => {
    expect(hasPassword('postgres://u:p@h')).toBe(true);
    expect(hasPassword('postgres://u:@h')).toBe(false);
    expect(hasPassword("host=h password=''")).toBe(false);
    expect(hasPassword('nonsense')).toBe(false);
  });
});

describe('readDsn', () => {
  it.each([
    [
      'postgres://u:p@h:5432/orders?ssl',
      { user: 'u', password: 'p', host: 'h', port: '5432', dbname: 'orders' },
    ],
    ['host=h dbname=orders us', { host: 'h', dbname: 'orders' }],
    ['nonsense', {}],
    ['', {}],
  ])('gives of %s what can be read', (text, expected) => {
    const { values, fault } = readDsn(text);
    expect(Object.fromEntries(values)).toEqual(expected);
    expect(fault).not.toBeNull();
  });
});
