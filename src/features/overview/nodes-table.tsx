import { memo } from 'react';
import { Link } from 'react-router';
import type { NodeSnapshot } from '#core/model/snapshot.ts';
import { useClusterName, usePolls, useSnapshot } from '#src/api/hooks.ts';
import { shownNodeState } from '#src/lib/link-state.ts';
import { paths } from '#src/lib/paths.ts';
import { count, milliseconds, rate } from '#src/lib/units.ts';
import { Mono } from '#src/ui/mono.tsx';
import { State } from '#src/ui/state.tsx';
import { NumCell, Row, Table } from '#src/ui/table.tsx';
import { type Poll, Tape } from '#src/ui/tape.tsx';
import { Time } from '#src/ui/time.tsx';
import { Aged, Known, Num, Unknown } from '#src/ui/value.tsx';

const NO_POLLS: Poll[] = [];

/** A line for each node: is it there, how fast does it answer, where does it stand. */
export function NodesTable() {
  const cluster = useClusterName();
  const nodes = useSnapshot((snapshot) => snapshot.nodes);
  const polls = usePolls();
  return (
    <Table
      label="Nodes"
      head={
        <>
          <th scope="col">Node</th>
          <th scope="col">State</th>
          <th scope="col">
            <span className="wid">Last 60 polls, round trip</span>
            <span className="nar">Round trip</span>
          </th>
          <th scope="col" className="wid">
            WAL position
          </th>
          <th scope="col" className="r">
            Writes
          </th>
          <th scope="col" className="r wid">
            Clock, from here
          </th>
          <th scope="col" className="r wid">
            Slots
          </th>
        </>
      }
    >
      {nodes.map((node) => (
        <NodeRow
          key={node.name}
          node={node}
          polls={polls?.[node.name] ?? NO_POLLS}
          to={paths.node(cluster, node.name)}
        />
      ))}
    </Table>
  );
}

const NodeRow = memo(function NodeRow({
  node,
  polls,
  to,
}: {
  node: NodeSnapshot;
  polls: Poll[];
  to: string;
}) {
  const away = node.state !== 'up';
  const slots = node.capacity.find((one) => one.name === 'max_replication_slots');
  return (
    <>
      <Row>
        <td>
          <Link to={to} className="name">
            {node.name}
          </Link>{' '}
          <span className="f">{node.location}</span>
        </td>
        <td>
          <State of={shownNodeState(node)} />
        </td>
        <td>
          <span className="tp">
            <Tape polls={polls} label={`Polls of ${node.name}`} />
            <span className="r">
              {away ? (
                <Unknown>none</Unknown>
              ) : (
                <Known of={node.roundTripMs} show={(ms) => <Num of={milliseconds(ms)} />} />
              )}
            </span>
          </span>
        </td>
        <td className="wid">
          <Known of={node.walLsn} old={away} show={(lsn) => <Mono>{lsn}</Mono>} />
        </td>
        <NumCell>
          {away ? (
            <Unknown />
          ) : (
            <Known of={node.walBytesPerSecond} show={(speed) => <Num of={rate(speed)} />} />
          )}
        </NumCell>
        <NumCell className="wid">
          <Known
            of={node.clockOffsetSeconds}
            old={away}
            show={(seconds) => <ClockOffset seconds={seconds} uncertainty={node.clockUncertaintySeconds} />}
          />
        </NumCell>
        <NumCell className="wid">
          <Known
            of={slots?.used}
            old={away}
            show={(used) => (
              <>
                {count(used)} of {count(slots?.max ?? 0)}
              </>
            )}
          />
        </NumCell>
      </Row>
      {node.error && (
        <tr className="sub">
          <td />
          <td colSpan={6}>
            {node.observedAt === null ? (
              'It has not answered since the console watches it. '
            ) : (
              <>
                <Aged>Underlined</Aged> is what {node.name} last said, at <Time at={node.observedAt} />.{' '}
              </>
            )}
            {node.address}: {node.error.message.replace(/\.$/, '')}; {count(node.error.tries)}{' '}
            {node.error.tries === 1 ? 'try' : 'tries'}.
          </td>
        </tr>
      )}
    </>
  );
});

/** The clock of a node against the console's: `+18.6 ms ±1.2`. */
function ClockOffset({ seconds, uncertainty }: { seconds: number; uncertainty: number | null }) {
  const ms = seconds * 1000;
  const sign = ms < 0 ? '−' : '+';
  const size = milliseconds(Math.abs(ms));
  return (
    <span className="nw">
      {sign}
      <Num of={size} />
      {uncertainty !== null && (
        <span className="f"> ±{(uncertainty * (size.unit === 's' ? 1 : 1000)).toFixed(1)}</span>
      )}
    </span>
  );
}
