/** The address as state: filters, order, what is chosen. A link that is sent shows the same. */
import { useCallback } from 'react';
import { useSearchParams } from 'react-router';

/** Null and '' take the parameter out. */
export type SearchChanges = Record<string, string | null>;
/** `push`: Back undoes it; else the entry of the history is replaced, as for each letter of a filter. */
export type SetSearch = (changes: SearchChanges, push?: 'push') => void;

export function withSearch(search: URLSearchParams, changes: SearchChanges): URLSearchParams {
  const next = new URLSearchParams(search);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === '') next.delete(name);
    else next.set(name, value);
  }
  return next;
}

/** The page is not scrolled by a change. */
export function useSearchState(): [URLSearchParams, SetSearch] {
  const [search, setSearch] = useSearchParams();
  const set: SetSearch = useCallback(
    (changes, push) =>
      setSearch((before) => withSearch(before, changes), {
        replace: push !== 'push',
        preventScrollReset: true,
      }),
    [setSearch],
  );
  return [search, set];
}
