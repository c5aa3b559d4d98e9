/**
 * A table of columns as data. It sorts by a press on a head and keeps that, and the choice of columns, in the address; draws only
 * the lines in sight of many; gives its rows as a file; and says what is on its way, empty, or could not be read.
 */
import { type ReactNode, useCallback, useEffect, useMemo, useRef } from 'react';
import { useNavigate } from 'react-router';
import { part } from '#src/lib/part.ts';
import { useSettled } from '#src/lib/use-settled.ts';
import { QueryFault } from '#src/parts/query-fault.tsx';
import { keeper, usePart } from '#src/parts/use-part.ts';
import { PartLost } from '#src/ui/lazy-part.tsx';
import { type Column, nextSort } from '#src/ui/table/column.ts';
import { TableFrame } from '#src/ui/table/table-frame.tsx';
import { SkeletonBody } from '#src/ui/table/table-rows.tsx';
import { ChooseAll } from './choose-all.tsx';
import type { Choosing, Group } from './groups.ts';
import { TableBody } from './table-body.tsx';
import { useTableState, writeSort } from './table-state.ts';

// None is needed to show a page's data; they are fetched ahead once it stands there.
const ordering = keeper(part(() => import('./ordered.tsx')));
const windowing = keeper(part(() => import('./windowed.tsx')));
const menus = keeper(part(() => import('./table-menu.tsx')));

/** From so many rows on only those in sight are drawn. */
const MANY = 80;

export interface DataTableProps<R> {
  /** Names the table; also the file that is saved. */
  label: string;
  /** Should keep their identity, as rows should: what is the same is not drawn again. */
  columns: readonly Column<R>[];
  /** In the table's own order, by name or worst first; undefined: on their way. */
  rows: readonly R[] | undefined;
  keyOf: (row: R) => string;
  /** Its name in the address, where a page has several tables; the main one has none. */
  name?: string;
  /** `worst` is 0 for what is well; the worst stand first. */
  worst?: (row: R) => number;
  group?: Group<R>;
  /** The server sorts: the page asks it by `useSort`, and the rows come in that order. */
  sortedByServer?: boolean;
  /** Where a row leads: the whole row can be pressed. One of its cells should hold a link to the same place. Null: nowhere. */
  to?: (row: R) => string | null;
  /** The row that is open beside, by key; `onChoose(null)` closes it. */
  chosen?: string | null;
  onChoose?: (row: R | null) => void;
  /** The rows themselves are focused by the arrow keys: none of their cells holds a link or button marked `data-row`. */
  focusRows?: boolean;
  choosing?: Choosing<R>;
  rowClass?: (row: R) => string | undefined;
  /** A second line under a row. */
  below?: (row: R) => ReactNode;
  belowClass?: string;
  className?: string;
  boxClass?: string;
  minWidth?: number;
  /** In px; the same for all rows, and for all heads of groups. */
  rowHeight?: number;
  groupHeight?: number;
  skeletonRows?: number;
  /** In place of a table without rows. */
  empty?: ReactNode;
  /** Its error is said above the table. */
  query?: { error: Error | null; refetch: () => unknown };
  /** Called when the last rows come into sight. */
  onEnd?: () => void;
  /** What stands above it, with the menu of columns and files in it. Absent: it has no menu. */
  above?: (menu: ReactNode) => ReactNode;
  /** All rows that the filter matches, where the page holds only the first of them. */
  allRows?: () => Promise<readonly R[]>;
}

