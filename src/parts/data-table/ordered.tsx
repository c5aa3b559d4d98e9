/** Rows in the order of a column, by TanStack Table. Loaded when a head is pressed, or the address asks for an order. */
import {
  type ColumnDef,
  createSortedRowModel,
  rowSortingFeature,
  tableFeatures,
  useTable,
} from '@tanstack/react-table';
import { type ReactNode, useMemo } from 'react';
import { type CellValue, type Column, isSortable, type Sort } from '#src/ui/table/column.ts';

const features = tableFeatures({ rowSortingFeature, sortedRowModel: createSortedRowModel() });

/** Numbers in names count as numbers: n2 comes before n10. One collator: making one for each comparison would cost a second. */
const collator = new Intl.Collator('en', { numeric: true });

export function compareValues(a: CellValue, b: CellValue): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (typeof a === 'string' && typeof b === 'string') return collator.compare(a, b);
  return Number(a) - Number(b);
}

interface Props<R> {
  rows: readonly R[];
  columns: readonly Column<R>[];
  sort: Sort | null;
  children: (rows: readonly R[]) => ReactNode;
}

/** Sorted once for the same rows and order; equal ones stand as they came, and what is not known stands last, whichever way. */
export function Ordered<R>({ rows, columns, sort, children }: Props<R>) {
  // Not R itself: the library asks for an object with an index, and a row is whatever a page has.
  const data = useMemo(() => rows.map((row) => ({ row })), [rows]);
  const definitions = useMemo(
    () =>
      columns.filter(isSortable).map(
        (column): ColumnDef<typeof features, { row: R }> => ({
          id: column.id,
          accessorFn: ({ row }) => (column.rank ?? column.value)?.(row) ?? undefined,
          sortUndefined: 'last',
          sortFn: (a, b, id) => compareValues(a.getValue(id) as CellValue, b.getValue(id) as CellValue),
        }),
      ),
    [columns],
  );
  const sorting = useMemo(
    () => (sort === null ? [] : [{ id: sort.column, desc: sort.way === 'descending' }]),
    [sort],
  );
  const table = useTable({ features, columns: definitions, data, state: { sorting } });
  const { rows: sorted } = table.getSortedRowModel();
  return children(useMemo(() => sorted.map(({ original }) => original.row), [sorted]));
}
