/** The lines of a table: in their order, those in sight, moved through by keys. */
import {
  type FocusEvent,
  type MouseEvent,
  type ReactNode,
  type RefObject,
  useCallback,
  useEffect,
  useRef,
  useState,
} from 'react';
import { Checkbox } from '#src/ui/field.tsx';
import type { Column } from '#src/ui/table/column.ts';
import type { Line } from '#src/ui/table/lines.ts';
import { GroupRow, Spacer, TableRow } from '#src/ui/table/table-rows.tsx';
import type { Choosing, Group } from './groups.ts';
import { useLines } from './held-order.ts';
import { lineOf, type RowFocus, useRowKeys } from './row-keys.ts';
import type { Range, Windowed } from './windowed.tsx';

/** Up to so many lines all are drawn. */
const WINDOW_FROM = 80;
/** As many as a tall window shows: drawn until the part that knows which are in sight has come. */
const FIRST = 60;
/** So near to the end, in lines, more is asked for. */
const NEAR_END = 40;

export interface BodyProps<R> {
  rows: readonly R[];
  columns: readonly Column<R>[];
  keyOf: (row: R) => string;
  group: Group<R> | null;
  rowHeight: number;
  groupHeight: number;
  /** Rows change places by themselves: not while somebody points at them. The text names the order that was asked for. */
  moves: string | null;
  chosen: string | null;
  /** Which rows can be pressed. */
  opens: boolean | ((row: R) => boolean);
  onOpen: (row: R) => void;
  onEscape: () => void;
  focus: RowFocus;
  rowClass: ((row: R) => string | undefined) | undefined;
  below: ((row: R) => ReactNode) | undefined;
  belowClass: string | undefined;
  choosing: Choosing<R> | undefined;
  windowed: typeof Windowed | null;
  onEnd: (() => void) | undefined;
}

export function TableBody<R>(props: BodyProps<R>) {
  const { keyOf, group, below, rowHeight, groupHeight } = props;
  const [over, setOver] = useState(false);
  const [within, setWithin] = useState(false);
  const lines = useLines(props.rows, keyOf, group, props.moves, over || within);
  const body = useRef<HTMLTableSectionElement>(null);
  const heightOf = useCallback(
    (line: number) => (lines[line]?.kind === 'group' ? groupHeight : rowHeight),
    [lines, rowHeight, groupHeight],
  );
  const many = lines.length > WINDOW_FROM && below === undefined;
  const drawn = (range: Range) => (
    <Lines
      {...props}
      lines={lines}
      range={range}
      indexed={many}
      body={body}
      onOver={setOver}
      onWithin={setWithin}
    />
  );
  if (many && props.windowed !== null) {
    const { windowed: InSight } = props;
    return (
      <InSight count={lines.length} heightOf={heightOf} box={body}>
        {drawn}
      </InSight>
    );
  }
  const last = many ? FIRST - 1 : lines.length - 1;
  let after = 0;
  for (let line = last + 1; line < lines.length; line++) after += heightOf(line);
  return drawn({ first: 0, last, before: 0, after, scrollTo: () => {} });
}

interface LinesProps<R> extends BodyProps<R> {
  lines: readonly Line<R>[];
  range: Range;
  /** Not all are drawn: each says its place. */
  indexed: boolean;
  body: RefObject<HTMLTableSectionElement | null>;
  onOver: (over: boolean) => void;
  onWithin: (within: boolean) => void;
}

function Lines<R>(props: LinesProps<R>) {
  const { lines, range, onOpen, onEscape, onEnd } = props;
  const keys = useRowKeys({ lines, body: props.body, scrollTo: range.scrollTo, onOpen, onEscape });
  useEffect(() => {
    if (range.last >= lines.length - NEAR_END) onEnd?.();
  }, [range.last, lines.length, onEnd]);
  const onClick = (event: MouseEvent<HTMLElement>) => {
    const target = event.target as Element;
    // A link or button in the row acts for itself, and selecting text is no click.
    if (target.closest('a,button,input,label,select,textarea') || getSelection()?.toString()) return;
    const line = lines[lineOf(target) ?? -1];
    if (line?.kind === 'row' && opensOf(props, line.row)) onOpen(line.row);
  };
  const leaves = (event: FocusEvent<HTMLElement>) =>
    !(event.relatedTarget instanceof Node && event.currentTarget.contains(event.relatedTarget));
  const drawn: ReactNode[] = [];
  for (let index = range.first; index <= range.last; index++) {
    const line = lines[index];
    if (line) drawn.push(lineOfTable(props, line, index, keys.at));
  }
  return (
    <tbody
      ref={props.body}
      onClick={onClick}
      onKeyDown={keys.onKeyDown}
      onPointerEnter={() => props.onOver(true)}
      onPointerLeave={() => props.onOver(false)}
      onFocus={() => props.onWithin(true)}
      onBlur={(event) => leaves(event) && props.onWithin(false)}
    >
      <Spacer height={range.before} />
      {drawn}
      <Spacer height={range.after} />
    </tbody>
  );
}

function lineOfTable<R>(props: LinesProps<R>, line: Line<R>, index: number, at: number | null): ReactNode {
  const { columns, group, choosing, chosen } = props;
  const rowIndex = props.indexed ? index + 2 : undefined;
  if (line.kind === 'group') {
    return (
      <GroupRow key={`group ${index}`} columns={columns.length + (choosing ? 1 : 0)} rowIndex={rowIndex}>
        {group?.head(line.key, line.rows, line.isLast)}
      </GroupRow>
    );
  }
  const { row, key } = line;
  const first = at ?? (props.lines[0]?.kind === 'group' ? 1 : 0);
  return (
    <TableRow
      key={key}
      row={row}
      columns={columns}
      line={index}
      rowIndex={rowIndex}
      selected={key === chosen}
      opens={opensOf(props, row)}
      tab={props.focus === 'row' ? (index === first ? 0 : -1) : undefined}
      className={props.rowClass?.(row)}
      lead={choosing && <ChooseCell choosing={choosing} row={row} rowKey={key} />}
      below={props.below?.(row)}
      belowClass={props.belowClass}
    />
  );
}

const opensOf = <R,>({ opens }: Pick<BodyProps<R>, 'opens'>, row: R): boolean =>
  typeof opens === 'function' ? opens(row) : opens;

function ChooseCell<R>({ choosing, row, rowKey }: { choosing: Choosing<R>; row: R; rowKey: string }) {
  const { chosen, onChange, labelOf } = choosing;
  return (
    <td className="choose-cell">
      <Checkbox
        checked={chosen.has(rowKey)}
        onChange={(event) => {
          const next = new Set(chosen);
          if (event.target.checked) next.add(rowKey);
          else next.delete(rowKey);
          onChange(next);
        }}
      >
        <span className="sr-only">{labelOf(row)}</span>
      </Checkbox>
    </td>
  );
}
