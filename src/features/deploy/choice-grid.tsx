/** Tables with their sets, by schema. Only the rows in sight are drawn, so ten thousand scroll as ten do. */

import { type RefObject, useMemo, useRef } from 'react';
import type { TableLook } from '#core/model/deploy.ts';
import { safeName } from '#src/lib/safe-name.ts';
import { bytesText, plural, shortCount } from '#src/lib/units.ts';
import { DataTable } from '#src/parts/data-table/data-table.tsx';
import type { Group } from '#src/parts/data-table/groups.ts';
import { Checkbox } from '#src/ui/field.tsx';
import { State } from '#src/ui/state.tsx';
import type { Column } from '#src/ui/table/column.ts';
import { tip, tipCut } from '#src/ui/tooltip.ts';
import { Num } from '#src/ui/value.tsx';
import { type Choice, type Choices, differs, setsFor, suggestedDeltas, tableKey } from './choices.ts';

const ROW = 32;

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

interface Line {
  look: TableLook;
  choice: Choice | undefined;
}

const keyOf = ({ look }: Line): string => tableKey(look);
const shownName = ({ look }: Line): string => `${look.schema}.${look.table}`;

export function ChoiceGrid({ rows, choices, nodes, source, open, onOpen, onChoose }: Props) {
  const lines = useMemo(() => bySchema(rows, choices), [rows, choices]);
  // A choice changes with each letter of the page's state: columns keep their identity all the same, so that rows keep theirs.
  const acts = useRef({ onOpen, onChoose });
  acts.current = { onOpen, onChoose };
  const columns = useMemo(() => columnsOf(nodes, source, open, acts), [nodes, source, open]);
  const chosen = open === null ? undefined : lines.find((line) => shownName(line) === open);
  const group = useMemo(
    (): Group<Line> => ({
      of: ({ look }) => look.schema,
      head: (schema, of) => <SchemaHead schema={schema} of={of} onChoose={onChoose} />,
    }),
    [onChoose],
  );
  return (
    <DataTable
      label="Tables of the deploy"
      className="choice"
      columns={columns}
      rows={lines}
      keyOf={keyOf}
      group={group}
      rowHeight={ROW}
      groupHeight={ROW}
      chosen={chosen ? keyOf(chosen) : null}
      rowClass={({ choice }) => ((choice?.set ?? null) === null ? 'left-out' : undefined)}
    />
  );
}

/** Tables of one schema follow each other, schemas as they came. */
function bySchema(rows: TableLook[], choices: Choices): Line[] {
  const schemas = new Map<string, Line[]>();
  for (const look of rows) {
    const line = { look, choice: choices.get(tableKey(look)) };
    const of = schemas.get(look.schema);
    if (of) of.push(line);
    else schemas.set(look.schema, [line]);
  }
  return [...schemas.values()].flat();
}

function SchemaHead({
  schema,
  of,
  onChoose,
}: {
  schema: string;
  of: readonly Line[];
  onChoose: Props['onChoose'];
}) {
  const taken = of.filter(({ choice }) => choice?.set !== null).length;
  return (
    <Checkbox
      checked={taken > 0}
      mixed={taken > 0 && taken < of.length}
      onChange={() =>
        onChoose(
          of.map(({ look }) => look),
          (_, row) => ({ set: taken === of.length ? null : row.suggestedSet }),
        )
      }
    >
      <code>{safeName(schema)}</code>
      {taken === of.length ? plural(taken, 'table') : `${taken} of ${plural(of.length, 'table')}`}
    </Checkbox>
  );
}

/** The most that a node thinks it has; null: analysed on none. */
function rowsOf({ look }: Line): number | null {
  const counted = Object.values(look.rows).filter((value) => value !== null);
  return counted.length === 0 ? null : Math.max(...counted);
}

const bytesOf = ({ look }: Line): number => Math.max(0, ...Object.values(look.bytes));

type Acts = RefObject<Pick<Props, 'onOpen' | 'onChoose'>>;

const columnsOf = (
  nodes: string[],
  source: string | null,
  open: string | null,
  acts: Acts,
): Column<Line>[] => [
  {
    id: 'table',
    head: 'Table',
    title: ({ look }) => safeName(look.table),
    cell: (line) => {
      const name = shownName(line);
      return (
        <button
          type="button"
          className="name-button"
          data-row
          aria-expanded={name === open}
          onClick={() => acts.current.onOpen(name === open ? null : name)}
        >
          <code>{safeName(line.look.table)}</code>
        </button>
      );
    },
    value: shownName,
  },
  {
    id: 'set',
    head: 'Set',
    cell: (line) => <SetChoice line={line} acts={acts} />,
    value: ({ choice }) => choice?.set,
    fixedOrder: true,
  },
  {
    id: 'key',
    head: 'Key',
    wideOnly: true,
    cell: ({ look }) =>
      look.hasKey ? (
        <span className="faint">has one</span>
      ) : (
        <State of="warning" size={12}>
          none
        </State>
      ),
    value: ({ look }) => look.hasKey,
  },
  {
    id: 'rows',
    head: 'Rows, about',
    align: 'end',
    wideOnly: true,
    cell: (line) => {
      const rows = rowsOf(line);
      return rows === null ? <span className="faint">not analysed</span> : <Num of={shortCount(rows)} />;
    },
    value: rowsOf,
    first: 'descending',
  },
  {
    id: 'size',
    head: 'Size',
    align: 'end',
    wideOnly: true,
    cell: (line) => bytesText(bytesOf(line)),
    value: bytesOf,
    first: 'descending',
  },
  {
    id: 'summed',
    head: 'Added up',
    wideOnly: true,
    cell: (line) => (
      <DeltaCell look={line.look} choice={line.choice} onOpen={() => acts.current.onOpen(shownName(line))} />
    ),
  },
  {
    id: 'nodes',
    head: 'On the nodes',
    className: 'note-cell',
    cell: ({ look }) => <NodesCell look={look} nodes={nodes} source={source} />,
    rank: ({ look }) => differs(look, source),
    first: 'descending',
  },
];

function SetChoice({ line, acts }: { line: Line; acts: Acts }) {
  const { look, choice } = line;
  return (
    <select
      className="input set-choice"
      aria-label={`Set of ${shownName(line)}`}
      value={choice?.set ?? ''}
      onChange={(event) => acts.current.onChoose([look], () => ({ set: event.target.value || null }))}
    >
      {setsFor(look).map((one) => (
        <option key={one} value={one}>
          {one}
        </option>
      ))}
      <option value="">in no set</option>
    </select>
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
        <span {...tip(look.differences.join('\n'))}>{`${words}${more}`}</span>
      </State>
    );
  }
  const said = look.missingOn.length === 0 ? 'alike on all' : `on ${on.join(', ')}; copied to the others`;
  return (
    <span className="faint" {...tipCut(said)}>
      {said}
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
