/** Whether what stands on a node is what a run has made there, by a text that no other one of the same name shares. */

/** Null: nothing stood there. `made` is missing where the console was killed before it could be kept. */
export interface KeptIdentity {
  before: string | null;
  made?: string | null;
}

/**
 * `as-before`: nothing of the run's is there (any more), so that there is nothing to take back. `atomic`: the identity was kept
 * before the commit that made it, so that what has none kept was never committed by the run; otherwise a crash may have come
 * between, and what stands there as the run wanted it is taken for its own.
 */
export function whoseIs(
  kept: KeptIdentity,
  now: string | null,
  atomic: boolean,
): 'ours' | 'as-before' | 'not-ours' {
  if (kept.made !== undefined && now === kept.made) return 'ours';
  if (now === kept.before) return 'as-before';
  return kept.made === undefined && !atomic ? 'ours' : 'not-ours';
}
