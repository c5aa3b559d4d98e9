/** All nodes of a cluster: which answer, where their WAL is, how far their clocks are apart, what they run. */
import { useMemo } from 'react';
import { useSearchParams } from 'react-router';
import type { NodeSnapshot, Snapshot } from '#core/model/snapshot.ts';
import { useCluster, useClusterName, usePolls, useSnapshot } from '#src/api/hooks.ts';
import { moveRow } from '#src/lib/row-keys.ts';
import { Button } from '#src/ui/button.tsx';
import { FilterInput } from '#src/ui/field.tsx';
import { ArrowText } from '#src/ui/link-name.tsx';
import { Mono } from '#src/ui/mono.tsx';
import { Empty } from '#src/ui/notice.tsx';
import { SectionHead } from '#src/ui/section.tsx';
import { Say } from '#src/ui/sentence.tsx';
import { State } from '#src/ui/state.tsx';
import { Table } from '#src/ui/table.tsx';
import { Time } from '#src/ui/time.tsx';
import { NodeHead, NodeRow } from './node-row.tsx';
import { nodesSentence } from './node-text.ts';
import './nodes.css';

/** A filter is of use from here on. */
const MANY = 8;

export function Component() {
  const cluster = useClusterName();
  const nodes = useSnapshot(nodesOf);
  const observedAt = useSnapshot(observedAtOf);
  const polls = usePolls();
  const [search, setSearch] = useSearchParams();
  const filter = search.get('q') ?? '';
  const shown = useMemo(() => nodes.filter((node) => matches(node, filter)), [nodes, filter]);
  const down = nodes.filter((node) => node.state === 'down').length;
  const unknown = nodes.filter((node) => node.state === 'unknown').length;
  const set = (q: string) =>
    setSearch(
      (before) => {
        const next = new URLSearchParams(before);
        if (q === '') next.delete('q');
        else next.set('q', q);
        return next;
      },
      { replace: true },
    );
  return (
    <>
      <title>{`${cluster}: nodes · Tricorder`}</title>
      <Say
        top={
          <>
            <State of={down > 0 ? 'critical' : unknown > 0 ? 'unknown' : 'ok'}>
              {down > 0 ? 'Critical' : unknown > 0 ? 'Not all known' : 'Answering'}
            </State>
            <span className="f">
              checked <Time at={observedAt} />
            </span>
          </>
        }
      >
        <ArrowText>{nodesSentence(nodes)}</ArrowText>
      </Say>
      <section className="sec">
        {nodes.length > MANY && (
          <div className="tools pt-3!">
            <FilterInput label="Node, region or state" value={filter} onValue={set} />
            <span className="f text-12">
              {shown.length} of {nodes.length}
            </span>
          </div>
        )}
        {nodes.length === 0 ? (
          <Empty title="This cluster has no node yet">
            Add one by its address in the settings of this cluster.
          </Empty>
        ) : shown.length === 0 ? (
          <Empty
            title={`No node is like “${filter}”`}
            actions={<Button onClick={() => set('')}>Show all nodes</Button>}
          />
        ) : (
          // biome-ignore lint/a11y/noStaticElementInteractions: arrow keys move between the rows' links
          <div onKeyDown={moveRow}>
            <Table label="Nodes" head={<NodeHead />}>
              {shown.map((node) => (
                <NodeRow key={node.name} cluster={cluster} node={node} polls={polls?.[node.name]} />
              ))}
            </Table>
          </div>
        )}
      </section>
      <Discovered />
    </>
  );
}

const nodesOf = (snapshot: Snapshot): NodeSnapshot[] => snapshot.nodes;
const observedAtOf = (snapshot: Snapshot): string => snapshot.observedAt;

function matches(node: NodeSnapshot, filter: string): boolean {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  const face = [
    node.name,
    node.location,
    node.country,
    node.state,
    node.address,
    node.serverVersion,
    node.engineVersion,
  ]
    .join(' ')
    .toLowerCase();
  return words.every((word) => face.includes(word));
}

/** Nodes that spock.node_interface names and that are not watched. */
function Discovered() {
  const { discovered } = useCluster();
  if (discovered.length === 0) return null;
  return (
    <section className="sec">
      <SectionHead
        title="Not watched"
        count={discovered.length}
        note="named by spock.node_interface of a watched node; add them in the settings"
      />
      <Table
        label="Nodes that are not watched"
        head={
          <>
            <th>Node</th>
            <th>From here</th>
            <th>Address that its peers use</th>
          </>
        }
      >
        {discovered.map((node) => (
          <tr key={node.name}>
            <td className="name">{node.name}</td>
            <td>
              {node.reachable === null ? (
                <State of="unknown">not tried</State>
              ) : node.reachable ? (
                <State of="ok">can be reached</State>
              ) : (
                <State of="down">{node.error ?? 'cannot be reached'}</State>
              )}
            </td>
            <td>
              {node.dsn === null ? (
                <span className="f">not visible to this role</span>
              ) : (
                <Mono>{node.dsn}</Mono>
              )}
            </td>
          </tr>
        ))}
      </Table>
    </section>
  );
}
