/** One node of the table: name, state, polls, then facts; aged where it does not answer, with why in a line below. */
import { Link, useNavigate } from 'react-router';
import type { NodeSnapshot } from '#core/model/snapshot.ts';
import { useIsOld } from '#src/api/hooks.ts';
import { paths } from '#src/lib/paths.ts';
import { safeName } from '#src/lib/safe-name.ts';
import { milliseconds, rate } from '#src/lib/units.ts';
import { Mono } from '#src/ui/mono.tsx';
import { State } from '#src/ui/state.tsx';
import { NumCell, Row } from '#src/ui/table.tsx';
import { type Poll, Tape } from '#src/ui/tape.tsx';
import { Time } from '#src/ui/time.tsx';
import { Aged, Known, Num, Unknown } from '#src/ui/value.tsx';
import { clockText, errorText, stateWord } from './node-text.ts';

export const NODE_COLUMNS = 8;

export function NodeHead() {
  return (
    <>
      <th>Node</th>
      <th>State</th>
      <th>
        <span className="wid">Last 60 polls, round trip</span>
        <span className="nar">Round trip</span>
      </th>
      <th className="wid">WAL position</th>
      <th className="r">Writes</th>
      <th className="r wid">Clock, from here</th>
      <th className="r wid">Slots</th>
      <th className="r wid">Versions</th>
    </>
  );
}

export function NodeRow({
  cluster,
  node,
  polls,
}: {
  cluster: string;
  node: NodeSnapshot;
  polls: Poll[] | undefined;
}) {
  const navigate = useNavigate();
  const tooOld = useIsOld(node.observedAt);
  const old = node.state !== 'up' || tooOld;
  const slots = node.capacity.find((one) => one.name === 'max_replication_slots');
  return (
    <>
      <Row onOpen={() => navigate(paths.node(cluster, node.name))}>
        <td>
          <Link className="name" data-row to={paths.node(cluster, node.name)}>
            {safeName(node.name)}
          </Link>{' '}
          <span className="f">{node.location ?? ''}</span>
        </td>
        <td>
          <NodeState node={node} />
        </td>
        <td>
          <span className="tp">
            <Tape polls={polls ?? []} label={`Polls of ${node.name}`} />
            <span className="r">
              {node.state === 'up' && node.roundTripMs !== null ? (
                <Num of={milliseconds(node.roundTripMs)} />
              ) : (
                <span className="f">none</span>
              )}
            </span>
          </span>
        </td>
        <td className="wid">
          <Known
            of={node.walLsn}
            old={old}
            show={(lsn) => <Mono>{lsn}</Mono>}
            unknown={node.standby ? 'in recovery' : undefined}
          />
        </td>
        <NumCell>
          {old ? (
            <Unknown />
          ) : (
            <Known of={node.walBytesPerSecond} show={(value) => <Num of={rate(value)} />} />
          )}
        </NumCell>
        <NumCell className="wid">
          <Clock node={node} old={old} />
        </NumCell>
        <NumCell className="wid">
          {slots && slots.used !== null ? (
            <Aged old={old}>
              {slots.used} <span className="f">of</span> {slots.max}
            </Aged>
          ) : (
            <Unknown />
          )}
        </NumCell>
        <NumCell className="wid">
          <Versions node={node} />
        </NumCell>
      </Row>
      {node.error !== null && (
        <tr className="sub">
          <td />
          <td colSpan={NODE_COLUMNS - 1}>
            {node.observedAt === null ? (
              `${safeName(node.name)} has not answered since the console knows it. `
            ) : (
              <>
                Underlined is what {safeName(node.name)} last said, at <Time at={node.observedAt} />.{' '}
              </>
            )}
            {errorText(node)}
          </td>
        </tr>
      )}
    </>
  );
}

export function NodeState({ node }: { node: NodeSnapshot }) {
  if (node.state === 'up') return <State of="up" />;
  if (node.state === 'unknown') return <State of="unknown">not polled yet</State>;
  return <State of="down">{stateWord(node)}</State>;
}

export function Clock({ node, old }: { node: NodeSnapshot; old: boolean }) {
  const said = clockText(node);
  if (said === null) return <Unknown />;
  return (
    <Aged old={old}>
      <span className="nw">
        {said.value}
        <span className="u">{said.unit}</span>
        {said.plusMinus && <span className="f"> {said.plusMinus}</span>}
      </span>
    </Aged>
  );
}

function Versions({ node }: { node: NodeSnapshot }) {
  if (node.serverVersion === null && node.engineVersion === null) return <Unknown />;
  return (
    <span className="q">
      {node.serverVersion ?? 'unknown'} <span className="f">/</span>{' '}
      {node.standin ? 'stand-in' : (node.engineVersion ?? 'unknown')}
    </span>
  );
}
