/**
 * For tests: a deploy on two servers that is rolled back when nearly all is made, and the rollback meets a fault in the midst of one
 * step. Rolled back again, both servers are as before.
 */
import { expect } from 'vitest';
import type { Run } from '#core/model/plan.ts';
import type { ConsoleChildren } from './console-child.ts';
import { type Going, inChild, inProcess } from './deploy-console.ts';
import { type Fault, shownFault, strike } from './deploy-fault.ts';
import type { Ground } from './deploy-ground.ts';
import { holdsAsBefore, saidOf, sourceHolds } from './deploy-holds.ts';
import { type DeployTrial, hasBegun, isHeld, isKept, writeOn } from './deploy-trial.ts';
import { type DeployTrialEnd, onGround } from './trial-ground.ts';

/** `step`: the fault comes as soon as it is being taken back, or has been. */
export type RollbackTrial = Pick<DeployTrial, 'step' | 'writers'> & { fault: Fault };

export const shownRollback = ({ step, fault, writers }: RollbackTrial): string =>
  `${shownFault(fault, 'second rollback')} while ${step} is taken back${writers.length > 0 ? `, applications write on ${writers.map((n) => `n${n}`).join(' and ')}` : ''}`;

/** The last step but the comparison: of a run that has succeeded nothing is taken back. */
const STOPPED_AT = 'mark:n1';

const takesBack = (step: string) => (run: Run) => {
  const it = run.steps.find(({ id }) => id === step);
  return run.direction === 'back' && (it?.note === 'being undone' || it?.state === 'undone');
};

/** Throws TrialFailure with what does not hold. */
export function tryRollback(trial: RollbackTrial, consoles: ConsoleChildren) {
  const { fault, writers } = trial;
  const tables = writers.includes(2) || (fault.kind === 'lock' && fault.node === 2);
  return onGround({ tables }, async (ground, dataDir, runs) => {
    const { request } = ground;
    let going = await inProcess(request, dataDir);
    try {
      if (writers.includes(1)) writeOn(1, ground);
      await going.reached(isHeld(STOPPED_AT));
      if (writers.includes(2)) writeOn(2, ground);
      await going.reached(hasBegun(STOPPED_AT));
      await going.stop();
      const made = await going.ended();
      runs.push(made);
      expect(made.state).toBe('cancelled');
      if (fault.kind === 'kill') {
        await going.close();
        going = await inChild(request, dataDir, consoles, 'rollback');
      } else await going.begin('rollback');
      return await meet(trial, ground, going, runs);
    } finally {
      await going.close();
    }
  });
}

async function meet(
  { fault, step, writers }: RollbackTrial,
  ground: Ground,
  going: Going,
  runs: Run[],
): Promise<DeployTrialEnd> {
  const reached = await going.reached(takesBack(step));
  const of = reached.steps.find(({ id }) => id === step);
  expect(takesBack(step)(reached), `${step} is taken back: ${saidOf(reached)}`).toBe(true);
  const struck = of?.note === 'being undone' ? 'running' : String(of?.state);
  const mend = await strike(fault, ground, going);
  let run = await going.ended();
  runs.push(run);
  const stopped = run.state;
  await mend();
  await sourceHolds(ground);
  let tries = 0;
  for (; tries < 3 && run.state !== 'rolled-back' && !isKept(run); tries++) {
    run = await going.ask('rollback');
    runs.push(run);
  }
  const mayKeep = writers.includes(2) || (fault.kind === 'crash' && fault.node === 2);
  await holdsAsBefore(ground, run, mayKeep, async () => {
    const dropped = await going.ask('rollback', true);
    runs.push(dropped);
    return dropped;
  });
  return { struck, stopped, tries };
}
