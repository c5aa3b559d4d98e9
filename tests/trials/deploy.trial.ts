/**
 * Every fault at every step of a deploy, taken back and gone on with: the console killed or cancelled, each way between console
 * and nodes and between the nodes cut, sessions ended, servers killed, tables locked, with applications that write on one node or
 * on both. What must hold is in server/testing/deploy-trial.ts. TRIAL_ONLY: words that a trial's name must have, as a regular
 * expression; TRIAL_SHARE: `2/3` runs the second of each three; TRIAL_AT_ONCE: so
 * many side by side, since most of a trial is waiting.
 */
import type { Fault, Mended } from '#server/testing/deploy-fault.ts';
import { WAYS } from '#server/testing/deploy-ground.ts';
import { type DeployTrial, shownTrial, tryDeploy } from '#server/testing/deploy-trial.ts';
import { declareTrials } from '#server/testing/trials.ts';

/** Steps of a deploy of two nodes, the second seeded from the first, in the order in which they run. */
const STEPS = [
  'extension:n2',
  'node:n2',
  'sets:n1',
  'hold:n2',
  'seed:n2',
  'subscribe:n1:n2',
  'links',
  'mark:n1',
  'compare',
];

const MENDED: readonly Mended[] = ['before', 'after'];
const BOTH = [1, 2] as const;

const FAULTS: Fault[] = [
  { kind: 'cancel' },
  { kind: 'kill' },
  ...WAYS.flatMap((way) => MENDED.map((mended): Fault => ({ kind: 'cut', way, mended }))),
  ...BOTH.map((node): Fault => ({ kind: 'sessions', node })),
  ...BOTH.flatMap((node) => MENDED.map((mended): Fault => ({ kind: 'crash', node, mended }))),
  ...BOTH.flatMap((node) => MENDED.map((mended): Fault => ({ kind: 'lock', node, mended }))),
];

const WRITERS: (readonly (1 | 2)[])[] = [[], [1], [1, 2]];

/** Every fault at every step, each way out and each set of writers in turn, so that each pair of them is met. */
function* trials(): Generator<DeployTrial> {
  let turn = 0;
  for (const step of STEPS) {
    for (const fault of FAULTS) {
      for (const next of ['rollback', 'resume'] as const) {
        yield { step, fault, next, writers: WRITERS[turn++ % WRITERS.length] ?? [] };
      }
    }
  }
}

declareTrials(trials(), shownTrial, tryDeploy);
