import { describe, expect, it } from 'vitest';
import { DsnError, formatDsn, hasPassword, maskDsn, parseDsn } from './dsn.ts';
import { connectionTargets, dsnAddress } from './targets.ts';

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
    ['localhost', /No "=" .* position 1/],
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
      'host=h port=hunter2',
      'postgres://h/db?password=a&hunter2 x=1',
    ];
    for (const text of hostile) {
      let message = '';
      try {
        connectionTargets(text);
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

describe('maskDsn', () => {
  it.each([
    ['postgres://u:p@h:5432/db', 'postgres://u:••••@h:5432/db'],
    [
      'postgres://u@h/db?password=secret&sslpassword=x%20y',
      'postgres://u@h/db?password=••••&sslpassword=••••',
    ],
    ["host=h password='it\\'s' user=u password=again", 'host=h password=•••• user=u password=••••'],
    ['host=h user=u', 'host=h user=u'],
    ["host=h password='' user=u", 'host=h password=•••• user=u'],
    // What cannot be read is masked by its looks.
    ['postgres://u:se/cr@et@h/db', 'postgres://u:••••@h/db'],
    ["hots=h password='not closed", 'hots=h password=••••'],
    ['hots=h password = x y', 'hots=h password = •••• y'],
  ])('%s', (text, masked) => {
    expect(maskDsn(text)).toBe(masked);
  });

  it('tells whether there is a password', () => {
    expect(hasPassword('postgres://u:p@h')).toBe(true);
    expect(hasPassword('postgres://u:@h')).toBe(false);
    expect(hasPassword("host=h password=''")).toBe(false);
    expect(hasPassword('nonsense')).toBe(false);
  });
});

describe('connectionTargets', () => {
  it('pairs hosts, addresses and ports as libpq does', () => {
    const { hosts } = connectionTargets('host=a,b,c hostaddr=10.0.0.1,,10.0.0.3 port=1,,3 user=u');
    expect(hosts).toEqual([
      { host: 'a', hostaddr: '10.0.0.1', port: 1 },
      { host: 'b', hostaddr: null, port: 5432 },
      { host: 'c', hostaddr: '10.0.0.3', port: 3 },
    ]);
    expect(connectionTargets('host=a,b port=7 user=u').hosts.map(({ port }) => port)).toEqual([7, 7]);
    expect(connectionTargets('hostaddr=10.0.0.1 user=u').hosts[0]?.host).toBe('10.0.0.1');
    expect(connectionTargets('user=u').hosts[0]?.host).toMatch(/^\//);
  });

  it('fills in what libpq fills in', () => {
    const targets = connectionTargets('postgres://alice@h');
    expect(targets).toMatchObject({ user: 'alice', database: 'alice', password: null, sessionAttrs: 'any' });
    expect(targets.tls).toHaveLength(2);
  });

  it('gives sslmode its meaning', () => {
    const tls = (mode: string) => connectionTargets(`host=h user=u sslmode=${mode}`).tls;
    expect(tls('disable')).toEqual([null]);
    expect(tls('allow')).toMatchObject([null, { rejectUnauthorized: false }]);
    expect(tls('prefer')).toMatchObject([{ rejectUnauthorized: false }, null]);
    const system = connectionTargets('host=h user=u sslmode=verify-full sslrootcert=system').tls;
    expect(system).toEqual([{ rejectUnauthorized: true }]);
    expect(() => tls('verify-full sslrootcert=/nowhere/root.crt')).toThrow(/sslrootcert .*ENOENT/);
    expect(() => tls('yes')).toThrow(/sslmode is one of disable, allow/);
  });

  it.each([
    ['service=prod', /no service files/],
    ['host=h passfile=/x', /password files/],
    ['host=h options=-csearch_path=x', /pgbouncer/],
    ['host=h replication=database', /replication/],
    ['host=h channel_binding=require', /channel_binding/],
    ['host=h gssencmode=require', /gssencmode/],
    ['host=h requirepeer=postgres', /requirepeer/],
    ['host=h sslcrl=/x', /revocation/],
    ['host=a,b hostaddr=1.1.1.1', /2 hosts and 1 hostaddr/],
    ['host=a,b,c port=1,2', /2 ports for 3 hosts/],
    ['host=h port=0', /port of host 1/],
    ['host=a,b port=5432,65536', /port of host 2/],
    ['host=h port=5432x', /port of host 1/],
    ['host=@abstract', /Abstract/],
    ['host=h connect_timeout=soon', /connect_timeout/],
    ['host=h target_session_attrs=master', /target_session_attrs is one of/],
    ['host=h sslnegotiation=direct', /sslnegotiation=direct needs/],
  ])('refuses %s with a reason', (text, message) => {
    expect(() => connectionTargets(`${text} user=u`)).toThrow(message);
  });

  it('takes what changes nothing', () => {
    for (const text of [
      'service=',
      'options=',
      'channel_binding=prefer',
      'keepalives=1',
      'application_name=x',
    ]) {
      expect(() => connectionTargets(`host=h user=u ${text}`)).not.toThrow();
    }
  });

  it('gives an address without user and password', () => {
    expect(dsnAddress('postgres://u:p@h:5433/db')).toBe('h:5433/db');
    expect(dsnAddress('postgres://u:p@[::1]/db')).toBe('[::1]:5432/db');
    expect(dsnAddress('host=a,b user=u')).toBe('a:5432,b:5432/u');
    expect(dsnAddress('host=/tmp user=u')).toBe('/tmp:5432/u');
    expect(dsnAddress('nonsense')).toBe('');
  });
});