export function DataTable<R>(props: DataTableProps<R>) {
  const { label, columns, rows, query, name = '', sortedByServer = false } = props;
  const state = useTableState(columns, name);
  const { sort, shown } = state;
  const sorts = sort !== null && !sortedByServer;
  const loadedOrder = usePart(ordering, sorts);
  const isMany = (rows?.length ?? 0) > MANY;
  const loadedWindow = usePart(windowing, isMany);
  const inOrder = useRef<readonly R[]>([]);
  const own = useWorstFirst(rows, props.worst);
  // Rows that stand there already stay until they can be put in order.
  const drawn = useRef(false);
  const waits =
    own === undefined || (sorts && !drawn.current && loadedOrder.part === null && loadedOrder.error === null);
  useEffect(() => {
    if (!waits) drawn.current = true;
  }, [waits]);
  const body = (ordered: readonly R[]) => {
    inOrder.current = ordered;
    return <Body {...props} rows={ordered} columns={shown} order={writeSort(sort)} windowed={loadedWindow} />;
  };
  const Ordered = loadedOrder.part?.Ordered;
  const hasRows = rows !== undefined && rows.length > 0;
  // Other parts of the page may still wait for their data when the rows are there.
  const settled = useSettled();
  const TableMenu = usePart(menus, settled && props.above !== undefined && hasRows).part?.TableMenu;
  const menu = TableMenu && hasRows && (
    <TableMenu
      label={label}
      state={state}
      columns={columns}
      rowsOf={props.allRows ?? (() => Promise.resolve(inOrder.current))}
    />
  );
  return (
    <>
      {props.above?.(menu)}
      {query && <QueryFault query={query} />}
      {sorts && loadedOrder.error && <PartLost fault={loadedOrder.error} />}
      {own?.length === 0 && props.empty !== undefined ? (
        props.empty
      ) : own === undefined && query?.error ? null : (
        <TableFrame
          label={label}
          columns={shown}
          lead={
            props.choosing && <ChooseAll choosing={props.choosing} rows={own ?? []} keyOf={props.keyOf} />
          }
          sort={sort}
          onSort={(column) => state.setSort(nextSort(column, sort))}
          rowCount={isMany && own ? own.length + 1 : undefined}
          busy={waits}
          className={props.className}
          boxClass={props.boxClass}
          minWidth={props.minWidth}
        >
          {waits ? (
            <SkeletonBody columns={shown} {...(props.skeletonRows ? { rows: props.skeletonRows } : {})} />
          ) : Ordered && !sortedByServer ? (
            <Ordered rows={own ?? []} columns={columns} sort={sort}>
              {body}
            </Ordered>
          ) : (
            body(own ?? [])
          )}
        </TableFrame>
      )}
    </>
  );
}

/** Rows that are not well before the others; each among themselves as they came. */
function useWorstFirst<R>(
  rows: readonly R[] | undefined,
  worst: ((row: R) => number) | undefined,
): readonly R[] | undefined {
  return useMemo(() => {
    if (rows === undefined || worst === undefined || rows.every((row) => worst(row) === 0)) return rows;
    return rows
      .map((row) => ({ row, rank: worst(row) }))
      .sort((a, b) => b.rank - a.rank)
      .map(({ row }) => row);
  }, [rows, worst]);
}

/** What of a table's properties its lines need. */
function Body<R>(
  props: DataTableProps<R> & {
    rows: readonly R[];
    /** The order that was asked for; null: the table's own. */
    order: string | null;
    windowed: ReturnType<typeof usePart<typeof import('./windowed.tsx')>>;
  },
) {
  const { keyOf, to, onChoose, chosen = null, worst, order } = props;
  const navigate = useNavigate();
  const onOpen = useCallback(
    (row: R) => {
      const place = to?.(row) ?? null;
      if (place !== null) void navigate(place);
      else onChoose?.(keyOf(row) === chosen ? null : row);
    },
    [to, navigate, onChoose, keyOf, chosen],
  );
  const onEscape = useCallback(() => {
    if (chosen !== null) onChoose?.(null);
  }, [chosen, onChoose]);
  return (
    <TableBody
      rows={props.rows}
      columns={props.columns}
      keyOf={keyOf}
      group={order === null ? (props.group ?? null) : null}
      rowHeight={props.rowHeight ?? 28}
      groupHeight={props.groupHeight ?? 24}
      moves={order ?? (worst ? 'worst first' : null)}
      chosen={chosen}
      opens={to ? (row) => to(row) !== null : onChoose !== undefined}
      onOpen={onOpen}
      onEscape={onEscape}
      focus={props.focusRows ? 'row' : 'inside'}
      rowClass={props.rowClass}
      below={props.below}
      belowClass={props.belowClass}
      choosing={props.choosing}
      windowed={props.windowed.part?.Windowed ?? null}
      onEnd={props.onEnd}
    />
  );
}
