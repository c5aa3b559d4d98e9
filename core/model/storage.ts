/** Whether the console can keep what it should: its data dir, its database, its key. */
import { z } from 'zod';
import { Instant } from './scalars.ts';

/**
 * ok; full: no room (disk, quota, limit of the process); read-only; failing: it answers with another error;
 * removed, replaced, truncated, damaged: of the database file, while the console runs; key-removed: of the key alone.
 */
export const StorageState = z.enum([
  'ok',
  'full',
  'read-only',
  'failing',
  'removed',
  'replaced',
  'truncated',
  'damaged',
  'key-removed',
]);
export type StorageState = z.infer<typeof StorageState>;

export const Storage = z.object({
  state: StorageState,
  /** Null while it is ok. */
  since: Instant.nullable(),
  /** What is wrong, where and why, in one sentence; null while it is ok. */
  message: z.string().nullable(),
  remedy: z.string().nullable(),
});
export type Storage = z.infer<typeof Storage>;

export const STORAGE_OK: Storage = { state: 'ok', since: null, message: null, remedy: null };
