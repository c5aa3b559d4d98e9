/**
 * A node added to three that are written to: five times left alone, and cancelled and killed in each step. It takes the real Spock
 * (TRICORDER_PG_BIN). What must hold is in server/testing/join-trial.ts; TRIAL_ONLY and TRIAL_SHARE as in deploy.trial.ts.
 */
import { type JoinTrial, shownJoin, tryJoin } from '#server/testing/join-trial.ts';
import { declareTrials } from '#server/testing/trials.ts';

const TIMES = 5;
/** In the order in which they run. */
const STEPS = [
  'keep:n2',
  'passed',
  'copy',
  'origins',
  'sets:n4',
  'start:n2',
  'caught-up',
  'suspects',
  'back:n1',
  'links',
  'watch',
  'mark:n4',
  'compare',
];

function* trials(): Generator<JoinTrial> {
  for (let turn = 1; turn <= TIMES; turn++) yield { kind: 'join', turn };
  for (const step of STEPS) {
    for (const kind of ['cancel', 'kill'] as const) yield { kind, step };
  }
}

declareTrials(trials(), shownJoin, tryJoin);
