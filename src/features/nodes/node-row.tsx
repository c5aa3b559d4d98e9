/** Columns of the nodes: name, state, polls, then facts; aged where a node does not answer, with why in a line below. */
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import type { NodeSnapshot } from '#core/model/snapshot.ts';
import { useClusterName, useIsOld } from '#src/api/hooks.ts';
import { paths } from '#src/lib/paths.ts';
import { safeName } from '#src/lib/safe-name.ts';
import { milliseconds, rate } from '#src/lib/units.ts';
import { Mono } from '#src/ui/mono.tsx';
import { State } from '#src/ui/state.tsx';
import type { Column } from '#src/ui/table/column.ts';
import { type Poll, Tape } from '#src/ui/tape.tsx';
import { Time } from '#src/ui/time.tsx';
import { Aged, Known, Num, Unknown } from '#src/ui/value.tsx';
import { clockText, errorText, stateWord } from './node-text.ts';

export interface NodeLine {
  node: NodeSnapshot;
  polls: Poll[] | undefined;
}

const slotsOf = ({ node }: NodeLine) => node.capacity.find((one) => one.name === 'max_replication_slots');

export const NODE_COLUMNS: Column<NodeLine>[] = [
  {
    id: 'node',
    head: 'Node',
    needed: true,
    cell: ({ node }) => <NodeName node={node} />,
    value: ({ node }) => node.name,
  },
  {
    id: 'state',
    head: 'State',
    cell: ({ node }) => <NodeState node={node} />,
    value: ({ node }) => node.state,
    rank: ({ node }) => badnessOfNode(node),
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
    name: 'Round trip, ms',
    cell: ({ node, polls }) => (
      <span className="tape-cell">
        <Tape polls={polls ?? []} label={`Polls of ${safeName(node.name)}`} />
        <span className="text-right">
          {node.state === 'up' && node.roundTripMs !== null ? (
            <Num of={milliseconds(node.roundTripMs)} />
          ) : (
            <span className="faint">none</span>
          )}
        </span>
      </span>
    ),
    value: ({ node }) => (node.state === 'up' ? node.roundTripMs : null),
    first: 'descending',
  },
  {
    id: 'wal',
    head: 'WAL position',
    wideOnly: true,
    cell: ({ node }) => (
      <NodeFact node={node}>
        {(old) => (
          <Known
            of={node.walLsn}
            old={old}
            show={(lsn) => <Mono>{lsn}</Mono>}
            unknown={node.standby ? 'in recovery' : undefined}
          />
        )}
      </NodeFact>
    ),
    value: ({ node }) => node.walLsn,
    // Each node has a WAL of its own: which of two positions is further says nothing.
    fixedOrder: true,
  },
  {
    id: 'writes',
    head: 'Writes',
    name: 'Writes, bytes per second',
    align: 'end',
    cell: ({ node }) => (
      <NodeFact node={node}>
        {(old) =>
          old ? <Unknown /> : <Known of={node.walBytesPerSecond} show={(value) => <Num of={rate(value)} />} />
        }
      </NodeFact>
    ),
    value: ({ node }) => (node.state === 'up' ? node.walBytesPerSecond : null),
    first: 'descending',
  },
  {
    id: 'clock',
    head: 'Clock, from here',
    name: 'Clock, from here, seconds',
    align: 'end',
    wideOnly: true,
    cell: ({ node }) => <NodeFact node={node}>{(old) => <Clock node={node} old={old} />}</NodeFact>,
    value: ({ node }) => node.clockOffsetSeconds,
    rank: ({ node }) => (node.clockOffsetSeconds === null ? null : Math.abs(node.clockOffsetSeconds)),
    first: 'descending',
  },
  {
    id: 'slots',
    head: 'Slots',
    align: 'end',
    wideOnly: true,
    cell: (line) => {
      const slots = slotsOf(line);
      if (!slots || slots.used === null) return <Unknown />;
      return (
        <NodeFact node={line.node}>
          {(old) => (
            <Aged old={old}>
              {slots.used} <span className="faint">of</span> {slots.max}
            </Aged>
          )}
        </NodeFact>
      );
    },
    value: (line) => slotsOf(line)?.used,
    first: 'descending',
  },
  {
    id: 'versions',
    head: 'Versions',
    align: 'end',
    wideOnly: true,
    cell: ({ node }) => <Versions node={node} />,
    value: ({ node }) => `${node.serverVersion ?? 'unknown'} / ${node.engineVersion ?? 'unknown'}`,
  },
];

function NodeName({ node }: { node: NodeSnapshot }) {
  const cluster = useClusterName();
  return (
    <>
      <Link className="name" data-row to={paths.node(cluster, node.name)}>
        {safeName(node.name)}
      </Link>{' '}
      <span className="faint">{node.location === null ? '' : safeName(node.location)}</span>
    </>
  );
}

/** What a node said last is old when it does not answer, or was read long ago. */
function NodeFact({ node, children }: { node: NodeSnapshot; children: (old: boolean) => ReactNode }) {
  const tooOld = useIsOld(node.observedAt);
  return children(node.state !== 'up' || tooOld);
}

/** Why a node does not answer, under its row. */
export function nodeTrouble({ node }: NodeLine): ReactNode {
  if (node.error === null) return null;
  return (
    <>
      {node.observedAt === null ? (
        `${safeName(node.name)} has not answered since it was added. `
      ) : (
        <>
          Underlined is what {safeName(node.name)} last reported, at <Time at={node.observedAt} />.{' '}
        </>
      )}
      {errorText(node)}
    </>
  );
}

/** 0 for one that answers and can be written to. */
export const badnessOfNode = (node: NodeSnapshot): number =>
  node.state === 'down' ? 3 : node.state === 'unknown' ? 2 : node.standby ? 1 : 0;

export function NodeState({ node }: { node: NodeSnapshot }) {
  if (node.state === 'up') return node.standby ? <State of="warning">a standby</State> : <State of="up" />;
  if (node.state === 'unknown')
    return <State of="unknown">{node.error === null ? 'not polled yet' : stateWord(node)}</State>;
  return <State of="down">{stateWord(node)}</State>;
}

export function Clock({ node, old }: { node: NodeSnapshot; old: boolean }) {
  const said = clockText(node);
  if (said === null) return <Unknown />;
  return (
    <Aged old={old}>
      <span className="whitespace-nowrap">
        {said.value}
        <span className="unit">{said.unit}</span>
        {said.plusMinus && <span className="faint"> {said.plusMinus}</span>}
      </span>
    </Aged>
  );
}

function Versions({ node }: { node: NodeSnapshot }) {
  if (node.serverVersion === null && node.engineVersion === null) return <Unknown />;
  return (
    <span className="muted">
      {node.serverVersion ?? 'unknown'} <span className="faint">/</span>{' '}
      {node.standin ? 'stand-in' : (node.engineVersion ?? 'unknown')}
    </span>
  );
}
