/** Rows of a table. A row is drawn anew only when it, or how it stands in the table, is another one. */

import { memo, type ReactNode } from 'react';
import { Skeleton } from '#src/ui/notice.tsx';
import { tipCut } from '#src/ui/tooltip.ts';
import type { Column } from './column.ts';
import { sameParts } from './lines.ts';
import { classes } from './table-frame.tsx';

export interface TableRowProps<R> {
  row: R;
  columns: readonly Column<R>[];
  /** Its place among the lines: keys and clicks find it by `data-line`. */
  line: number;
  /** Place in the whole table, the head being 1, where not all rows are drawn. */
  rowIndex?: number | undefined;
  selected?: boolean | undefined;
  /** A click on it opens something. */
  opens?: boolean | undefined;
  /** In the tab order: 0, or only by the arrows: -1. Absent: what stands in it is focused. */
  tab?: 0 | -1 | undefined;
  className?: string | undefined;
  /** A cell before all others. */
  lead?: ReactNode;
  /** A second line under the row, from its second column on. */
  below?: ReactNode;
  belowClass?: string | undefined;
}

function DrawnRow<R>({
  row,
  columns,
  line,
  rowIndex,
  selected,
  opens,
  tab,
  className,
  lead,
  below,
  belowClass = 'second-line',
}: TableRowProps<R>) {
  return (
    <>
      <tr
        data-line={line}
        aria-rowindex={rowIndex}
        aria-selected={selected || undefined}
        tabIndex={tab}
        className={classes(selected && 'selected', opens && 'openable', className)}
      >
        {lead}
        {cellsOf(columns, row)}
      </tr>
      {below !== null && below !== undefined && below !== false && (
        <tr className={belowClass}>
          <td />
          <td colSpan={columns.length - 1}>{below}</td>
        </tr>
      )}
    </>
  );
}

function cellsOf<R>(columns: readonly Column<R>[], row: R): ReactNode[] {
  const cells: ReactNode[] = [];
  for (let index = 0; index < columns.length; index++) {
    const column = columns[index] as Column<R>;
    const span = Math.min(column.span?.(row) ?? 1, columns.length - index);
    cells.push(
      <td
        key={column.id}
        colSpan={span > 1 ? span : undefined}
        {...tipCut(column.title?.(row))}
        className={classes(
          column.align === 'end' && 'text-right',
          column.wideOnly && 'wide-only',
          column.className,
          column.cellClass?.(row),
        )}
      >
        {column.cell(row)}
      </td>,
    );
    index += span - 1;
  }
  return cells;
}

/** Props are compared one by one, and a row that was put together anew out of the same parts is the same. */
function isSame<R>(a: TableRowProps<R>, b: TableRowProps<R>): boolean {
  const { row, ...restA } = a;
  const { row: other, ...restB } = b;
  return sameParts(row, other) && sameParts(restA, restB);
}

export const TableRow = memo(DrawnRow, isSame) as typeof DrawnRow;

/** The head of a group, over all columns. */
export function GroupRow({
  columns,
  rowIndex,
  children,
}: {
  columns: number;
  rowIndex?: number | undefined;
  children: ReactNode;
}) {
  return (
    <tr className="group-head" aria-rowindex={rowIndex}>
      <th colSpan={columns} scope="rowgroup">
        {children}
      </th>
    </tr>
  );
}

/** Room for rows that are not drawn, in px. */
export const Spacer = ({ height }: { height: number }) => height > 0 && <tr style={{ height }} />;

/** Rows that are on their way: as many as there will be, if that is known. */
export function SkeletonBody<R>({ columns, rows = 3 }: { columns: readonly Column<R>[]; rows?: number }) {
  return (
    <tbody>
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: placeholders have no names
        <tr key={row}>
          {columns.map((column, index) => (
            <td
              key={column.id}
              className={classes(column.align === 'end' && 'text-right', column.wideOnly && 'wide-only')}
            >
              <Skeleton width={index === 0 ? 64 : 48 + ((row * 7 + index * 13) % 4) * 12} />
            </td>
          ))}
        </tr>
      ))}
    </tbody>
  );
}
