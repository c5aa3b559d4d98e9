/**
 * Every fault in the rollback of a deploy, while each of its steps is taken back. What must hold is in
 * server/testing/rollback-trial.ts; TRIAL_ONLY and TRIAL_SHARE as in deploy.trial.ts.
 */
import type { Fault } from '#server/testing/deploy-fault.ts';
import { WAYS } from '#server/testing/deploy-ground.ts';
import { type RollbackTrial, shownRollback, tryRollback } from '#server/testing/rollback-trial.ts';
import { declareTrials } from '#server/testing/trials.ts';

/** In the order in which they are taken back. */
const STEPS = ['subscribe:n1:n2', 'seed:n2', 'hold:n2', 'sets:n1', 'node:n2', 'node:n1', 'extension:n2'];

const BOTH = [1, 2] as const;
const FAULTS: Fault[] = [
  { kind: 'cancel' },
  { kind: 'kill' },
  ...WAYS.map((way): Fault => ({ kind: 'cut', way, mended: 'before' })),
  ...BOTH.map((node): Fault => ({ kind: 'sessions', node })),
  ...BOTH.map((node): Fault => ({ kind: 'crash', node, mended: 'before' })),
  ...BOTH.map((node): Fault => ({ kind: 'lock', node, mended: 'before' })),
];
const WRITERS: (readonly (1 | 2)[])[] = [[], [1], [1, 2]];
/** What applications have written on n2 keeps the copy, and all that came before it. */
const WITH_N2: ReadonlySet<string> = new Set(['subscribe:n1:n2', 'seed:n2']);

function* trials(): Generator<RollbackTrial> {
  let turn = 0;
  for (const step of STEPS) {
    for (const fault of FAULTS) {
      const writers = (WRITERS[turn++ % WRITERS.length] ?? []).filter((n) => n === 1 || WITH_N2.has(step));
      yield { step, fault, writers };
    }
    // One fault meets other writers at each step.
    turn++;
  }
}

declareTrials(trials(), shownRollback, tryRollback);
