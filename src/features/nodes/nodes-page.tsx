/** All nodes of a cluster: which answer, where their WAL is, how far their clocks are apart, what they run. */

import { useMemo } from 'react';
import type { Cluster } from '#core/contract/clusters.ts';
import type { NodeSnapshot, Snapshot } from '#core/model/snapshot.ts';
import { useCluster, useClusterName, useEngineWords, usePolls, useSnapshot } from '#src/api/hooks.ts';
import { paths } from '#src/lib/paths.ts';
import { safeName } from '#src/lib/safe-name.ts';
import { DataTable } from '#src/parts/data-table/data-table.tsx';
import { useSearchState } from '#src/parts/search-state.ts';
import { Button } from '#src/ui/button.tsx';
import { FilterInput } from '#src/ui/field.tsx';
import { ArrowText } from '#src/ui/link-name.tsx';
import { Mono } from '#src/ui/mono.tsx';
import { Empty } from '#src/ui/notice.tsx';
import { SectionHead } from '#src/ui/section.tsx';
import { Say } from '#src/ui/sentence.tsx';
import { State } from '#src/ui/state.tsx';
import type { Column } from '#src/ui/table/column.ts';
import { Time } from '#src/ui/time.tsx';
import { AddNode, AddNodeButton } from './add-node.tsx';
import { badnessOfNode, NODE_COLUMNS, type NodeLine, nodeTrouble } from './node-row.tsx';
import { nodesSentence } from './node-text.ts';
import { PasswordForm } from './password-form.tsx';

/** A filter is of use from here on. */
const MANY = 8;

export function Component() {
  const cluster = useClusterName();
  const nodes = useSnapshot(nodesOf);
  const words = useEngineWords();
  const observedAt = useSnapshot(observedAtOf);
  const polls = usePolls();
  const [search, setSearch] = useSearchState();
  const filter = search.get('q') ?? '';
  const lines = useMemo(
    () =>
      nodes
        .filter((node) => matches(node, filter))
        .map((node): NodeLine => ({ node, polls: polls?.[node.name] })),
    [nodes, polls, filter],
  );
  const down = nodes.filter((node) => node.state === 'down').length;
  const unknown = nodes.filter((node) => node.state === 'unknown').length;
  const set = (q: string) => setSearch({ q });
  const names = nodes.map(({ name }) => name);
  const doing = search.get('do') === 'password';
  return (
    <>
      <Say
        top={
          <>
            <State of={down > 0 ? 'critical' : unknown > 0 ? 'unknown' : 'ok'}>
              {down > 0 ? 'Critical' : unknown > 0 ? 'Not all known' : 'Answering'}
            </State>
            <span className="faint">
              checked <Time at={observedAt} />
            </span>
          </>
        }
      >
        <ArrowText>{nodesSentence(words.name, nodes)}</ArrowText>
      </Say>
      <section className="section">
        <SectionHead title="Nodes">
          <AddNodeButton nodes={names} />
          <Button
            size="sm"
            aria-expanded={doing}
            onClick={() => setSearch({ do: doing ? null : 'password' })}
          >
            Change the peers' password…
          </Button>
        </SectionHead>
        <AddNode nodes={names} />
        {doing && <PasswordForm cluster={cluster} onClose={() => setSearch({ do: null })} />}
        <DataTable
          label="Nodes"
          columns={NODE_COLUMNS}
          rows={lines}
          keyOf={keyOf}
          worst={worstOf}
          to={({ node }) => paths.node(cluster, node.name)}
          below={nodeTrouble}
          above={(menu) =>
            nodes.length > MANY && (
              <div className="tools pt-3">
                <FilterInput label="Node, region or state" value={filter} onValue={set} />
                <span className="faint text-12">
                  {lines.length} of {nodes.length}
                </span>
                <span className="ml-auto">{menu}</span>
              </div>
            )
          }
          empty={
            nodes.length === 0 ? (
              <Empty title="This cluster has no node yet">
                Add one by its address in the settings of this cluster.
              </Empty>
            ) : (
              <Empty
                title={`No node matches “${filter}”`}
                actions={<Button onClick={() => set('')}>Show all nodes</Button>}
              />
            )
          }
        />
      </section>
      <Discovered />
    </>
  );
}

const keyOf = ({ node }: NodeLine): string => node.name;
const worstOf = ({ node }: NodeLine): number => badnessOfNode(node);
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

type DiscoveredNode = Cluster['discovered'][number];

/** Nodes that the catalogs of a watched one name, and that are not watched. */
function Discovered() {
  const words = useEngineWords();
  const { discovered } = useCluster();
  if (discovered.length === 0) return null;
  return (
    <section className="section">
      <SectionHead
        title="Not watched"
        count={discovered.length}
        note={`named by ${words.interfaces} of a watched node; the console connects to them when you add them in the settings`}
      />
      <DataTable
        name="discovered"
        label="Nodes that are not watched"
        columns={DISCOVERED}
        rows={discovered}
        keyOf={(node) => node.name}
      />
    </section>
  );
}

const DISCOVERED: Column<DiscoveredNode>[] = [
  {
    id: 'node',
    head: 'Node',
    className: 'name',
    cell: (node) => safeName(node.name),
    value: (node) => node.name,
  },
  {
    id: 'address',
    head: 'Address that its peers use',
    cell: (node) =>
      node.dsn === null ? <span className="faint">not visible to this role</span> : <Mono>{node.dsn}</Mono>,
    value: (node) => node.dsn,
  },
];
