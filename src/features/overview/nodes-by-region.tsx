import { memo } from 'react';
import { Link } from 'react-router';
import { useClusterName } from '#src/api/hooks.ts';
import { shownNodeState } from '#src/lib/link-state.ts';
import { paths } from '#src/lib/paths.ts';
import { safeName } from '#src/lib/safe-name.ts';
import { milliseconds, rate, text } from '#src/lib/units.ts';
import { SectionHead } from '#src/ui/section.tsx';
import { State, states } from '#src/ui/state.tsx';
import { Known, Num } from '#src/ui/value.tsx';
import type { Region } from './regions.ts';

/** Every node in the line of its region: its name and round trip; the region's writes and how many are up. */
export function NodesByRegion({ regions }: { regions: Region[] }) {
  const cluster = useClusterName();
  return (
    <section className="last-section" aria-label="Nodes">
      <SectionHead title="Nodes" note="round trip by region">
        <Link className="text-action" to={paths.nodes(cluster)}>
          Open
        </Link>
      </SectionHead>
      <ul className="by-region">
        {regions.map((region) => {
          const up = region.nodes.filter((node) => node.state === 'up');
          const speeds = up.map((node) => node.walBytesPerSecond);
          const writes =
            speeds.some((speed) => speed === null) || speeds.length === 0
              ? null
              : speeds.reduce<number>((sum, speed) => sum + (speed ?? 0), 0);
          return (
            <li key={region.name}>
              <b>{safeName(region.name)}</b>
              <ul>
                {region.nodes.map((node) => (
                  <NodeItem
                    key={node.name}
                    cluster={cluster}
                    name={node.name}
                    state={shownNodeState(node)}
                    roundTrip={node.roundTripMs === null ? 'unknown' : text(milliseconds(node.roundTripMs))}
                  />
                ))}
              </ul>
              <span className="text-right">
                <Known of={writes} show={(speed) => <Num of={rate(speed)} />} />
              </span>
              <State of={up.length === region.nodes.length ? 'up' : 'down'}>
                {up.length} of {region.nodes.length} up
              </State>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

interface NodeItemProps {
  cluster: string;
  name: string;
  state: ReturnType<typeof shownNodeState>;
  roundTrip: string;
}

/** Drawn anew only when what it says is something else: with every poll all nodes are others. */
const NodeItem = memo(function NodeItem({ cluster, name, state, roundTrip }: NodeItemProps) {
  return (
    <li>
      <Link to={paths.node(cluster, name)}>
        {state === 'up' ? (
          <>
            {safeName(name)} <span className="faint">{roundTrip}</span>
          </>
        ) : (
          <State of={state}>
            {safeName(name)} <span className="faint">{states[state].word}</span>
          </State>
        )}
      </Link>
    </li>
  );
});
