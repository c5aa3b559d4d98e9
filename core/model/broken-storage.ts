import type { StorageState } from './storage.ts';

/** What is wrong with the file itself does not pass: nothing more is written to it. */
const BROKEN: ReadonlySet<StorageState> = new Set(['removed', 'replaced', 'truncated', 'damaged']);
export const isBroken = (state: StorageState): boolean => BROKEN.has(state);
