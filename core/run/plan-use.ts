/** Whether a plan that was run may be run once more: a rule of the server, the mock and the page. */
import type { Run } from '#core/model/plan.ts';

type Used = Pick<Run, 'id' | 'state' | 'direction' | 'leftToDo'>;

/** What its run did was all taken back, and nothing is left. Whether the plan still fits is asked when it is run. */
export const mayRunAgain = ({ state, leftToDo }: Pick<Run, 'state' | 'leftToDo'>): boolean =>
  state === 'rolled-back' && leftToDo.length === 0;

/** `over`: nothing more comes of that run, so that a fresh plan is what helps. */
export interface PlanUse {
  words: string;
  over: boolean;
}

/** Why the plan is not run again: its newest run. Null: nothing is in the way. */
export function usedBy(newest: Used | undefined): PlanUse | null {
  if (newest === undefined || mayRunAgain(newest)) return null;
  const run = `Run ${newest.id} used this plan`;
  switch (newest.state) {
    case 'running':
    case 'waiting-for-operator':
      return { words: `Run ${newest.id} is running this plan. Wait until it ends.`, over: false };
    case 'succeeded':
      return { words: `${run} and succeeded. Make a new plan, check it, and run that.`, over: true };
    case 'rolled-back':
      return {
        words: `${run}, was rolled back, and left something to do. Do that first, then plan again.`,
        over: true,
      };
    case 'failed':
    case 'cancelled':
    case 'interrupted':
      return {
        words:
          newest.direction === 'back'
            ? `${run} and is partly rolled back. Finish rolling it back.`
            : `${run} and is ${newest.state}. Resume that run or roll it back, or plan again from the current state.`,
        over: false,
      };
  }
}
