/** Why a plan is not run now, or a run not gone on with: rules of the server and the mock world, in their words. */
import type { Plan, PlanProblem, Run } from '#core/model/plan.ts';

export interface Refused {
  /** Of the contract's errors. */
  code: 'CONFLICT' | 'UNPROCESSABLE_CONTENT';
  message: string;
  issues: { path: string[]; code: string; message: string; remedy: string }[];
}

const conflict = (message: string): Refused => ({ code: 'CONFLICT', message, issues: [] });

/** A plan with problems is not run. Null: it has none. */
export function planRefused({ problems }: { problems: readonly PlanProblem[] }): Refused | null {
  if (problems.length === 0) return null;
  return {
    code: 'UNPROCESSABLE_CONTENT',
    message: `This plan cannot be run: ${problems.map(({ message }) => message).join(' ')}`,
    issues: problems.map(({ code, message, remedy }) => ({ path: [], code, message, remedy })),
  };
}

/** One run at a time changes a cluster. `underWay`: the run that does now. */
export const secondRefused = (underWay: Pick<Run, 'id' | 'title'>): Refused =>
  conflict(`Run ${underWay.id} (${underWay.title}) is under way. Wait until it ends, or cancel it.`);

/** What is so is not what was planned on; a fresh plan goes with it. */
export const changedRefused = ({ cluster }: Pick<Plan, 'cluster'>): Refused =>
  conflict(`${cluster} has changed since this plan was made. Check the new plan, and run that.`);

const DONE = { cancel: 'cancelled', resume: 'resumed', rollback: 'rolled back' } as const;

/** By what the run itself says may be done with it. Null: it may. */
export function actRefused(
  { id, state, allowed }: Pick<Run, 'id' | 'state' | 'allowed'>,
  act: keyof typeof DONE,
): Refused | null {
  if (allowed[act]) return null;
  if (act === 'cancel') return conflict(`Run ${id} is not under way, it is ${state}.`);
  return conflict(`Run ${id} is ${state}; it cannot be ${DONE[act]}. ${remedyOf(state, allowed)}`.trim());
}

function remedyOf(state: Run['state'], { why, rollback }: Run['allowed']): string {
  if (why !== null) return why;
  if (state === 'succeeded') return 'Plan the opposite instead.';
  return rollback ? 'It was being rolled back: finish rolling it back.' : '';
}

export const proofRefused = (run: string, step: string): Refused =>
  conflict(`Step ${step} of run ${run} is not comparing anything now.`);
