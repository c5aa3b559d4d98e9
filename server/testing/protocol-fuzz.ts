/**
 * For tests: a server that goes wrong in one phase of a connection, in a way that follows from a seed. What it says is what a
 * real server said, spoiled: bytes changed, lengths that lie, messages left out, doubled, swapped, put in, cut off; text and
 * values that are made to keep a reader busy; answers without an end.
 */
import type { Socket } from 'node:net';
import { hostileAnswer, hostileText, loose } from './hostile-answers.ts';
import type { Say, Script } from './scripted-server.ts';
import { seeded } from './seeded.ts';
import { messagesOf, spoil } from './spoiled-bytes.ts';
import { authentication, complete, failure, int16, message, oneRow, ready, sasl } from './wire-messages.ts';

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
      const notices = Array.from({ length: 1 + random.int(5) }, () => hostileText(random, 'N'));
      for (const notice of notices) parts.splice(random.int(parts.length), 0, notice);
      return inAnswer(Buffer.concat(parts));
    },
    error: () => inAnswer(Buffer.concat([hostileText(random, 'E'), ready(random.pick(['I', 'E', 'T']))])),
  };
  const [how, script] = scripts[phase]();
  return { seed, phase, how, script };
}
