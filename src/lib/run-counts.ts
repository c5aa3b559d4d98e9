/** How the steps of a run stand, counted. Pure. */
import type { Run, RunStep } from '#core/model/plan.ts';
import { isFinished } from '#core/run/machine.ts';

/** Steps of which something is left. */
export const leftSteps = (run: Pick<Run, 'leftToDo'>): ReadonlySet<string> =>
  new Set(run.leftToDo.map(({ step }) => step));

/** It has ended well or was skipped, and leaves something to be known: neither plainly done nor not needed. */
export const isKnow = (state: Pick<RunStep, 'state' | 'know'>): boolean =>
  state.know !== null && isFinished(state);

export interface RunCounts {
  done: number;
  skipped: number;
  /** Ended, and leaving something to be known; not among those done or skipped. */
  know: number;
  /** Those that wait for somebody are not among them. */
  running: number;
  /** Begun, and waiting for somebody to do something outside the console. */
  held: number;
  failed: number;
  waiting: number;
  undone: number;
  /** A rollback has left something of them. */
  left: number;
}

/** It runs, yet what goes on is somebody's turn. */
export const isHeld = (step: Pick<RunStep, 'state' | 'waitsFor'>): boolean =>
  step.state === 'running' && step.waitsFor !== null;

export function countsOf(run: Run): RunCounts {
  const counts: RunCounts = {
    done: 0,
    skipped: 0,
    know: 0,
    running: 0,
    held: 0,
    failed: 0,
    waiting: 0,
    undone: 0,
    left: 0,
  };
  const left = leftSteps(run);
  const kind = (step: RunStep): keyof RunCounts => {
    if (left.has(step.id) && step.state !== 'failed') return 'left';
    return isKnow(step) ? 'know' : isHeld(step) ? 'held' : step.state;
  };
  for (const step of run.steps) counts[kind(step)] += 1;
  return counts;
}

/** Steps whose work stands: what a rollback takes back. One whose proof was ended has moved all it was to move. */
export const standing = (run: Pick<Run, 'steps'>): RunStep[] =>
  run.steps.filter((step) => step.state === 'done' || isKnow(step));
