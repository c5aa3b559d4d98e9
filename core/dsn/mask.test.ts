import { describe, expect, it, test } from 'vitest';
import { NASTY_DSNS } from '#core/testing/nasty-dsns.ts';
import { maskSecrets } from './free-text.ts';
import { maskDsn, withoutMasked } from './mask.ts';
import { faultText, parseDsn } from './parse.ts';
import { addressOf, databaseOf, placeOf } from './place.ts';
import { formatDsn, readDsn } from './read.ts';

const home = { socketFolder: '/tmp', user: 'me' };

/** Everything that is printed of a DSN. */
const printed: Record<string, (dsn: string) => string> = {
  maskDsn,
  'withoutMasked of maskDsn': (dsn) => withoutMasked(maskDsn(dsn)),
  'maskDsn twice': (dsn) => maskDsn(maskDsn(dsn)),
  'maskSecrets of maskDsn': (dsn) => maskSecrets(`n1 is reached by ${maskDsn(dsn)} now`),
  addressOf: (dsn) => addressOf(dsn, home),
  'its error': (dsn) => {
    const { fault } = readDsn(dsn);
    return fault === null ? '' : faultText(fault);
  },
};

describe.each(Object.entries(printed))('%s', (_name, print) => {
  test.each(NASTY_DSNS)('$dsn', ({ dsn, pieces }) => {
    for (const piece of pieces) expect(print(dsn)).not.toContain(piece);
  });
});

describe('maskDsn', () => {
  it.each([
    ['postgres://u:p@h:5432/db', 'postgres://u:••••@h:5432/db'],
    [
      'postgres://u@h/db?password=secret&sslpassword=x%20y',
      'postgres://u@h/db?password=••••&sslpassword=••••',
    ],
    [
      'postgres://admin:s3cr3t@a/demo?password=s3cr3t&sslmode=require',
      'postgres://admin:••••@a/demo?password=••••&sslmode=require',
    ],
    ['postgresql://a,b/demo?user=x&sslpassword=s3cr3t', 'postgresql://a,b/demo?user=x&sslpassword=••••'],
    ['postgres://u:p@[::1]:5432,[fe80::2]/db', 'postgres://u:••••@[::1]:5432,[fe80::2]/db'],
    ['postgres://u@[::1]:5432/db', 'postgres://u@[::1]:5432/db'],
    ["host=h password='it\\'s' user=u password=again", 'host=h password=•••• user=u password=••••'],
    ['host=h user=u', 'host=h user=u'],
    ["host=h password='' user=u", 'host=h password=•••• user=u'],
    ['password=s3\\ cr3t host=a', 'password=•••• host=a'],
    ['host=a passfile=/etc/pgpass', 'host=a passfile=/etc/pgpass'],
    ['', ''],
    ['10.1.0.4:5432/orders', '10.1.0.4:5432/orders'],
    ['localhost', 'localhost'],
    // What cannot be read is shown as far as it is beyond doubt.
    ['postgres://u:se/cr@et@h/db', 'postgres://u:••••@h/db'],
    ['postgres://u:se@cret@h:1/db?sslmode=require&x', 'postgres://u:••••@h:1/db?sslmode=require&••••'],
    ["hots=h password='not closed", 'hots=•••• password=••••'],
    ['hots=h password = x y', 'hots=•••• password = ••••'],
    ['host=h pass', 'host=h pass'],
    ['host=h port 5432', 'host=h ••••'],
  ])('%s', (text, masked) => {
    expect(maskDsn(text)).toBe(masked);
  });

  it('shows the same when what it showed is masked again', () => {
    for (const { dsn } of NASTY_DSNS) expect(maskDsn(maskDsn(dsn)), dsn).toBe(maskDsn(dsn));
  });
});

describe('withoutMasked', () => {
  it.each([
    ['host=a password=s3cr3t dbname=b', 'host=a dbname=b'],
    ["password='s 3' host=a sslpassword=x", 'host=a'],
    ['postgres://u:s3cr3t@a:5432/b?sslmode=require', 'postgres://u@a:5432/b?sslmode=require'],
    ['postgres://u@a/b?password=x&sslmode=require', 'postgres://u@a/b?sslmode=require'],
    ['postgres://u:x@a/b?ssl=true&password=x', 'postgres://u@a/b?ssl=true'],
    ['postgres://u@a/b?password=x', 'postgres://u@a/b'],
    ['host=a', 'host=a'],
    ['postgres://u@a/b?sslmode=require', 'postgres://u@a/b?sslmode=require'],
  ])('of %s is %s', (dsn, bare) => {
    expect(withoutMasked(maskDsn(dsn))).toBe(bare);
  });
});

describe('places', () => {
  it.each([
    ['postgres://a:••••@10.1.0.4:5433/orders', '10.1.0.4:5433', 'orders'],
    ['postgresql://a@db.example/orders?sslmode=require', 'db.example:5432', 'orders'],
    ["host=10.2.0.4 port=5434 dbname='a b'", '10.2.0.4:5434', 'a b'],
    ["hostaddr='10.2.0.5' dbname=a", '10.2.0.5:5432', 'a'],
    ['postgres://a:1,[::1]:2/x', 'a:1,[::1]:2', 'x'],
    ['postgres://u:p@h:5432/orders?ssl', 'h:5432', 'orders'],
    ['dbname=a', '', 'a'],
    ['', '', null],
    ['host=a,b,c port=1,2', '', null],
  ])('%s stands at %s, database %s', (dsn, place, database) => {
    expect(placeOf(dsn)).toBe(place);
    expect(databaseOf(dsn)).toBe(database);
  });

  it('has an address without user and password', () => {
    expect(addressOf('postgres://u:p@h:5433/db', home)).toBe('h:5433/db');
    expect(addressOf('postgres://u:p@[::1]/db', home)).toBe('[::1]:5432/db');
    expect(addressOf('host=a,b user=u', home)).toBe('a:5432,b:5432/u');
    expect(addressOf('host=/run user=u', home)).toBe('/run:5432/u');
    expect(addressOf('dbname=x', home)).toBe('/tmp:5432/x');
    expect(addressOf('host=h', home)).toBe('h:5432/me');
    expect(addressOf('nonsense', home)).toBe('');
  });
});

