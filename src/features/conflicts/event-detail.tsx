/** One conflict: who won and why, both rows, the clocks, and what each node recorded of it. */
import type { Snapshot } from '#core/model/snapshot.ts';
import { useSnapshot } from '#src/api/hooks.ts';
import { useZone } from '#src/lib/clock.ts';
import { safeName } from '#src/lib/safe-name.ts';
import { exactTime } from '#src/lib/time.ts';
import { Chip } from '#src/ui/chip.tsx';
import { Mono } from '#src/ui/mono.tsx';
import { State } from '#src/ui/state.tsx';
import { Table } from '#src/ui/table.tsx';
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
import { stampsOf, verdictOf } from './verdict.ts';

const nodesOf = (snapshot: Snapshot) => snapshot.nodes;

export function EventDetail({ event, keyColumns }: { event: ConflictEvent; keyColumns: string[] }) {
  const nodes = useSnapshot(nodesOf);
  const stamps = stampsOf(event, (name) => {
    const node = nodes.find((one) => one.name === name);
    return node?.clockOffsetSeconds == null
      ? null
      : { offsetSeconds: node.clockOffsetSeconds, uncertaintySeconds: node.clockUncertaintySeconds ?? 0 };
  });
  return (
    <article className="dt" aria-label={`Conflict on ${event.table}`}>
      <div className="blk">
        <div className="btns mb-2">
          <h2 className="id">
            {event.schema !== null && <span>{safeName(event.schema)}.</span>}
            {safeName(event.table)} <KeyText event={event} keyColumns={keyColumns} />
          </h2>
          <Chip>{event.type}</Chip>
          {loses(event) && <State of="warning">{event.won === null ? 'nodes differ' : 'row lost'}</State>}
        </div>
        <p className="verdict">{verdictOf(event)}</p>
        <p className="q mt-1">{reason(event)}</p>
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
    <span key={column} className="kv">
      <span>{safeName(column)}</span> {safeName(String(value))}{' '}
    </span>
  ));
}

function reason(event: ConflictEvent): string {
  const [first] = event.views;
  const by = first
    ? `Resolved by Spock as ${[...new Set(event.views.map((view) => view.resolution))].join(', ')}`
    : '';
  const index = event.index === null ? '' : `, found by index ${event.index}`;
  return `${by}${index}. This is what the nodes recorded then; the rows were not compared since.`;
}

function Views({ event }: { event: ConflictEvent }) {
  const zone = useZone();
  return (
    <div className="blk px-0! pb-2!">
      <h2 className="t2 px-4!">
        What each node saw<small>a node records only its own view</small>
      </h2>
      <Table
        label="What each node saw"
        head={
          <>
            <th>Node</th>
            <th>Had</th>
            <th>Received</th>
            <th>Did</th>
            <th>Kept</th>
            <th className="wid">Recorded</th>
            <th className="wid">LSN of what it received</th>
          </>
        }
      >
        {event.views.map((view) => (
          <tr key={`${view.node} ${view.id}`}>
            <td className="name">{safeName(view.node)}</td>
            <td>{whose(localVersion(view), view.node)}</td>
            <td>{whose(remoteVersion(view), view.node)}</td>
            <td>
              <Mono>{view.resolution}</Mono>
            </td>
            <td>{whose(keptIn(view) === 'remote' ? remoteVersion(view) : localVersion(view), view.node)}</td>
            <td className="q wid">{exactTime(view.at, zone).slice(11)}</td>
            <td className="wid">{view.remoteLsn === null ? <Unknown /> : <Mono>{view.remoteLsn}</Mono>}</td>
          </tr>
        ))}
      </Table>
    </div>
  );
}

function whose(version: Version, node: string): string {
  const what = version.tuple === null ? 'deletion' : 'row';
  if (version.origin === null) return version.tuple === null ? 'no row' : 'a row';
  return version.origin === node ? `its own ${what}` : `${safeName(version.origin)}’s ${what}`;
}
