/** What a table keeps in the address: by which column it is sorted, and which of its columns are shown. */
import { useCallback, useMemo } from 'react';
import { type SetSearch, useSearchState } from '#src/parts/search-state.ts';
import { type Column, isSortable, type Sort } from '#src/ui/table/column.ts';

export interface TableState<R> {
  sort: Sort | null;
  setSort: (sort: Sort | null) => void;
  /** Those that are drawn. */
  shown: readonly Column<R>[];
  isShown: (column: Column<R>) => boolean;
  /** Takes a column out, or back in. */
  toggle: (column: Column<R>) => void;
}

/**
 * The names of a table's parameters. The main table of a page has the plain ones; another one has its own name before them:
 * `slots.sort`.
 */
export const parameters = (name: string): { sort: string; columns: string } =>
  name === '' ? { sort: 'sort', columns: 'columns' } : { sort: `${name}.sort`, columns: `${name}.columns` };

/** `lag`, and `-lag` for the most first. What names no column that sorts is nothing. */
export function readSort<R>(text: string | null, columns: readonly Column<R>[]): Sort | null {
  if (text === null) return null;
  const descending = text.startsWith('-');
  const id = descending ? text.slice(1) : text;
  const column = columns.find((one) => one.id === id);
  if (column === undefined || !isSortable(column)) return null;
  return { column: id, way: descending ? 'descending' : 'ascending' };
}

export const writeSort = (sort: Sort | null): string | null =>
  sort === null ? null : `${sort.way === 'descending' ? '-' : ''}${sort.column}`;

/** Ids of the columns that are shown, with commas; null: all. */
const readColumns = (text: string | null): ReadonlySet<string> | null =>
  text === null ? null : new Set(text.split(','));

/** Only the order, for pages that ask the server for it before their columns are known. */
export function useSort<R>(
  columns: readonly Column<R>[],
  name = '',
): [Sort | null, (sort: Sort | null) => void] {
  const [search, set] = useSearchState();
  const parameter = parameters(name).sort;
  const text = search.get(parameter);
  const sort = useMemo(() => readSort(text, columns), [text, columns]);
  return [sort, useSetSort(parameter, set)];
}

const useSetSort = (parameter: string, set: SetSearch) =>
  useCallback((next: Sort | null) => set({ [parameter]: writeSort(next) }), [parameter, set]);

export function useTableState<R>(columns: readonly Column<R>[], name = ''): TableState<R> {
  const [search, set] = useSearchState();
  const { columns: columnsParameter } = parameters(name);
  const [sort, setSort] = useSort(columns, name);
  const chosen = search.get(columnsParameter);
  const shown = useMemo(() => {
    const ids = readColumns(chosen);
    return ids === null ? columns : columns.filter((column) => column.needed || ids.has(column.id));
  }, [columns, chosen]);
  const isShown = (column: Column<R>) => shown.includes(column);
  const toggle = (column: Column<R>) => {
    const next = columns.filter((one) => (one === column ? !isShown(one) : isShown(one)));
    set({
      [columnsParameter]: next.length === columns.length ? null : next.map((one) => one.id).join(','),
    });
  };
  return { sort, setSort, shown, isShown, toggle };
}
