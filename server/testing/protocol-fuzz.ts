/**
 * For tests: a server that goes wrong in one phase of a connection, in a way that follows from a seed. What it says is what a
 * real server said, spoiled: bytes changed, lengths that lie, messages left out, doubled, swapped, put in, cut off; text and
 * values that are made to keep a reader busy; answers without an end.
 */
import type { Socket } from 'node:net';
import type { Say, Script } from './scripted-server.ts';
import { type Random, seeded } from './seeded.ts';
import {
  authentication,
  complete,
  dataRow,
  failure,
  fields,
  int16,
  int32,
  message,
  oneRow,
  ready,
  rowDescription,
  sasl,
} from './wire-messages.ts';

export const PHASES = [
  'tls',
  'startup',
  'authentication',
  'ready',
  'query',
  'copy',
  'notice',
  'error',
] as const;
export type Phase = (typeof PHASES)[number];

export interface Spoiled {
  seed: number;
  phase: Phase;
  /** What was done, for whoever looks into a failure. */
  how: string;
  script: Script;
}

/** `answers`: of a real server, its greeting first, then the answer to each question of the console in order. */
export function spoiled(seed: number, answers: readonly Buffer[]): Spoiled {
  const random = seeded(seed);
  const phase = PHASES[seed % PHASES.length] as Phase;
  const greeting = answers[0] as Buffer;
  const turn = random.int(Math.max(answers.length - 1, 1));
  const well = (asked: number): Buffer => answers[1 + asked] ?? oneRow('x');
  /** All as it should be, but for one answer. */
  const inAnswer = (base: Buffer): [string, Script] => {
    const [how, say] = spoil(base, random);
    return [
      `${how}, answer ${turn}`,
      { startup: greeting, question: (_text, asked) => (asked === turn ? say : well(asked)) },
    ];
  };
  const scripts: Record<Phase, () => [string, Script]> = {
    tls: () => {
      const [how, say] = spoil(
        random.pick([Buffer.from('N'), Buffer.from('S'), failure('08P01', 'no')]),
        random,
      );
      return [how, { tls: say, startup: greeting, question: (_text, asked) => well(asked) }];
    },
    startup: () => {
      const [how, say] = spoil(greeting, random);
      return [how, { startup: say, question: (_text, asked) => well(asked) }];
    },
    authentication: () => {
      const steps = random.pick([
        [authentication(3)],
        [authentication(5, 'salt')],
        [
          sasl('SCRAM-SHA-256-PLUS', 'SCRAM-SHA-256'),
          authentication(11, 'r=x,s=c2FsdA==,i=4096'),
          authentication(12, 'v=eA=='),
        ],
        [authentication(random.int(14))],
        [authentication(random.int(2 ** 31), 'x'.repeat(random.int(100)))],
      ]);
      const bad = random.int(steps.length + 1);
      const [how, say] = spoil(steps[bad] ?? greeting, random);
      const at = (step: number): Say => (step === bad ? say : (steps[step] ?? greeting));
      return [
        `${how}, step ${bad}`,
        {
          startup: at(0),
          password: (_sent, asked) => at(asked + 1),
          question: (_text, asked) => well(asked),
        },
      ];
    },
    // What nobody asked for.
    ready: () => {
      const [how, say] = spoil(random.pick([...loose(random), well(0)]), random);
      const startup = (socket: Socket) => {
        socket.write(greeting);
        if (typeof say === 'function') say(socket);
        else socket.write(say);
      };
      return [how, { startup, question: (_text, asked) => well(asked) }];
    },
    query: () => inAnswer(random.one(4) ? hostileAnswer(random) : well(turn)),
    copy: () => {
      const kind = random.pick(['G', 'H', 'W']);
      const copy = message(kind, Buffer.concat([Buffer.of(random.int(2)), int16(1), int16(0)]));
      const rows = Array.from({ length: random.int(20) }, () => message('d', 'a\tb\n'));
      return inAnswer(Buffer.concat([copy, ...rows, message('c'), complete('COPY 1'), ready()]));
    },
    notice: () => {
      const parts = messagesOf(well(turn));
      const notices = Array.from({ length: 1 + random.int(5) }, () => text(random, 'N'));
      for (const notice of notices) parts.splice(random.int(parts.length), 0, notice);
      return inAnswer(Buffer.concat(parts));
    },
    error: () => inAnswer(Buffer.concat([text(random, 'E'), ready(random.pick(['I', 'E', 'T']))])),
  };
  const [how, script] = scripts[phase]();
  return { seed, phase, how, script };
}

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
function text(random: Random, type: 'E' | 'N'): Buffer {
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

function loose(random: Random): Buffer[] {
  return [
    text(random, 'N'),
    text(random, 'E'),
    message('S', 'TimeZone\0UTC\0'),
    message('A', Buffer.concat([int32(1), Buffer.from('channel\0payload\0')])),
    ready('E'),
    complete(),
    message(String.fromCharCode(random.int(256)), Buffer.alloc(random.int(50), random.int(256))),
  ];
}

/** Well-formed, and made to keep a reader busy or to mislead it. */
function hostileAnswer(random: Random): Buffer {
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

/** Whole messages; what is no message stays as the last part. */
export function messagesOf(bytes: Buffer): Buffer[] {
  const parts: Buffer[] = [];
  let at = 0;
  while (at + 5 <= bytes.length) {
    const end = at + 1 + bytes.readUInt32BE(at + 1);
    if (end > bytes.length || end < at + 5) break;
    parts.push(bytes.subarray(at, end));
    at = end;
  }
  if (at < bytes.length) parts.push(bytes.subarray(at));
  return parts;
}

const LENGTHS = [
  0,
  1,
  3,
  4,
  5,
  6,
  8,
  255,
  30_000,
  30_001,
  65_536,
  2 ** 24,
  2 ** 26,
  2 ** 26 + 1,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32 - 1,
];

type Way = (base: Buffer, random: Random) => Say;

/** In the middle of all else, since most of what is wrong is wrong in one message. */
function inOne(change: (part: Buffer, random: Random) => Buffer): Way {
  return (base, random) => {
    const parts = messagesOf(base);
    const at = random.int(parts.length);
    return Buffer.concat(
      parts.map((part, index) => (index === at ? change(Buffer.from(part), random) : part)),
    );
  };
}

const withLength = (part: Buffer, length: number): Buffer => {
  if (part.length >= 5) part.writeUInt32BE(length >>> 0, 1);
  return part;
};

const WAYS: Record<string, { often: number; way: Way }> = {
  'as it is': { often: 2, way: (base) => base },
  'some bytes changed': {
    often: 8,
    way: (base, random) => {
      const bytes = Buffer.from(base);
      for (let n = 1 + random.int(4); n > 0; n--) bytes[random.int(bytes.length)] = random.int(256);
      return bytes;
    },
  },
  'some bits changed': {
    often: 4,
    way: (base, random) => {
      const bytes = Buffer.from(base);
      const at = random.int(bytes.length);
      bytes[at] = (bytes[at] as number) ^ (1 << random.int(8));
      return bytes;
    },
  },
  'a length that lies': { often: 8, way: inOne((part, random) => withLength(part, random.pick(LENGTHS))) },
  'a length beside the true one': {
    often: 5,
    way: inOne((part, random) => withLength(part, part.length - 1 + random.pick([-4, -2, -1, 1, 2, 4]))),
  },
  'another type': {
    often: 5,
    way: inOne((part, random) => {
      part[0] = random.one(2) ? random.int(256) : random.pick([...'RKSZTDCENAGHWdcV123nstIv']).charCodeAt(0);
      return part;
    }),
  },
  'a body cut short, its length with it': {
    often: 6,
    way: inOne((part, random) => {
      const cut = part.subarray(0, Math.max(5, 5 + random.int(Math.max(part.length - 5, 1))));
      return withLength(Buffer.from(cut), cut.length - 1);
    }),
  },
  'a body with more behind it': {
    often: 4,
    way: inOne((part, random) => {
      const more = Buffer.concat([part, Buffer.alloc(1 + random.int(40), random.int(256))]);
      return withLength(more, more.length - 1);
    }),
  },
  'no zero bytes': {
    often: 4,
    way: inOne((part) => Buffer.from(part.map((byte, at) => (at > 4 && byte === 0 ? 0x41 : byte)))),
  },
  'all zero bytes': { often: 2, way: inOne((part) => part.fill(0, 5)) },
  'a message left out': { often: 4, way: inOne(() => Buffer.alloc(0)) },
  'a message doubled': { often: 4, way: inOne((part) => Buffer.concat([part, part])) },
  'a message a thousand times': {
    often: 2,
    way: inOne((part) => (part.length > 2000 ? part : Buffer.concat(Array(1000).fill(part)))),
  },
  'messages in another order': {
    often: 4,
    way: (base, random) => {
      const parts = messagesOf(base);
      const [moved] = parts.splice(random.int(parts.length), 1);
      if (moved !== undefined) parts.splice(random.int(parts.length + 1), 0, moved);
      return Buffer.concat(parts);
    },
  },
  'a message put in': {
    often: 5,
    way: (base, random) => {
      const parts = messagesOf(base);
      parts.splice(random.int(parts.length + 1), 0, random.pick(loose(random)));
      return Buffer.concat(parts);
    },
  },
  'garbage put in': {
    often: 4,
    way: (base, random) => {
      const at = random.int(base.length + 1);
      const garbage = Buffer.from(Array.from({ length: 1 + random.int(60) }, () => random.int(256)));
      return Buffer.concat([base.subarray(0, at), garbage, base.subarray(at)]);
    },
  },
  'garbage alone': {
    often: 2,
    way: (_base, random) => Buffer.from(Array.from({ length: random.int(3000) }, () => random.int(256))),
  },
  'byte by byte': {
    often: 2,
    way: (base) => (socket) => {
      for (const byte of base.subarray(0, 2000)) socket.write(Buffer.of(byte));
      socket.write(base.subarray(2000));
    },
  },
  'cut off and closed': {
    often: 4,
    way: (base, random) => {
      const cut = base.subarray(0, random.int(base.length + 1));
      return (socket) => socket.end(cut);
    },
  },
  'cut off and reset': {
    often: 3,
    way: (base, random) => {
      const cut = base.subarray(0, random.int(base.length + 1));
      return (socket) => socket.write(cut, () => socket.resetAndDestroy());
    },
  },
  'cut off and silent': { often: 2, way: (base, random) => base.subarray(0, random.int(base.length)) },
  'without an end': {
    often: 1,
    way: (base, random) => {
      const parts = messagesOf(base);
      const at = random.int(parts.length);
      const again = Buffer.concat(Array(200).fill(parts[at] ?? base)).subarray(0, 1 << 20);
      return (socket) => {
        socket.write(Buffer.concat(parts.slice(0, at + 1)));
        const more = () => {
          while (!socket.destroyed && socket.write(again));
        };
        socket.on('drain', more);
        more();
      };
    },
  },
};

const LOTS = Object.entries(WAYS).flatMap(([how, { often, way }]) =>
  Array(often).fill([how, way] as const),
) as [string, Way][];

function spoil(base: Buffer, random: Random): [string, Say] {
  const [how, way] = random.pick(LOTS);
  return [how, way(base, random)];
}
