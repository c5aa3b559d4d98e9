/** What Spock's letters and words mean, in the console's. */

import type { CopyState } from '#core/model/copy-state.ts';
import type { ReadOnlyFacts } from '#core/model/facts.ts';

/** spock_sync.h. Of Spock 6 alone `f`: the copy has failed; PostgreSQL has the same letter for one that has ended well. */
const copyStates: Record<string, CopyState> = {
  i: 'waiting',
  p: 'starting',
  s: 'structure',
  d: 'data',
  c: 'constraints',
  w: 'handing-over',
  u: 'catching-up',
  y: 'done',
  r: 'done',
  f: 'failed',
};

/** Of sync_status in spock.local_sync_status. */
export const copyStateOf = (status: string): CopyState => copyStates[status] ?? 'unknown';

/** Of conflict_type in spock.resolutions: both words are said of it. */
export const bothInserted = (type: string | null): boolean =>
  type === 'insert_exists' || type === 'insert_insert';

/** Of operation in spock.exception_log: a row that says that the subscription was disabled. */
export const disablesSubscription = (operation: string | null): boolean => operation === 'SUB_DISABLE';

/** Of spock.readonly: off, user or local, all. */
export const readOnlyOf = (value: string | null): ReadOnlyFacts | null =>
  value === null ? null : { on: value !== 'off', value };
