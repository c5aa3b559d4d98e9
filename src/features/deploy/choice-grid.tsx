/** Tables with their sets, by schema. Only the rows in sight are drawn, so ten thousand scroll as ten do. */
import { useCallback, useMemo, useRef } from 'react';
import type { TableLook } from '#core/model/deploy.ts';
import { useRowWindow } from '#src/lib/row-window.ts';
import { safeName } from '#src/lib/safe-name.ts';
import { bytesText, plural, shortCount } from '#src/lib/units.ts';
import { Checkbox } from '#src/ui/field.tsx';
import { State } from '#src/ui/state.tsx';
import { Num } from '#src/ui/value.tsx';
import { type Choice, type Choices, differs, setsFor, suggestedDeltas, tableKey } from './choices.ts';

const ROW = 32;
const HEAD = 24;

interface Props {
  rows: TableLook[];
  choices: Choices;
  nodes: string[];
  source: string | null;
  /** `schema.table` of the row that is open at the side. */
  open: string | null;
  onOpen: (name: string | null) => void;
  onChoose: (chosen: TableLook[], next: (choice: Choice, look: TableLook) => Partial<Choice>) => void;
}

type Line = { schema: string; of: TableLook[] } | { row: TableLook };

function linesOf(rows: TableLook[]): Line[] {
  const bySchema = new Map<string, TableLook[]>();
  for (const row of rows) {
    const of = bySchema.get(row.schema);
    if (of) of.push(row);
    else bySchema.set(row.schema, [row]);
  }
  return [...bySchema].flatMap(([schema, of]): Line[] => [{ schema, of }, ...of.map((row) => ({ row }))]);
}

export function ChoiceGrid({ rows, choices, nodes, source, open, onOpen, onChoose }: Props) {
  const lines = useMemo(() => linesOf(rows), [rows]);
  const box = useRef<HTMLElement>(null);
  const heightOf = useCallback(() => ROW, []);
  const { indexes, before, after } = useRowWindow(box, HEAD, lines.length, heightOf);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls has to be reachable by keyboard
    <section className="scroll" aria-label="Tables of the deploy" ref={box} tabIndex={0}>
      <table className="t choice" aria-rowcount={lines.length}>
        <thead>
          <tr>
            <th>Table</th>
            <th>Set</th>
            <th className="wid">Key</th>
            <th className="r wid">Rows, about</th>
            <th className="r wid">Size</th>
            <th className="wid">Added up</th>
            <th>On the nodes</th>
          </tr>
        </thead>
        <tbody>
          {before > 0 && <tr style={{ height: before }} />}
          {indexes.map((index) => {
            const line = lines[index];
            if (!line) return null;
            return 'schema' in line ? (
              <SchemaLine key={`schema ${line.schema}`} line={line} choices={choices} onChoose={onChoose} />
            ) : (
              <ChoiceRow
                key={tableKey(line.row)}
                look={line.row}
                choice={choices.get(tableKey(line.row))}
                nodes={nodes}
                source={source}
                selected={open === `${line.row.schema}.${line.row.table}`}
                onOpen={onOpen}
                onSet={(set) => onChoose([line.row], () => ({ set }))}
              />
            );
          })}
          {after > 0 && <tr style={{ height: after }} />}
        </tbody>
      </table>
    </section>
  );
}

function SchemaLine({
  line,
  choices,
  onChoose,
}: {
  line: { schema: string; of: TableLook[] };
  choices: Choices;
  onChoose: Props['onChoose'];
}) {
  const taken = line.of.filter((row) => choices.get(tableKey(row))?.set !== null).length;
  return (
    <tr className="grp">
      <th colSpan={7} scope="rowgroup">
        <Checkbox
          checked={taken > 0}
          mixed={taken > 0 && taken < line.of.length}
          onChange={() =>
            onChoose(line.of, (_, row) => ({ set: taken === line.of.length ? null : row.suggestedSet }))
          }
        >
          <code>{safeName(line.schema)}</code>
          {taken === line.of.length
            ? plural(taken, 'table')
            : `${taken} of ${plural(line.of.length, 'table')}`}
        </Checkbox>
      </th>
    </tr>
  );
}

