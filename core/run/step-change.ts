/** How a step of a run goes from one state to the next. Pure: whoever carries a run out keeps what these answer. */
import type { LeftToDo, RunStep } from '#core/model/plan.ts';
import { isOpen } from './taking-back.ts';

/** A step of a run with what a rollback goes by. */
export interface JournalStep extends RunStep {
  /** Units that this run has done or was about to do. A step that is no SQL has one unit, 0. */
  made: number[];
  /** What its taking back has left to do. */
  left: LeftToDo[];
}

export type StepChange = Partial<JournalStep>;
type StepError = NonNullable<RunStep['error']>;

/** A step that has ended waits for nobody and shows no progress. */
const AT_REST = { waitsFor: null, progress: null, proving: false } satisfies StepChange;

/** A step as it stands before anything was done. */
export const emptyStep = (id: string, state: RunStep['state'] = 'waiting'): JournalStep => ({
  id,
  state,
  startedAt: null,
  endedAt: null,
  note: null,
  notices: [],
  facts: [],
  know: null,
  error: null,
  made: [],
  left: [],
  ...AT_REST,
});

/** `at`, here and below: ISO 8601. */
export const begun = (at: string): StepChange => ({
  state: 'running',
  startedAt: at,
  endedAt: null,
  error: null,
  note: null,
  notices: [],
  facts: [],
  know: null,
  left: [],
  ...AT_REST,
});

/** `skipped`: all was so already, or its proof was ended. */
export const finished = (skipped: boolean, at: string): StepChange => ({
  state: skipped ? 'skipped' : 'done',
  endedAt: at,
  ...AT_REST,
});

export const failed = (error: StepError, at: string): StepChange => ({
  state: 'failed',
  endedAt: at,
  error,
  ...AT_REST,
});

/** By the operator, or by a console that stops: it may be begun again. */
export const stopped = (at: string): StepChange => ({
  state: 'waiting',
  endedAt: at,
  note: 'stopped before it was done',
  ...AT_REST,
});

/** The console ended in its midst, and nobody heard how it ended. Null: it was not under way. */
export const interrupted = ({ state }: Pick<RunStep, 'state'>): StepChange | null =>
  state === 'running'
    ? {
        state: 'waiting',
        note: 'the console stopped while this ran; a resume checks what was done',
        ...AT_REST,
      }
    : null;

/** What a resume makes of it: what is done stays so, unless it is to be done once more (`again`). */
export function resumed({ state }: Pick<RunStep, 'state'>, again: boolean): StepChange {
  if (state === 'done' || state === 'skipped') return again ? { state: 'waiting' } : {};
  return { state: 'waiting', error: null, note: null };
}

export const takingBack = (at: string): StepChange => ({
  startedAt: at,
  endedAt: null,
  error: null,
  note: 'being undone',
  notices: [],
  know: null,
  left: [],
});

/** What it made is gone, but for what stands in `left`; of that a further rollback tries what is open. */
export const takenBack = ({ left }: Pick<JournalStep, 'left'>, at: string): StepChange => ({
  state: 'undone',
  endedAt: at,
  note: null,
  ...(left.some(isOpen) ? {} : { made: [] }),
});

/** It stays as it is, for `why`; the rollback has not tried it, so that nothing of it has failed. */
export const kept = (why: string, left: LeftToDo, at: string): StepChange => ({
  endedAt: at,
  note: why,
  left: [left],
});

/** The rollback has tried it, and failed. */
export const notTakenBack = (error: StepError, left: LeftToDo[], at: string): StepChange => ({
  state: 'failed',
  endedAt: at,
  note: null,
  error,
  left,
});

/** The rollback was stopped in its midst. */
export const takingBackStopped = (at: string): StepChange => ({
  endedAt: at,
  note: 'stopped before it was undone',
});
