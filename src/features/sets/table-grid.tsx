/** Tables × nodes. Only the rows in sight are drawn; the next page is fetched when its end comes near. */
import { type ReactNode, useCallback, useMemo } from 'react';
import type { TableRow } from '#core/contract/tables.ts';
import { needsLook } from '#core/snapshot/tables.ts';
import { safeName } from '#src/lib/safe-name.ts';
import { plural, shortCount } from '#src/lib/units.ts';
import { DataTable } from '#src/parts/data-table/data-table.tsx';
import type { Choosing, Group } from '#src/parts/data-table/groups.ts';
import type { Column } from '#src/ui/table/column.ts';
import { Num } from '#src/ui/value.tsx';
import { cellOf, columnsOf, type GridColumn, rowsOf, verdictOf } from './cells.ts';
import { KeyCell, keyText, NodeCell, shortSet, VerdictCell } from './table-cells.tsx';

interface Props {
  rows: TableRow[];
  nodes: string[];
  /** More rows are to come. */
  more: boolean;
  onMore: () => void;
  /** `schema.table`. */
  chosen: string | null;
  onChoose: (name: string | null) => void;
  choosing?: Choosing<TableRow>;
  /** What stands above it, with the table's menu in it. */
  above?: (menu: ReactNode) => ReactNode;
  /** All that the filter matches, for a file. */
  allRows?: () => Promise<readonly TableRow[]>;
}

export const tableName = (row: Pick<TableRow, 'schema' | 'table'>): string => `${row.schema}.${row.table}`;

/** How many tables stand under a head; said only when all of them have been read. */
export const countOf = (rows: readonly TableRow[], isLast: boolean, more: boolean): number | null =>
  isLast && more ? null : rows.length;

/** What the count of rows, the verdict and the boxes need. */
const FIXED = 230;

/** Room for the longest of some names in mono type, between `least` and `most`; what is longer is cut and has its title. */
function nameWidth(names: string[], least: number, most: number): number {
  const longest = names.reduce((length, name) => Math.max(length, name.length), 0);
  return Math.max(least, Math.min(most, Math.ceil(longest * 7.3) + 26));
}

/** Room for the widest cell of a node among the rows that were read: chips have 11 px type. */
function columnWidth(rows: TableRow[], column: GridColumn): number {
  let widest = 88;
  for (const row of rows) {
    const node = column.nodeOf(row);
    if (node === null) continue;
    const cell = cellOf(row, node);
    if (cell.kind === 'absent') widest = Math.max(widest, 136);
    if (cell.kind !== 'chips') continue;
    const chips = cell.chips.reduce((sum, chip) => {
      const words = shortSet(chip.set).length + (chip.missing ? 3 : 0);
      const icons = Number(chip.missing) + Number(chip.rowFilter !== null) + Number(chip.columns !== null);
      return sum + words * 5.4 + icons * 15 + 16;
    }, 18);
    widest = Math.max(widest, chips);
  }
  return Math.min(280, Math.ceil(widest));
}

export function TableGrid({ rows, nodes, more, onMore, chosen, onChoose, ...rest }: Props) {
  const parts = useMemo(() => columnsOf(rows, nodes), [rows, nodes]);
  const columns = useMemo(() => gridColumns(rows, parts), [rows, parts]);
  const group = useMemo(
    (): Group<TableRow> => ({
      // No schema is called by an empty name.
      of: (row) => (needsLook(row) ? '' : row.schema),
      head: (schema, of, isLast) => {
        const tables = countOf(of, isLast, more);
        return (
          <>
            {schema === '' ? <b className="mr-2">Different, or not sent</b> : <code>{safeName(schema)}</code>}{' '}
            {tables !== null && plural(tables, 'table')}
          </>
        );
      },
    }),
    [more],
  );
  const onEnd = useCallback(() => {
    if (more) onMore();
  }, [more, onMore]);
  return (
    <DataTable
      label="Tables by node"
      className="tables-grid"
      boxClass="tables"
      columns={columns}
      rows={rows}
      keyOf={tableName}
      sortedByServer
      group={group}
      focusRows
      chosen={chosen}
      onChoose={(row) => onChoose(row && tableName(row))}
      rowClass={(row) => (row.differs ? undefined : 'same')}
      minWidth={columns.reduce((sum, column) => sum + (column.width ?? 0), FIXED)}
      onEnd={onEnd}
      {...rest}
    />
  );
}

/** Not drawn yet: their number is known, their widths are not. */
export function GridSkeleton({ nodes }: { nodes: string[] }) {
  return (
    <DataTable
      label="Tables by node"
      className="tables-grid"
      columns={gridColumns([], columnsOf([], nodes))}
      rows={undefined}
      keyOf={tableName}
      skeletonRows={12}
    />
  );
}

function gridColumns(rows: TableRow[], parts: GridColumn[]): Column<TableRow>[] {
  const names = rows.map((row) => safeName(row.table));
  const keys = rows.map((row) => keyText(row) ?? '');
  return [
    ...FIRST.map((column) =>
      column.id === 'name'
        ? { ...column, width: nameWidth(names, 92, 220) }
        : column.id === 'key'
          ? { ...column, width: nameWidth(keys, 88, 118) }
          : column,
    ),
    ...parts.map(
      (part): Column<TableRow> => ({
        id: `node ${part.key}`,
        head: `${safeName(part.title)} ${part.key === '' ? 'send' : 'sends'}`,
        headTitle: safeName(part.title),
        width: columnWidth(rows, part),
        cell: (row) => {
          const node = part.nodeOf(row);
          return node !== null && <NodeCell row={row} node={node} />;
        },
        value: (row) => {
          const node = part.nodeOf(row);
          return node === null ? null : row.nodes[node]?.sets.join(' ');
        },
        fixedOrder: true,
      }),
    ),
  ];
}

/** Those that every cluster has. `name` and `rows` are what the server can sort by. */
export const FIRST: Column<TableRow>[] = [
  {
    id: 'name',
    head: 'Table',
    needed: true,
    title: (row) =>
      safeName(row.table) + (row.partitionOf === null ? '' : `, a partition of ${safeName(row.partitionOf)}`),
    cell: (row) => (
      <>
        <code>{safeName(row.table)}</code>
        {row.partitionOf !== null && <span className="faint"> partition</span>}
      </>
    ),
    value: tableName,
  },
  {
    id: 'note',
    head: 'Note',
    columnClass: 'note-column',
    cell: (row) => <VerdictCell row={row} />,
    value: (row) => verdictOf(row)?.words,
    fixedOrder: true,
  },
  {
    id: 'key',
    head: 'Key',
    cell: (row) => <KeyCell row={row} />,
    value: keyText,
    fixedOrder: true,
  },
  {
    id: 'rows',
    head: 'Rows, about',
    align: 'end',
    columnClass: 'rows-column',
    cell: (row) => {
      const rows = rowsOf(row);
      return rows === null ? <span className="faint">not analysed</span> : <Num of={shortCount(rows)} />;
    },
    value: rowsOf,
    first: 'descending',
  },
];
