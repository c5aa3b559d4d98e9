/**
 * For tests: a deploy on two servers that meets one fault at one step, and is then taken back or gone on with. What is held
 * against it afterwards is the whole of both servers, and what applications have committed meanwhile.
 */
import { expect } from 'vitest';
import type { Run } from '#core/model/plan.ts';
import type { ConsoleChildren } from './console-child.ts';
import { type Going, inChild, inProcess, type Next } from './deploy-console.ts';
import { type Fault, shownFault, strike } from './deploy-fault.ts';
import type { Ground } from './deploy-ground.ts';
import { holdsAsBefore, holdsAsCluster, saidOf, sourceHolds } from './deploy-holds.ts';
import { type DeployTrialEnd, onGround } from './trial-ground.ts';
import { startWriter } from './writers.ts';

export interface DeployTrial {
  /** A step's id; the fault comes as soon as it runs, or has run. */
  step: string;
  fault: Fault;
  next: Next;
  /**
   * Nodes on which applications write until the end: on the source from the beginning, on the receiver as soon as it is held,
   * since what is written there before makes the run fail, and rightly.
   */
  writers: readonly (1 | 2)[];
}

export const shownTrial = ({ step, fault, next, writers }: DeployTrial): string =>
  `${shownFault(fault, next)} at ${step}, ${next}${writers.length > 0 ? `, applications write on ${writers.map((n) => `n${n}`).join(' and ')}` : ''}`;

export const stateOf = (run: Run, step: string) => run.steps.find(({ id }) => id === step)?.state;
export const hasBegun = (step: string) => (run: Run) => (stateOf(run, step) ?? 'waiting') !== 'waiting';
export const isHeld = (step: string) => (run: Run) =>
  stateOf(run, 'hold:n2') === 'done' || hasBegun(step)(run);

/**
 * Runs one trial; throws TrialFailure with what does not hold. A deploy that has succeeded in spite of its fault is checked as a
 * success. `consoles`: built already, for those that are killed.
 */
export function tryDeploy(trial: DeployTrial, consoles: ConsoleChildren) {
  const { fault, writers } = trial;
  // Applications on n2 need their tables there, and so does who locks one.
  const tables = writers.includes(2) || (fault.kind === 'lock' && fault.node === 2);
  return onGround({ tables }, async (ground, dataDir, runs) => {
    const { request } = ground;
    const going = await (fault.kind === 'kill'
      ? inChild(request, dataDir, consoles)
      : inProcess(request, dataDir));
    try {
      return await meet(trial, ground, going, runs);
    } finally {
      await going.close();
    }
  });
}

export function writeOn(node: 1 | 2, { servers, writers }: Ground): void {
  // Nobody adds them up on n2: there is one node that counts.
  writers.push(startWriter({ node, dsn: servers.dsn(node), counters: node === 1 }));
}

async function meet(trial: DeployTrial, ground: Ground, going: Going, runs: Run[]): Promise<DeployTrialEnd> {
  const { fault, next, step } = trial;
  if (trial.writers.includes(1)) writeOn(1, ground);
  if (trial.writers.includes(2)) {
    const held = await going.reached(isHeld(step));
    if (stateOf(held, 'hold:n2') === 'done') writeOn(2, ground);
  }
  const reached = await going.reached(hasBegun(step));
  const struck = stateOf(reached, step);
  expect(struck, 'the plan has such a step, and it was reached').toMatch(/running|done|skipped/);
  const mend = await strike(fault, ground, going);
  const stopped = await going.ended();
  runs.push(stopped);
  const told = { struck: String(struck), stopped: stopped.state };
  if (stopped.state === 'succeeded') {
    await mend();
    await holdsAsCluster(ground);
    return { ...told, tries: 0 };
  }
  expect(['failed', 'cancelled', 'interrupted']).toContain(stopped.state);
  const { tries, run } = await goOn(trial, ground, going, mend, runs);
  if (next === 'resume') {
    expect(run.state, saidOf(run)).toBe('succeeded');
    await holdsAsCluster(ground);
    return { ...told, tries };
  }
  // What was deleted on a server is not known any more when its statistics went with it.
  const mayKeep = trial.writers.includes(2) || (fault.kind === 'crash' && fault.node === 2);
  await holdsAsBefore(ground, run, mayKeep, async () => {
    const dropped = await going.ask('rollback', true);
    runs.push(dropped);
    return dropped;
  });
  return { ...told, tries };
}

/** A rollback that keeps rows, and has nothing else to do: another one would say the same. */
export const isKept = ({ state, direction, leftToDo }: Run): boolean =>
  state === 'failed' &&
  direction === 'back' &&
  leftToDo.length > 0 &&
  leftToDo.every(({ code }) => KEPT.has(code));

const KEPT: ReadonlySet<string> = new Set(['written-since', 'not-known', 'after-others', 'others-depend']);

/** Asks until it is over, three times at most once the fault is mended. */
async function goOn(
  { fault, next }: DeployTrial,
  ground: Ground,
  going: Going,
  mend: () => Promise<void>,
  runs: Run[],
): Promise<{ tries: number; run: Run }> {
  const ask = async (): Promise<Run> => {
    const run = await going.ask(next);
    runs.push(run);
    return run;
  };
  const over = (run: Run) => run.state === 'rolled-back' || run.state === 'succeeded' || isKept(run);
  let run: Run | null = null;
  let tries = 0;
  if ('mended' in fault && fault.mended === 'after') {
    // Asked while it is still so: it may fail, and must not do harm.
    run = await ask();
    if (!(fault.kind === 'crash' || fault.kind === 'lock') || fault.node === 2) await sourceHolds(ground);
  }
  await mend();
  while (tries < 3 && (run === null || !over(run))) {
    run = await ask();
    tries++;
  }
  return { tries, run: run as Run };
}
