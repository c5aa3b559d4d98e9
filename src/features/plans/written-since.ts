/** What the operator may say about a run that has stopped. What may be done with it at all, the run says itself. Pure. */
import type { Run } from '#core/model/plan.ts';

/** A rollback has left rows that others wrote since: only the operator's own word lets them be dropped. */
export const hasWrittenSince = (run: Run): boolean =>
  run.direction === 'back' &&
  (run.leftToDo.some(({ code }) => code === 'written-since') ||
    run.steps.some(({ state, error }) => state === 'failed' && error?.code === 'written-since'));
