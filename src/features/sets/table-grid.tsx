/** Tables × nodes. Only the rows in sight are drawn; the next page is fetched when its end comes near. */
import { type KeyboardEvent, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { TableRow } from '#core/contract/tables.ts';
import { useRowWindow } from '#src/lib/row-window.ts';
import { safeName } from '#src/lib/safe-name.ts';
import { plural, shortCount } from '#src/lib/units.ts';
import { Num } from '#src/ui/value.tsx';
import { cellOf, columnsOf, type GridColumn, rowsOf } from './cells.ts';
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
}

type Line = { group: string; tables: number | null } | { row: TableRow };

const ROW = 28;
const HEAD = 24;

/** Rows under a line for their schema; a count is said only when the whole schema has been read. */
export function linesOf(rows: TableRow[], more: boolean): Line[] {
  const lines: Line[] = [];
  rows.forEach((row, index) => {
    if (index === 0 || rows[index - 1]?.schema !== row.schema) {
      const rest = rows.slice(index);
      const end = rest.findIndex((other) => other.schema !== row.schema);
      lines.push({ group: row.schema, tables: end === -1 ? (more ? null : rest.length) : end });
    }
    lines.push({ row });
  });
  return lines;
}

/** What the count of rows and the verdict need. */
const FIXED = 194;

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

export const tableName = (row: Pick<TableRow, 'schema' | 'table'>): string => `${row.schema}.${row.table}`;

export function TableGrid({ rows, nodes, more, onMore, chosen, onChoose }: Props) {
  const lines = useMemo(() => linesOf(rows, more), [rows, more]);
  const box = useRef<HTMLDivElement>(null);
  const heightOf = useCallback(
    (index: number) => (lines[index] && 'group' in lines[index] ? HEAD : ROW),
    [lines],
  );
  const { indexes, before, after, scrollTo } = useRowWindow(box, HEAD, lines.length, heightOf);
  const last = indexes.at(-1) ?? 0;
  useEffect(() => {
    if (more && last >= lines.length - 40) onMore();
  }, [more, last, lines.length, onMore]);
  const focus = useRowFocus(lines, scrollTo, onChoose);
  const columns = useMemo(() => columnsOf(rows, nodes), [rows, nodes]);
  const widths = useMemo(
    () => new Map(columns.map((column) => [column.key, columnWidth(rows, column)])),
    [rows, columns],
  );
  const name = useMemo(
    () =>
      nameWidth(
        rows.map((row) => safeName(row.table)),
        92,
        220,
      ),
    [rows],
  );
  const key = useMemo(
    () =>
      nameWidth(
        rows.map((row) => keyText(row) ?? ''),
        88,
        118,
      ),
    [rows],
  );
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls has to be reachable by keyboard
    <section className="scroll tables" aria-label="Tables by node" ref={box} tabIndex={0}>
      <table
        className="t grid-t"
        aria-rowcount={lines.length}
        style={{
          minWidth: FIXED + name + key + columns.reduce((sum, one) => sum + (widths.get(one.key) ?? 0), 0),
        }}
      >
        <colgroup>
          <col style={{ width: name }} />
          <col style={{ width: key }} />
          <col className="c-rows" />
          {columns.map(({ key }) => (
            <col key={key} style={{ width: widths.get(key) }} />
          ))}
          <col className="c-say" />
        </colgroup>
        <thead>
          <tr>
            <th>Table</th>
            <th>Key</th>
            <th className="r">Rows, about</th>
            {columns.map(({ key, title }) => (
              <th key={key} title={title}>
                {safeName(title)} {key === '' ? 'send' : 'sends'}
              </th>
            ))}
            <th>
              <span className="vh">What differs</span>
            </th>
          </tr>
        </thead>
        <tbody onKeyDown={focus.onKeyDown}>
          {before > 0 && <tr style={{ height: before }} />}
          {indexes.map((index) => {
            const line = lines[index];
            if (!line) return null;
            if ('group' in line) {
              return (
                <tr key={`group ${line.group}`} className="grp">
                  <th colSpan={columns.length + 4} scope="rowgroup">
                    <code>{safeName(line.group)}</code> {line.tables !== null && plural(line.tables, 'table')}
                  </th>
                </tr>
              );
            }
            const full = tableName(line.row);
            return (
              <GridRow
                key={full}
                row={line.row}
                columns={columns}
                selected={full === chosen}
                tab={focus.index === index || (focus.index === null && index === 1)}
                index={index}
                onOpen={() => onChoose(full === chosen ? null : full)}
              />
            );
          })}
          {after > 0 && <tr style={{ height: after }} />}
        </tbody>
      </table>
    </section>
  );
}

interface RowProps {
  row: TableRow;
  columns: GridColumn[];
  selected: boolean;
  tab: boolean;
  index: number;
  onOpen: () => void;
}

function GridRow({ row, columns, selected, tab, index, onOpen }: RowProps) {
  const rows = rowsOf(row);
  return (
    <tr
      className={`can ${row.differs ? '' : 'same'} ${selected ? 'sel' : ''}`}
      aria-selected={selected}
      data-index={index}
      tabIndex={tab ? 0 : -1}
      onClick={() => {
        if (!getSelection()?.toString()) onOpen();
      }}
      onKeyDown={(event) => {
        if (event.key !== 'Enter') return;
        event.preventDefault();
        onOpen();
      }}
    >
      <td title={row.partitionOf === null ? row.table : `${row.table}, a partition of ${row.partitionOf}`}>
        <code>{safeName(row.table)}</code>
        {row.partitionOf !== null && <span className="f"> partition</span>}
      </td>
      <td>
        <KeyCell row={row} />
      </td>
      <td className="r">
        {rows === null ? <span className="f">not analysed</span> : <Num of={shortCount(rows)} />}
      </td>
      {columns.map((column) => {
        const node = column.nodeOf(row);
        return <td key={column.key}>{node !== null && <NodeCell row={row} node={node} />}</td>;
      })}
      <td>
        <VerdictCell row={row} />
      </td>
    </tr>
  );
}

/** One row of the grid is in the tab order; arrows move it, also to rows that are not drawn yet. */
function useRowFocus(lines: Line[], scrollTo: (index: number) => void, onChoose: Props['onChoose']) {
  const [index, setIndex] = useState<number | null>(null);
  const body = useRef<HTMLElement | null>(null);
  const wanted = useRef<number | null>(null);
  useEffect(() => {
    if (wanted.current === null) return;
    const row = body.current?.querySelector<HTMLElement>(`[data-index="${wanted.current}"]`);
    if (!row) return;
    wanted.current = null;
    row.focus({ preventScroll: true });
    row.scrollIntoView({ block: 'nearest' });
  });
  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    const steps: Partial<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1, PageDown: 20, PageUp: -20 };
    const at = Number((event.target as HTMLElement).closest('tr')?.dataset.index ?? Number.NaN);
    if (event.key === 'Escape') onChoose(null);
    const step = steps[event.key];
    if (step === undefined || Number.isNaN(at)) return;
    event.preventDefault();
    let to = Math.max(0, Math.min(lines.length - 1, at + step));
    const line = lines[to];
    if (line && 'group' in line) to = Math.max(1, Math.min(lines.length - 1, to + Math.sign(step)));
    body.current = event.currentTarget;
    wanted.current = to;
    setIndex(to);
    scrollTo(to);
  };
  return { index, onKeyDown };
}
