/** The sets of the cluster: what each sends, and how many tables it has on each node. */

import { Columns3, Funnel, Sigma } from 'lucide-react';
import type { ReplicationSetSnapshot } from '#core/model/snapshot.ts';
import { safeName } from '#src/lib/safe-name.ts';
import { DataTable } from '#src/parts/data-table/data-table.tsx';
import { Chip } from '#src/ui/chip.tsx';
import { SideBlock } from '#src/ui/dialog.tsx';
import { Icon } from '#src/ui/icon.tsx';
import { State } from '#src/ui/state.tsx';
import type { Column } from '#src/ui/table/column.ts';
import { tip } from '#src/ui/tooltip.ts';
import { Unknown } from '#src/ui/value.tsx';
import { shortSet } from './table-cells.tsx';

const OPS = ['insert', 'update', 'delete', 'truncate'] as const;

/** With more nodes than these the columns would not fit: counts are then said in words. */
const COLUMNS = 4;

export function ClusterSets({ sets, nodes }: { sets: ReplicationSetSnapshot[]; nodes: string[] }) {
  const names = [...new Set(sets.map((set) => set.name))].sort(
    (a, b) => Number(b === 'default') - Number(a === 'default') || (a < b ? -1 : 1),
  );
  if (names.length === 0) {
    return (
      <SideBlock title="Sets of this cluster">
        <p className="muted">No node has reported a replication set yet.</p>
      </SideBlock>
    );
  }
  return (
    <SideBlock title="Sets of this cluster">
      <DataTable
        name="allsets"
        label="Sets of this cluster"
        columns={columnsOf(nodes)}
        rows={names.map((name) => lineOf(name, sets))}
        keyOf={({ name }) => name}
      />
      <p className="legend p-0">
        <span>
          <Icon of={Funnel} size={12} />
          row filter
        </span>
        <span>
          <Icon of={Columns3} size={12} />
          column list
        </span>
        <span>
          <Icon of={Sigma} size={12} />
          summed
        </span>
      </p>
      <p className="faint text-12">
        I insert, U update, D delete, T truncate.
        {names.includes('default_insert_only') && (
          <>
            {' '}
            <span className="whitespace-nowrap">insert_only</span> is <code>default_insert_only</code>.
          </>
        )}
      </p>
    </SideBlock>
  );
}

interface SetLine {
  name: string;
  /** The set of this name on each node that has it. */
  sets: ReplicationSetSnapshot[];
  /** How many tables most nodes have in it. */
  usual: number | null;
}

function lineOf(name: string, all: ReplicationSetSnapshot[]): SetLine {
  const sets = all.filter((set) => set.name === name);
  return { name, sets, usual: commonest(sets.map((set) => set.tables)) };
}

const columnsOf = (nodes: string[]): Column<SetLine>[] => [
  {
    id: 'set',
    head: 'Set',
    quietHead: true,
    cell: ({ name }) => <Chip tip={safeName(name)}>{shortSet(name)}</Chip>,
  },
  { id: 'sends', head: 'Sends', cell: ({ sets }) => <Ops sets={sets} /> },
  ...(nodes.length <= COLUMNS
    ? nodes.map(
        (node): Column<SetLine> => ({
          id: `node ${node}`,
          head: safeName(node),
          align: 'end',
          cell: ({ name, sets, usual }) => (
            <Tables name={name} set={sets.find((set) => set.node === node)} usual={usual} />
          ),
        }),
      )
    : [
        {
          id: 'tables',
          head: 'Tables',
          align: 'end' as const,
          cell: ({ sets, usual }: SetLine) => inWords(sets, usual),
        },
      ]),
];

/** The four letters; a letter that the nodes do not agree on is said in words. */
function Ops({ sets }: { sets: ReplicationSetSnapshot[] }) {
  const differ = OPS.filter((op) => new Set(sets.map((set) => set[op])).size > 1);
  const [first] = sets;
  if (!first) return null;
  const title = OPS.map(
    (op) => `${op}: ${sets.map((set) => `${safeName(set.node)} ${set[op] ? 'yes' : 'no'}`).join(', ')}`,
  ).join('\n');
  return (
    <span className="operations" {...tip(title)}>
      <span className="sr-only">{OPS.filter((op) => first[op]).join(', ')}</span>
      {OPS.map((op) => {
        const letter = op.charAt(0).toUpperCase();
        return first[op] ? (
          <b key={op} aria-hidden="true">
            {letter}
          </b>
        ) : (
          <s key={op} aria-hidden="true">
            {letter}
          </s>
        );
      })}
      {differ.length > 0 && (
        <State of="warning" size={12}>
          not the same
        </State>
      )}
    </span>
  );
}

function Tables({
  name,
  set,
  usual,
}: {
  name: string;
  set: ReplicationSetSnapshot | undefined;
  usual: number | null;
}) {
  if (!set) return <span className="faint">none</span>;
  if (set.tables === null) return <Unknown />;
  if (name === 'ddl_sql' && set.tables === 0) return 'DDL';
  if (set.tables === usual) return set.tables;
  return (
    <State of="warning" size={12}>
      <span className="sr-only">differs: </span>
      {set.tables}
    </State>
  );
}

/** `21 on 62 nodes, 19 on n3`. */
function inWords(sets: ReplicationSetSnapshot[], usual: number | null): string {
  const apart = sets.filter((set) => set.tables !== usual);
  const common = `${usual ?? 'unknown'} on ${sets.length - apart.length} nodes`;
  if (apart.length === 0) return common;
  if (apart.length > 2) return `${common}, other on ${apart.length}`;
  return `${common}, ${apart.map((set) => `${set.tables ?? 'unknown'} on ${safeName(set.node)}`).join(', ')}`;
}

function commonest(counts: (number | null)[]): number | null {
  const seen = new Map<number, number>();
  for (const count of counts) if (count !== null) seen.set(count, (seen.get(count) ?? 0) + 1);
  return [...seen].sort((a, b) => b[1] - a[1] || b[0] - a[0])[0]?.[0] ?? null;
}
