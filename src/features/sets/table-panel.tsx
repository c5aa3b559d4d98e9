/** The chosen table: what is wrong, its one action, then its facts in blocks. */
import type { ReactNode } from 'react';
import type { TableRow } from '#core/contract/tables.ts';
import type { PlanRequest } from '#core/model/plan.ts';
import { shownText } from '#core/model/shown-text.ts';
import { safeName } from '#src/lib/safe-name.ts';
import { count } from '#src/lib/units.ts';
import { DataTable } from '#src/parts/data-table/data-table.tsx';
import { PlanButton } from '#src/parts/plan-button.tsx';
import { SideBlock, SidePanel } from '#src/ui/dialog.tsx';
import { State } from '#src/ui/state.tsx';
import type { Column } from '#src/ui/table/column.ts';
import { Unknown } from '#src/ui/value.tsx';
import { columnDrift, keyOf, lacking, setsOf, verdictOf } from './cells.ts';
import { DeltaForm } from './delta-form.tsx';
import { FilterForm } from './filter-form.tsx';
import { consequence, differenceText } from './row-text.ts';
import { SetChip } from './table-cells.tsx';

interface Props {
  cluster: string;
  row: TableRow;
  nodes: string[];
  onClose: () => void;
  children: React.ReactNode;
}

export default function TablePanel({ cluster, row, nodes, onClose, children }: Props) {
  const shown = nodes.filter((node) => node in row.nodes);
  return (
    <SidePanel
      label={`Table ${safeName(row.schema)}.${safeName(row.table)}`}
      onClose={onClose}
      title={
        <>
          <span>{safeName(row.schema)}.</span>
          {safeName(row.table)}
        </>
      }
    >
      <Wrong row={row} cluster={cluster} nodes={shown} />
      <SetsBlock row={row} nodes={shown} />
      <FilterBlocks row={row} />
      <ColumnsBlock row={row} nodes={shown} />
      <DeltaForm key={`delta ${row.schema}.${row.table}`} cluster={cluster} row={row} />
      <DriftBlock row={row} />
      {setsOf(row).length > 0 && (
        <FilterForm key={`${row.schema}.${row.table}`} cluster={cluster} row={row} />
      )}
      {children}
    </SidePanel>
  );
}

function Wrong({ row, cluster, nodes }: { row: TableRow; cluster: string; nodes: string[] }) {
  const verdict = verdictOf(row);
  const base = { cluster, schema: row.schema, table: row.table };
  const missing = setsOf(row)
    .map((set) => ({ set, nodes: lacking(row, set) }))
    .filter((one) => one.nodes.length > 0);
  const sets = setsOf(row);
  const on = nodes.filter((node) => row.nodes[node]);
  const keyed = keyOf(row) !== null || row.replicaIdentity === 'full';
  return (
    <div className="panel-block">
      <div>
        {row.differs ? (
          <State of="warning" className="wrapping">
            {titleOf(row)}
          </State>
        ) : sets.length === 0 ? (
          <State of={verdict?.tone === 'warn' ? 'warning' : 'info'}>
            In no set, so its rows stay where they are written
          </State>
        ) : (
          <State of="ok">The same on all nodes that were read</State>
        )}
      </div>
      {row.differs && <p className="muted">{consequence(row)}</p>}
      {!keyed && (
        <p className="muted">
          It has no primary key and no replica identity: a set that sends updates or deletes refuses it. Add a
          key, or send its inserts only.
        </p>
      )}
      <div className="buttons">
        {missing.map((one, index) => (
          <Offer
            key={one.set}
            look={index === 0 ? 'primary' : 'default'}
            request={{ kind: 'set-add-table', ...base, set: one.set, nodes: one.nodes }}
          />
        ))}
        {sets.length === 0 && on.length > 0 && (
          <Offer
            look="primary"
            request={{
              kind: 'set-add-table',
              ...base,
              set: keyed ? 'default' : 'default_insert_only',
              nodes: on,
            }}
          />
        )}
        {missing.length === 0 &&
          sets.map((set) => {
            const members = on.filter((node) => row.nodes[node]?.sets.includes(set));
            return members.length === 0 ? null : (
              <PlanButton
                key={set}
                size="md"
                request={{ kind: 'set-remove-table', ...base, set, nodes: members }}
              >
                {`Remove from ${safeName(set)}…`}
              </PlanButton>
            );
          })}
      </div>
    </div>
  );
}

/** Names set and nodes, since a table may be offered to several. */
function Offer({
  request,
  look,
}: {
  request: Extract<PlanRequest, { kind: 'set-add-table' }>;
  look: 'primary' | 'default';
}) {
  return (
    <PlanButton look={look} size="md" request={request}>
      {`Add to ${safeName(request.set)} on ${request.nodes.map(safeName).join(', ')}…`}
    </PlanButton>
  );
}

/** `Missing from default on n3`. */
const titleOf = (row: TableRow): string =>
  differenceText(row)
    .replace(/^is /, '')
    .replace(/^./, (first) => first.toUpperCase());

function SetsBlock({ row, nodes }: { row: TableRow; nodes: string[] }) {
  const sets = setsOf(row);
  if (sets.length === 0) return null;
  const any = Object.values(row.nodes).flatMap((node) => node?.memberships ?? []);
  return (
    <SideBlock title="Sets">
      <DataTable
        name="members"
        label={`Sets of ${safeName(row.table)}`}
        columns={[
          {
            id: 'set',
            head: 'Set',
            quietHead: true,
            cell: (set) => {
              const member = any.find((one) => one.set === set);
              return (
                <SetChip
                  chip={{
                    set,
                    missing: false,
                    rowFilter: member?.rowFilter ?? null,
                    columns: member?.columns ?? null,
                  }}
                />
              );
            },
          },
          ...nodes.map(
            (node): Column<string> => ({
              id: `node ${node}`,
              head: safeName(node),
              cell: (set) => <MemberCell row={row} node={node} set={set} />,
            }),
          ),
        ]}
        rows={sets}
        keyOf={(set) => set}
      />
    </SideBlock>
  );
}

