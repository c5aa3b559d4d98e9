/** One conflict: who won and why, both rows, the clocks, and what each node recorded of it. */
import type { Conflict } from '#core/contract/history.ts';
import type { Snapshot } from '#core/model/snapshot.ts';
import { useEngineWords, useSnapshot } from '#src/api/hooks.ts';
import { useZone } from '#src/lib/clock.ts';
import { safeName } from '#src/lib/safe-name.ts';
import { exactTime, type Zone } from '#src/lib/time.ts';
import { DataTable } from '#src/parts/data-table/data-table.tsx';
import { Chip } from '#src/ui/chip.tsx';
import { Mono } from '#src/ui/mono.tsx';
import { State } from '#src/ui/state.tsx';
import type { Column } from '#src/ui/table/column.ts';
import { Unknown } from '#src/ui/value.tsx';
import { Clocks } from './clocks.tsx';
import { CompareRows } from './compare-rows.tsx';
import {
  type ConflictEvent,
  keptIn,
  keyOf,
  localVersion,
  loses,
  remoteVersion,
  type Version,
} from './events.ts';
import { originName } from './origin-name.ts';
import { stampsOf, verdictOf } from './verdict.ts';

const nodesOf = (snapshot: Snapshot) => snapshot.nodes;

export function EventDetail({ event, keyColumns }: { event: ConflictEvent; keyColumns: string[] }) {
  const nodes = useSnapshot(nodesOf);
  const words = useEngineWords();
  const stamps = stampsOf(event, (name) => {
    const node = nodes.find((one) => one.name === name);
    return node?.clockOffsetSeconds == null
      ? null
      : { offsetSeconds: node.clockOffsetSeconds, uncertaintySeconds: node.clockUncertaintySeconds ?? 0 };
  });
  return (
    <article className="event-detail" aria-label={`Conflict on ${safeName(event.table)}`}>
      <div className="panel-block">
        <div className="buttons mb-2">
          <h2 className="object-name">
            {event.schema !== null && <span>{safeName(event.schema)}.</span>}
            {safeName(event.table)} <KeyText event={event} keyColumns={keyColumns} />
          </h2>
          <Chip>{event.type}</Chip>
          {loses(event) && <State of="warning">{event.won === null ? 'nodes differ' : 'row lost'}</State>}
        </div>
        <p className="verdict">{verdictOf(event)}</p>
        <p className="muted mt-1">{reason(words.name, event)}</p>
      </div>
      <CompareRows event={event} />
      {stamps && <Clocks event={event} stamps={stamps} />}
      <Views event={event} />
    </article>
  );
}

/** The key as plain words, for where there is no room for it. */
export const keyWords = (event: ConflictEvent, keyColumns: string[]): string =>
  keyOf(event, keyColumns)
    .map(({ column, value }) => `${safeName(column)} ${safeName(String(value))}`)
    .join(', ');

/** `order_id 90412217`, of the key or of a column that both rows have in common. */
export function KeyText({ event, keyColumns }: { event: ConflictEvent; keyColumns: string[] }) {
  const key = keyOf(event, keyColumns);
  if (key.length === 0) return null;
  return key.map(({ column, value }) => (
    <span key={column} className="key-value">
      <span>{safeName(column)}</span> {safeName(String(value))}{' '}
    </span>
  ));
}

function reason(engine: string, event: ConflictEvent): string {
  const [first] = event.views;
  const by = first
    ? `Resolved by ${engine} as ${[...new Set(event.views.map((view) => view.resolution))].join(', ')}`
    : '';
  const index = event.index === null ? '' : `, found by index ${safeName(event.index)}`;
  return `${by}${index}. This is what the nodes recorded then; the rows were not compared since.`;
}

function Views({ event }: { event: ConflictEvent }) {
  const zone = useZone();
  return (
    <div className="panel-block px-0 pb-2">
      <h2 className="detail-title px-4">
        What each node saw<small>a node records only its own view</small>
      </h2>
      <DataTable
        name="views"
        label="What each node saw"
        columns={viewColumns(zone)}
        rows={event.views}
        keyOf={(view) => `${view.node} ${view.id}`}
      />
    </div>
  );
}

const viewColumns = (zone: Zone): Column<Conflict>[] => [
  {
    id: 'node',
    head: 'Node',
    className: 'name',
    cell: (view) => safeName(view.node),
    value: (view) => view.node,
  },
  { id: 'had', head: 'Had', cell: (view) => whose(localVersion(view), view.node) },
  { id: 'received', head: 'Received', cell: (view) => whose(remoteVersion(view), view.node) },
  {
    id: 'did',
    head: 'Did',
    cell: (view) => <Mono>{safeName(view.resolution)}</Mono>,
    value: (view) => view.resolution,
  },
  {
    id: 'kept',
    head: 'Kept',
    cell: (view) => whose(keptIn(view) === 'remote' ? remoteVersion(view) : localVersion(view), view.node),
  },
  {
    id: 'recorded',
    head: 'Recorded',
    wideOnly: true,
    className: 'muted',
    cell: (view) => exactTime(view.at, zone).slice(11),
    value: (view) => view.at,
  },
  {
    id: 'lsn',
    head: 'LSN of what it received',
    wideOnly: true,
    cell: (view) => (view.remoteLsn === null ? <Unknown /> : <Mono>{view.remoteLsn}</Mono>),
  },
];

function whose(version: Version, node: string): string {
  const what = version.tuple === null ? 'deletion' : 'row';
  if (version.origin === null) return version.tuple === null ? 'no row' : 'a row';
  return version.origin === node ? `its own ${what}` : `${originName(version.origin)}’s ${what}`;
}