/** The same numbers for the same seed. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

describe('any password', () => {
  // Letters that no keyword, host or mask has, so that a piece of two of them is a piece of the password.
  const LETTERS = [...'QWXZJKV'];
  const SIGNS = [...' \t\n\'"\\/@:?#&=%[],;+$`•é😀'];

  function password(random: () => number): string {
    const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
    let text = '';
    for (let n = 1 + Math.floor(random() * 6); n > 0; n--) {
      for (let k = 2 + Math.floor(random() * 3); k > 0; k--) text += pick(LETTERS);
      if (random() < 0.8) text += pick(SIGNS);
      if (random() < 0.15) text += pick(SIGNS);
    }
    return text;
  }

  const pieces = (secret: string): string[] => secret.match(/[QWXZJKV]{2,}/g) ?? [];
  const escaped = (text: string) => text.replace(/[\\']/g, '\\$&');
  const FORMS: Record<string, (secret: string) => string> = {
    'URI, encoded': (secret) => `postgres://u:${encodeURIComponent(secret)}@h:5432/db`,
    'URI, as it is': (secret) => `postgres://u:${secret}@h:5432/db?sslmode=require`,
    'parameter, encoded': (secret) => `postgres://u@h/db?x=1&password=${encodeURIComponent(secret)}`,
    'parameter, as it is': (secret) => `postgres://u@h/db?sslmode=require&sslpassword=${secret}`,
    'pair, quoted': (secret) => `host=h password='${escaped(secret)}' user=u`,
    'pair, bare': (secret) => `host=h password=${secret} user=u`,
    'pair, its quotes not escaped': (secret) => `host=h password='${secret}' user=u`,
    'pair, blanks escaped': (secret) => `host=h password=${secret.replace(/[\s\\]/g, '\\$&')} user=u`,
  };

  it.each(Object.entries(FORMS))('comes out nowhere: %s', (_form, dsnOf) => {
    for (let seed = 1; seed <= 3000; seed++) {
      const secret = password(seeded(seed));
      const dsn = dsnOf(secret);
      for (const [name, print] of Object.entries(printed)) {
        const out = print(dsn);
        for (const piece of pieces(secret)) {
          if (out.includes(piece)) expect.fail(`seed ${seed}, ${name}: ${dsn} gives ${out}`);
        }
      }
      const inText = maskSecrets(`could not connect\nDETAIL:  dsn was: ${dsn}`);
      // A bare or badly quoted value has no end that text alone could tell.
      if (!/bare|as it is|not escaped/.test(_form)) {
        for (const piece of pieces(secret)) {
          if (inText.includes(piece)) expect.fail(`seed ${seed}, text: ${dsn} gives ${inText}`);
        }
      }
    }
  });

  it('is read back as it was written', () => {
    for (let seed = 1; seed <= 2000; seed++) {
      const secret = password(seeded(seed));
      expect(parseDsn(FORMS['URI, encoded']?.(secret) ?? '').values.get('password')).toBe(secret);
      expect(parseDsn(FORMS['pair, quoted']?.(secret) ?? '').values.get('password')).toBe(secret);
      expect(parseDsn(formatDsn([['password', secret]])).values.get('password')).toBe(secret);
    }
  });

  it('any text at all is masked without an exception', () => {
    for (let seed = 1; seed <= 5000; seed++) {
      const text = ['', 'postgres://', 'host=', 'password='][seed % 4] + password(seeded(seed));
      readDsn(text);
      maskDsn(text);
      maskSecrets(text);
    }
  });
});

describe('a text that a server chose', () => {
  const LENGTH = 1 << 18;
  const BOMBS = [
    'a-',
    'a://:',
    'a://:a@',
    '://\n',
    '://',
    'password ',
    'password=',
    "password='",
    "password=''",
    'password $a$ ',
    'password="\\',
    'postgres://u:',
    'host=a ',
    'hots=a ',
    'hots= ',
    "a='\\",
    'a,',
    '[',
    '[::1],',
    '%',
    '=',
    '&',
    '?x&',
    ' ',
    '\n',
    'missing "=" after ',
    'could not translate host name "',
    '"',
    "'",
    '\\',
    '_key ',
    'http://a/b?',
    'é',
  ];

  it.each(BOMBS)('%j again and again takes no longer than its length', (piece) => {
    const text = piece.repeat(LENGTH / piece.length);
    for (const before of ['', 'postgres://u:x@h/', 'postgres://', 'host=h ', 'host=h password=x ']) {
      const start = process.cpuUsage();
      maskDsn(before + text);
      maskSecrets(before + text);
      addressOf(before + text, home);
      // Of this process alone: others may be at work on the machine.
      const { user, system } = process.cpuUsage(start);
      const ms = (user + system) / 1000;
      // Quadratic, it takes tens of seconds.
      expect(ms, `after ${before}`).toBeLessThan(1500);
    }
  });
});