function MemberCell({ row, node, set }: { row: TableRow; node: string; set: string }) {
  const here = row.nodes[node];
  if (here === undefined) return <Unknown>not read</Unknown>;
  if (here === null) return <span className="faint">no table</span>;
  const member = here.memberships.find((one) => one.set === set);
  if (!member) {
    return lacking(row, set).includes(node) ? (
      <State of="warning" size={12}>
        missing
      </State>
    ) : (
      <span className="faint">no</span>
    );
  }
  return (
    <State of="ok" size={12}>
      {member.rowFilter ? 'filtered' : member.columns ? 'some columns' : 'member'}
    </State>
  );
}

/** Row filters and column lists, once where all nodes agree, else by node. */
function FilterBlocks({ row }: { row: TableRow }) {
  const all = Object.entries(row.nodes).flatMap(([node, on]) =>
    (on?.memberships ?? []).map((member) => ({ node, ...member })),
  );
  const parts = setsOf(row).flatMap((set) => {
    const members = all.filter((member) => member.set === set);
    return [
      ...textsOf(members, `Row filter of ${safeName(set)}`, (member) => member.rowFilter),
      ...textsOf(members, `Columns of ${safeName(set)}`, (member) => member.columns?.join(', ') ?? null),
    ];
  });
  return parts.map((part) => (
    <SideBlock key={part.title} title={part.title}>
      <pre className="sql">{shownText(part.text)}</pre>
    </SideBlock>
  ));
}

function textsOf<T extends { node: string }>(
  members: T[],
  title: string,
  textOf: (member: T) => string | null,
) {
  const groups = new Map<string | null, string[]>();
  for (const member of members) {
    const text = textOf(member);
    groups.set(text, [...(groups.get(text) ?? []), member.node]);
  }
  const alike = groups.size === 1;
  return [...groups].flatMap(([text, nodes]) =>
    text === null
      ? []
      : [
          {
            title: alike
              ? `${title}, the same on all nodes`
              : `${title} on ${nodes.map(safeName).join(', ')}`,
            text,
          },
        ],
  );
}

/** The estimate of this node is not that of most others, on a table that differs. */
function stands(row: TableRow, node: string): boolean {
  const all = Object.values(row.nodes).flatMap((on) => (on?.rowsEstimate == null ? [] : [on.rowsEstimate]));
  const middle = [...all].sort((a, b) => a - b)[Math.floor(all.length / 2)] ?? 0;
  const mine = row.nodes[node]?.rowsEstimate ?? middle;
  return all.length > 2 && row.differs && mine !== middle;
}

interface Fact {
  name: string;
  of: (node: string) => ReactNode;
}

function RowsOn({ row, node }: { row: TableRow; node: string }) {
  const rows = row.nodes[node]?.rowsEstimate ?? null;
  if (rows === null) return <Unknown>not analysed</Unknown>;
  return stands(row, node) ? <b>{count(rows)}</b> : count(rows);
}

function ColumnsBlock({ row, nodes }: { row: TableRow; nodes: string[] }) {
  const summed = [...new Set(Object.values(row.nodes).flatMap((node) => node?.deltaColumns ?? []))];
  const key = keyOf(row);
  return (
    <SideBlock title="Rows and columns">
      <DataTable
        name="facts"
        label={`Rows and columns of ${safeName(row.table)}`}
        columns={[
          { id: 'fact', head: 'Fact', quietHead: true, className: 'muted', cell: ({ name }) => name },
          ...nodes.map(
            (node): Column<Fact> => ({
              id: `node ${node}`,
              head: safeName(node),
              align: 'end',
              cell: ({ of }) => of(node),
            }),
          ),
        ]}
        rows={[
          { name: 'Rows, about', of: (node) => <RowsOn row={row} node={node} /> },
          { name: 'Columns', of: (node) => row.nodes[node]?.tableColumns?.length ?? <Unknown /> },
        ]}
        keyOf={({ name }: Fact) => name}
      />
      <p className="muted">
        Key:{' '}
        {key ? (
          <code>{key.map(safeName).join(', ')}</code>
        ) : row.replicaIdentity === 'full' ? (
          'the whole row'
        ) : (
          'none'
        )}
        {summed.length > 0 && (
          <>
            {'. Summed from all nodes: '}
            <code>{summed.map(safeName).join(', ')}</code>
          </>
        )}
        {row.partitionOf !== null && (
          <>
            {'. Partition of '}
            <code>{safeName(row.partitionOf)}</code>
          </>
        )}
      </p>
    </SideBlock>
  );
}

function DriftBlock({ row }: { row: TableRow }) {
  const drift = columnDrift(row);
  if (!drift || drift.length === 0) return null;
  return (
    <SideBlock title="Columns that differ">
      <ul className="drift">
        {drift.slice(0, 40).map((one) => (
          <li key={one.column}>
            <code>{safeName(one.column)}</code>
            <span className="faint">
              on {one.on.join(', ')}, not on {one.notOn.join(', ')}
            </span>
          </li>
        ))}
      </ul>
      {drift.length > 40 && <p className="faint">{drift.length - 40} more</p>}
    </SideBlock>
  );
}
