/** For tests: what a real server said, spoiled: bytes changed, lengths that lie, messages left out, doubled, swapped, cut off, without an end. */
import { loose } from './hostile-answers.ts';
import type { Say } from './scripted-server.ts';
import type { Random } from './seeded.ts';

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

export function spoil(base: Buffer, random: Random): [string, Say] {
  const [how, way] = random.pick(LOTS);
  return [how, way(base, random)];
}
