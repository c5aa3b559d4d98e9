/** Copies of a subscription's tables: those that are not done, and what copies one, several or all again. */
import { useState } from 'react';
import { wordsOf } from '#core/engines/words.ts';
import type { CopyState } from '#core/model/copy-state.ts';
import type { SubscriptionSnapshot } from '#core/model/snapshot.ts';
import { safeName } from '#src/lib/safe-name.ts';
import { plural } from '#src/lib/units.ts';
import { DataTable } from '#src/parts/data-table/data-table.tsx';
import { PlanButton } from '#src/parts/plan-button.tsx';
import { Mono } from '#src/ui/mono.tsx';
import { SectionHead } from '#src/ui/section.tsx';
import { State, type StateName } from '#src/ui/state.tsx';
import type { Column } from '#src/ui/table/column.ts';
import { Known } from '#src/ui/value.tsx';
import { CopyAgain } from './copy-again.tsx';

const copyColumns = (cluster: string, sub: SubscriptionSnapshot): Column<TableSync>[] => [
  {
    id: 'table',
    head: 'Table',
    cell: (one) => (
      <Mono>
        {safeName(one.schema ?? '')}.{safeName(one.table ?? '')}
      </Mono>
    ),
    value: (one) => `${one.schema}.${one.table}`,
  },
  {
    id: 'status',
    head: 'Status',
    cell: (one) => (
      <State of={copyTone(one.state)} size={12}>
        {wordsOf(sub.engine).copyStates[one.state]}
      </State>
    ),
    value: (one) => one.state,
  },
  { id: 'lsn', head: 'At LSN', cell: (one) => <Known of={one.lsn} show={(lsn) => <Mono>{lsn}</Mono>} /> },
  {
    id: 'again',
    head: 'Copy again',
    quietHead: true,
    align: 'end',
    cell: (one) =>
      sub.status !== 'initializing' && (
        <PlanButton
          size="sm"
          request={{
            kind: 'table-resync',
            cluster,
            receiver: sub.receiver,
            subscription: sub.name,
            schema: one.schema ?? '',
            table: one.table ?? '',
          }}
        />
      ),
  },
];

type TableSync = SubscriptionSnapshot['sync'][number];

const keyOf = (one: TableSync): string => `${one.schema}.${one.table}`;

export function SyncBlock({ cluster, sub }: { cluster: string; sub: SubscriptionSnapshot }) {
  const words = wordsOf(sub.engine);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const tables = sub.sync.filter((one) => one.table !== null);
  const whole = sub.sync.find((one) => one.table === null);
  return (
    <section className="section">
      <SectionHead
        title="Initial copy"
        note={whole ? `the subscription itself: ${words.copyStates[whole.state]}` : words.copies}
      />
      {tables.length === 0 ? (
        <p className="none muted">No table is waiting to be copied.</p>
      ) : (
        <DataTable
          name="copy"
          label="Tables still to be copied"
          columns={copyColumns(cluster, sub)}
          rows={tables}
          keyOf={keyOf}
          choosing={
            tables.length > 1
              ? { chosen, onChange: setChosen, labelOf: (one) => `Choose ${safeName(keyOf(one))}` }
              : undefined
          }
        />
      )}
      <ChosenCopies cluster={cluster} sub={sub} tables={tables.filter((one) => chosen.has(keyOf(one)))} />
      <CopyAgain cluster={cluster} sub={sub} />
    </section>
  );
}

/** Several by one plan; all, whether they are listed here or not. */
function ChosenCopies({
  cluster,
  sub,
  tables,
}: {
  cluster: string;
  sub: SubscriptionSnapshot;
  tables: readonly TableSync[];
}) {
  const of = { kind: 'table-resync', cluster, receiver: sub.receiver, subscription: sub.name } as const;
  const names = tables.map(({ schema, table }) => ({ schema: schema ?? '', table: table ?? '' }));
  return (
    <div className="buttons">
      {names.length > 0 && (
        <PlanButton request={{ ...of, tables: names }}>
          {`Copy ${plural(names.length, 'chosen table')} again…`}
        </PlanButton>
      )}
      <PlanButton look="bare" request={{ ...of, tables: 'all' }}>
        Copy all tables again…
      </PlanButton>
    </div>
  );
}

const copyTone = (state: CopyState): StateName =>
  state === 'failed' || state === 'done' ? state : 'initializing';