function ChoiceRow({
  look,
  choice,
  nodes,
  source,
  selected,
  onOpen,
  onSet,
}: {
  look: TableLook;
  choice: Choice | undefined;
  nodes: string[];
  source: string | null;
  selected: boolean;
  onOpen: Props['onOpen'];
  onSet: (set: string | null) => void;
}) {
  const name = `${look.schema}.${look.table}`;
  const set = choice?.set ?? null;
  const rows = Object.values(look.rows);
  const counted = rows.filter((value) => value !== null);
  return (
    <tr className={`${selected ? 'sel' : ''} ${set === null ? 'out' : ''}`}>
      <td title={look.table}>
        <button
          type="button"
          className="name-b"
          aria-expanded={selected}
          onClick={() => onOpen(selected ? null : name)}
        >
          <code>{safeName(look.table)}</code>
        </button>
      </td>
      <td>
        <select
          className="in set-in"
          aria-label={`Set of ${name}`}
          value={set ?? ''}
          onChange={(event) => onSet(event.target.value || null)}
        >
          {setsFor(look).map((one) => (
            <option key={one} value={one}>
              {one}
            </option>
          ))}
          <option value="">in no set</option>
        </select>
      </td>
      <td className="wid">
        {look.hasKey ? (
          <span className="f">has one</span>
        ) : (
          <State of="warning" size={12}>
            none
          </State>
        )}
      </td>
      <td className="r wid">
        {counted.length === 0 ? (
          <span className="f">not analysed</span>
        ) : (
          <Num of={shortCount(Math.max(...counted))} />
        )}
      </td>
      <td className="r wid">{bytesText(Math.max(0, ...Object.values(look.bytes)))}</td>
      <td className="wid">
        <DeltaCell look={look} choice={choice} onOpen={() => onOpen(name)} />
      </td>
      <td className="say-cell">
        <NodesCell look={look} nodes={nodes} source={source} />
      </td>
    </tr>
  );
}

function DeltaCell({
  look,
  choice,
  onOpen,
}: {
  look: TableLook;
  choice: Choice | undefined;
  onOpen: () => void;
}) {
  if (choice?.set !== 'default' || look.deltaCandidates.length === 0) return null;
  if (choice.deltaColumns.length > 0) return <code>{choice.deltaColumns.map(safeName).join(', ')}</code>;
  const suggested = suggestedDeltas(look);
  return (
    <button type="button" className="offer" onClick={onOpen}>
      {suggested.length > 0
        ? `offered: ${suggested.map(safeName).join(', ')}`
        : plural(look.deltaCandidates.length, 'column')}
    </button>
  );
}

/** On which nodes it stands, and whether they hold it alike; said small where all is well. */
function NodesCell({ look, nodes, source }: { look: TableLook; nodes: string[]; source: string | null }) {
  const on = nodes.filter((node) => !look.missingOn.includes(node));
  const words = look.differences[0] ?? missing(look, source);
  if (differs(look, source)) {
    const more = look.differences.length > 1 ? `, and ${look.differences.length - 1} more` : '';
    return (
      <State of="warning" size={12}>
        <span title={look.differences.join('\n')}>{`${words}${more}`}</span>
      </State>
    );
  }
  return (
    <span className="f">
      {look.missingOn.length === 0 ? 'alike on all' : `on ${on.join(', ')}; copied to the others`}
    </span>
  );
}

/** What becomes of a table that some nodes lack. */
function missing(look: TableLook, source: string | null): string {
  const lack = look.missingOn.join(', ');
  return source !== null && look.missingOn.includes(source)
    ? `missing on ${lack}, whose structure is copied`
    : `missing on ${lack}`;
}
