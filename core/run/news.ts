/** What the activity says of runs. */
import type { Run, RunState } from '#core/model/plan.ts';
import type { Severity } from '#core/model/scalars.ts';

/** `words`: what it did, after `run 4`. */
export const newsText = ({ title, id }: Pick<Run, 'title' | 'id'>, words: string): string =>
  `${title}: run ${id} ${words}`;

/** By the state in which it stands now: what it did, and how serious that is. */
export const STATE_NEWS: Record<RunState, [words: string, severity: Severity | null]> = {
  running: ['continues', null],
  'waiting-for-operator': ['waits for you', 'warning'],
  succeeded: ['succeeded', 'info'],
  failed: ['failed', 'critical'],
  cancelled: ['was cancelled', 'warning'],
  'rolled-back': ['was rolled back', 'info'],
  interrupted: ['was interrupted', 'warning'],
};
