import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { shownText } from '#core/model/shown-text.ts';
import type { NodeSnapshot } from '#core/model/snapshot.ts';
import { useClusterName, usePolls, useSnapshot } from '#src/api/hooks.ts';
import { shownNodeState } from '#src/lib/link-state.ts';
import { paths } from '#src/lib/paths.ts';
import { safeName } from '#src/lib/safe-name.ts';
import { count, milliseconds, rate } from '#src/lib/units.ts';
import { DataTable } from '#src/parts/data-table/data-table.tsx';
import { Mono } from '#src/ui/mono.tsx';
import { State } from '#src/ui/state.tsx';
import type { Column } from '#src/ui/table/column.ts';
import { type Poll, Tape } from '#src/ui/tape.tsx';
import { Time } from '#src/ui/time.tsx';
import { Aged, Known, Num, Unknown } from '#src/ui/value.tsx';

interface NodeLine {
  node: NodeSnapshot;
  polls: Poll[];
}

const NO_POLLS: Poll[] = [];
const isAway = ({ node }: NodeLine): boolean => node.state !== 'up';
const slotsOf = ({ node }: NodeLine) => node.capacity.find((one) => one.name === 'max_replication_slots');

/** A line for each node: is it there, how fast does it answer, where does it stand. */
export function NodesTable() {
  const nodes = useSnapshot((snapshot) => snapshot.nodes);
  const polls = usePolls();
  const lines = nodes.map((node): NodeLine => ({ node, polls: polls?.[node.name] ?? NO_POLLS }));
  return (
    <DataTable
      name="nodes"
      label="Nodes"
      columns={COLUMNS}
      rows={lines}
      keyOf={({ node }) => node.name}
      below={troubleOf}
    />
  );
}

const COLUMNS: Column<NodeLine>[] = [
  {
    id: 'node',
    head: 'Node',
    cell: ({ node }) => <NodeName node={node} />,
    value: ({ node }) => node.name,
  },
  {
    id: 'state',
    head: 'State',
    cell: ({ node }) => <State of={shownNodeState(node)} />,
    value: ({ node }) => node.state,
    rank: ({ node }) => ['up', 'unknown', 'down'].indexOf(node.state),
    first: 'descending',
  },
  {
    id: 'roundtrip',
    head: (
      <>
        <span className="wide-only">Last 60 polls, round trip</span>
        <span className="narrow-only">Round trip</span>
      </>
    ),
    cell: (line) => (
      <span className="tape-cell">
        <Tape polls={line.polls} label={`Polls of ${safeName(line.node.name)}`} />
        <span className="text-right">
          {isAway(line) ? (
            <Unknown>none</Unknown>
          ) : (
            <Known of={line.node.roundTripMs} show={(ms) => <Num of={milliseconds(ms)} />} />
          )}
        </span>
      </span>
    ),
    value: (line) => (isAway(line) ? null : line.node.roundTripMs),
    first: 'descending',
  },
  {
    id: 'wal',
    head: 'WAL position',
    wideOnly: true,
    cell: (line) => <Known of={line.node.walLsn} old={isAway(line)} show={(lsn) => <Mono>{lsn}</Mono>} />,
  },
  {
    id: 'writes',
    head: 'Writes',
    align: 'end',
    cell: (line) =>
      isAway(line) ? (
        <Unknown />
      ) : (
        <Known of={line.node.walBytesPerSecond} show={(speed) => <Num of={rate(speed)} />} />
      ),
    value: (line) => (isAway(line) ? null : line.node.walBytesPerSecond),
    first: 'descending',
  },
  {
    id: 'clock',
    head: 'Clock, from here',
    align: 'end',
    wideOnly: true,
    cell: (line) => (
      <Known
        of={line.node.clockOffsetSeconds}
        old={isAway(line)}
        show={(seconds) => <ClockOffset seconds={seconds} uncertainty={line.node.clockUncertaintySeconds} />}
      />
    ),
    rank: ({ node }) => (node.clockOffsetSeconds === null ? null : Math.abs(node.clockOffsetSeconds)),
    first: 'descending',
  },
  {
    id: 'slots',
    head: 'Slots',
    align: 'end',
    wideOnly: true,
    cell: (line) => (
      <Known
        of={slotsOf(line)?.used}
        old={isAway(line)}
        show={(used) => (
          <>
            {count(used)} of {count(slotsOf(line)?.max ?? 0)}
          </>
        )}
      />
    ),
    value: (line) => slotsOf(line)?.used,
    first: 'descending',
  },
];

function NodeName({ node }: { node: NodeSnapshot }) {
  const cluster = useClusterName();
  return (
    <>
      <Link to={paths.node(cluster, node.name)} className="name">
        {safeName(node.name)}
      </Link>{' '}
      <span className="faint">{node.location && safeName(node.location)}</span>
    </>
  );
}

/** Why a node does not answer, under its row. */
function troubleOf({ node }: NodeLine): ReactNode {
  if (!node.error) return null;
  return (
    <>
      {node.observedAt === null ? (
        'It has not answered since it was added. '
      ) : (
        <>
          <Aged>Underlined</Aged> is what {safeName(node.name)} last reported, at{' '}
          <Time at={node.observedAt} />.{' '}
        </>
      )}
      {node.address}: {shownText(node.error.message).replace(/\.$/, '')}; {count(node.error.tries)}{' '}
      {node.error.tries === 1 ? 'try' : 'tries'}.
    </>
  );
}

/** The clock of a node against the console's: `+18.6 ms ±1.2`. */
function ClockOffset({ seconds, uncertainty }: { seconds: number; uncertainty: number | null }) {
  const ms = seconds * 1000;
  const sign = ms < 0 ? '−' : '+';
  const size = milliseconds(Math.abs(ms));
  return (
    <span className="whitespace-nowrap">
      {sign}
      <Num of={size} />
      {uncertainty !== null && (
        <span className="faint"> ±{(uncertainty * (size.unit === 's' ? 1 : 1000)).toFixed(1)}</span>
      )}
    </span>
  );
}
