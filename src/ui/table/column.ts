/** Columns as data: what a table draws, sorts by, hides and exports. */
import type { ReactNode } from 'react';

/** Null and undefined are not known: they sort last, whichever way, and are empty in a file. */
export type CellValue = string | number | boolean | null | undefined;

export interface Column<R> {
  /** Names the column in the address and in files; unique in its table. */
  id: string;
  head: ReactNode;
  /** The head as plain text, where `head` is none: for menus, files and screen readers. */
  name?: string;
  /** The head is only said to screen readers: a column of buttons. */
  quietHead?: boolean;
  headClass?: string;
  headTitle?: string;
  cell: (row: R) => ReactNode;
  /** What the column is sorted by and what files hold, without units: bytes, seconds, names. Absent: neither. */
  value?: (row: R) => CellValue;
  /** What it is sorted by where that is not `value`: the rank of a state. */
  rank?: (row: R) => CellValue;
  /** Not sorted by, though it has a value. */
  fixedOrder?: boolean;
  /** The way of the first click: where more is worse, or newer, the most comes first. */
  first?: 'ascending' | 'descending';
  align?: 'end';
  /** Not drawn where the window is narrower than 720 px. */
  wideOnly?: boolean;
  /** Cannot be switched off: it names the row, or acts on it. */
  needed?: boolean;
  className?: string;
  /** A class of one row's cell. */
  cellClass?: (row: R) => string | undefined;
  title?: (row: R) => string | undefined;
  /** How many columns the cell takes, itself included; 1 where it says nothing. */
  span?: (row: R) => number | undefined;
  /** In px. Columns of a table that gives any are drawn by a colgroup. */
  width?: number | undefined;
  columnClass?: string;
}

export interface Sort {
  column: string;
  way: 'ascending' | 'descending';
}

export const nameOf = (column: Pick<Column<never>, 'id' | 'head' | 'name'>): string =>
  column.name ?? (typeof column.head === 'string' ? column.head : column.id);

export const isSortable = (column: Pick<Column<never>, 'value' | 'rank' | 'fixedOrder'>): boolean =>
  (column.value !== undefined || column.rank !== undefined) && column.fixedOrder !== true;

/** What comes next when a head is pressed: its first way, the other way, then the table's own order. */
export function nextSort<R>(column: Column<R>, sort: Sort | null): Sort | null {
  const first = column.first ?? 'ascending';
  if (sort?.column !== column.id) return { column: column.id, way: first };
  if (sort.way !== first) return null;
  return { column: column.id, way: first === 'ascending' ? 'descending' : 'ascending' };
}
