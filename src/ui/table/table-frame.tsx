/** The box, the table and its heads. It scrolls inside its own box when it is too wide, never the page. */
import { ArrowDown, ArrowUp } from 'lucide-react';
import type { ReactNode } from 'react';
import { Icon } from '#src/ui/icon.tsx';
import { tipCut } from '#src/ui/tooltip.ts';
import { type Column, isSortable, type Sort } from './column.ts';

interface Props<R> {
  /** Names the table and the box that scrolls. */
  label: string;
  columns: readonly Column<R>[];
  /** A head before all others: the box that chooses all rows. */
  lead?: ReactNode;
  sort: Sort | null;
  /** Absent: no head can be pressed. */
  onSort?: ((column: Column<R>) => void) | undefined;
  /** Rows with the head, where not all are drawn. */
  rowCount?: number | undefined;
  busy?: boolean;
  className?: string | undefined;
  boxClass?: string | undefined;
  minWidth?: number | undefined;
  /** Bodies. */
  children: ReactNode;
}

export function TableFrame<R>({
  label,
  columns,
  lead,
  sort,
  onSort,
  rowCount,
  busy = false,
  className = '',
  boxClass = '',
  minWidth,
  children,
}: Props<R>) {
  const hasWidths = columns.some((column) => column.width !== undefined || column.columnClass !== undefined);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls has to be reachable by keyboard
    <section className={`scroll ${boxClass}`} aria-label={label} aria-busy={busy || undefined} tabIndex={0}>
      <table
        className={`data-table ${className}`}
        aria-label={label}
        aria-rowcount={rowCount}
        style={minWidth === undefined ? undefined : { minWidth }}
      >
        {hasWidths && (
          <colgroup>
            {lead !== undefined && lead !== false && <col className="choose-column" />}
            {columns.map((column) => (
              <col key={column.id} className={column.columnClass} style={{ width: column.width }} />
            ))}
          </colgroup>
        )}
        <thead>
          <tr>
            {lead}
            {columns.map((column) => (
              <Head key={column.id} column={column} sort={sort} onSort={onSort} />
            ))}
          </tr>
        </thead>
        {children}
      </table>
    </section>
  );
}

function Head<R>({
  column,
  sort,
  onSort,
}: {
  column: Column<R>;
  sort: Sort | null;
  onSort: ((column: Column<R>) => void) | undefined;
}) {
  const way = sort?.column === column.id ? sort.way : undefined;
  const head = column.quietHead ? <span className="sr-only">{column.head}</span> : column.head;
  return (
    <th
      scope="col"
      className={classes(
        column.align === 'end' && 'text-right',
        column.wideOnly && 'wide-only',
        column.headClass,
      )}
      {...tipCut(column.headTitle)}
      aria-sort={way}
    >
      {onSort && isSortable(column) ? (
        <button type="button" className="sort-head" onClick={() => onSort(column)}>
          {head}
          {way !== undefined && <Icon of={way === 'ascending' ? ArrowUp : ArrowDown} size={12} />}
        </button>
      ) : (
        head
      )}
    </th>
  );
}

/** Class names that are given, joined; undefined: none. */
export const classes = (...names: (string | false | undefined)[]): string | undefined =>
  names.filter(Boolean).join(' ') || undefined;
