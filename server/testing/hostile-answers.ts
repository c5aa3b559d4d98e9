/** For tests: answers of a server that are well-formed, and made to keep a reader busy or to mislead it. */
import type { Random } from './seeded.ts';
import {
  complete,
  dataRow,
  failure,
  fields,
  int32,
  message,
  ready,
  rowDescription,
} from './wire-messages.ts';

const PIECES = [
  'a-',
  'a://:',
  'password=',
  "password='",
  '://',
  ' ',
  '\n',
  '"',
  '\u202e',
  '\u001b[2J',
  'é',
  '😀',
  '%',
  '\\',
  '{',
  '[',
];

/** An error or a notice as nobody writes it. */
export function hostileText(random: Random, type: 'E' | 'N'): Buffer {
  const long = (): string => {
    const piece = random.pick(PIECES);
    return piece.repeat(random.pick([1, 10, 1000, 100_000]) / piece.length + 1);
  };
  const letters = random.pick(['SVCM', 'M', 'SVCMDHPpqWstcdnFLR', 'C', 'SMZ\u0001', 'MMMM', '']);
  if (random.one(3))
    return failure(
      random.pick(['42P01', '57P01', '28000', '53300', '0A000', '26000', 'XX000', '']),
      long(),
      type,
    );
  return fields(Object.fromEntries([...letters].map((letter) => [letter, long()])), type);
}

export function loose(random: Random): Buffer[] {
  return [
    hostileText(random, 'N'),
    hostileText(random, 'E'),
    message('S', 'TimeZone\0UTC\0'),
    message('A', Buffer.concat([int32(1), Buffer.from('channel\0payload\0')])),
    ready('E'),
    complete(),
    message(String.fromCharCode(random.int(256)), Buffer.alloc(random.int(50), random.int(256))),
  ];
}

/** Well-formed, and made to keep a reader busy or to mislead it. */
export function hostileAnswer(random: Random): Buffer {
  const types = [
    16,
    17,
    20,
    21,
    23,
    25,
    26,
    114,
    199,
    600,
    700,
    718,
    1000,
    1001,
    1009,
    1016,
    1082,
    1114,
    1115,
    1182,
    1184,
    1186,
    1187,
    1231,
    3802,
    3807,
    2 ** 32 - 1,
  ];
  const names = ['it', '__proto__', 'constructor', 'pid', '', 'x'.repeat(1000), '\u202e', 'toString'];
  const columns = Object.fromEntries(
    Array.from({ length: random.int(6) }, (_, n) => [
      `${random.pick(names)}${n === 0 ? '' : n}`,
      random.pick(types),
    ]),
  );
  const piece = random.pick([
    '1',
    '{',
    '[',
    '{"a":',
    '1,',
    ' ',
    '\\',
    '<(',
    '-',
    '9999-01-01 ',
    '"',
    'x',
    '\0'.replace('\0', 'y'),
  ]);
  const values = Object.keys(columns).map(() =>
    random.pick([null, '', piece.repeat(random.pick([1, 1000, 300_000]))]),
  );
  const rows = Array.from({ length: random.int(4) }, () => dataRow(...values));
  const one = Buffer.concat([
    rowDescription(columns),
    ...rows,
    complete(random.pick(['SELECT 1', 'BEGIN', 'x'.repeat(20_000), 'INSERT 0 99999999999999999999'])),
  ]);
  return Buffer.concat([...Array(1 + random.int(30)).fill(one), ready(random.pick(['I', 'T', 'E']))]);
}
