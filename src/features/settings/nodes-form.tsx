/** The nodes that are watched, and how each is reached. Addresses come without their passwords. */
import { type ReactNode, useState } from 'react';
import { Link } from 'react-router';
import type { Cluster } from '#core/contract/clusters.ts';
import { wordsOf } from '#core/engines/words.ts';
import { api } from '#src/api/client.ts';
import { clusterQuery } from '#src/api/queries.ts';
import { useChange } from '#src/api/use-change.ts';
import { paths } from '#src/lib/paths.ts';
import { safeName } from '#src/lib/safe-name.ts';
import { AddressForm } from '#src/parts/address-form.tsx';
import { DataTable } from '#src/parts/data-table/data-table.tsx';
import { Button } from '#src/ui/button.tsx';
import { Mono } from '#src/ui/mono.tsx';
import { SectionHead } from '#src/ui/section.tsx';
import type { Column } from '#src/ui/table/column.ts';
import { RoomForm, RoomText } from './room-form.tsx';

export function NodesForm({ cluster }: { cluster: Cluster }) {
  /** undefined: closed; null: a node is added. */
  const [editing, setEditing] = useState<string | null | undefined>(undefined);
  const [measuring, setMeasuring] = useState<string | null>(null);
  const forget = useChange({
    does: (node: string) => api.clusters.forgetNode({ cluster: cluster.name, node }),
    asks: (node) => ({
      title: `Forget ${safeName(node)}`,
      text: `The console stops polling ${safeName(node)} and forgets its address. The node itself, its subscriptions and its slots stay as they are.`,
      act: 'Forget the node',
      keep: 'Keep it',
    }),
    keeps: () => clusterQuery(cluster.name),
    says: (_, node) => ({
      text: `${safeName(node)} is no longer watched`,
      to: paths.activity,
      link: 'Show activity',
    }),
  });
  return (
    <section className="section">
      <SectionHead
        title="Nodes"
        count={cluster.nodes.length}
        note="how they are reached, and what their disks can take"
      >
        {cluster.sandbox === null && (
          <Button size="sm" onClick={() => setEditing(null)}>
            Watch another node
          </Button>
        )}
      </SectionHead>
      <DataTable
        name="nodes"
        label="Watched nodes"
        columns={columnsOf(cluster, (node) => (
          <span className="buttons justify-end whitespace-nowrap flex-nowrap">
            <Button size="sm" onClick={() => setMeasuring(node)}>
              Disk
            </Button>
            <Button size="sm" onClick={() => setEditing(node)}>
              Change
            </Button>
            <Button size="sm" look="bare" onClick={() => forget.run(node)}>
              Forget
            </Button>
          </span>
        ))}
        rows={cluster.nodes}
        keyOf={(node) => node.name}
      />
      {cluster.discovered.length > 0 && (
        <p className="muted padded">
          Not watched, though {wordsOf(cluster.engine).interfaces} names them:{' '}
          {cluster.discovered.map((one) => safeName(one.name)).join(', ')}. Add them by their address.
        </p>
      )}
      <AddressForm
        cluster={cluster}
        node={editing ?? null}
        open={editing !== undefined}
        onClose={() => setEditing(undefined)}
      />
      <RoomForm cluster={cluster} node={measuring} onClose={() => setMeasuring(null)} />
    </section>
  );
}

const columnsOf = (
  cluster: Cluster,
  buttons: (node: string) => ReactNode,
): Column<Cluster['nodes'][number]>[] => [
  {
    id: 'node',
    head: 'Node',
    cell: (node) => (
      <Link className="name" to={paths.node(cluster.name, node.name)}>
        {safeName(node.name)}
      </Link>
    ),
    value: (node) => node.name,
  },
  {
    id: 'here',
    head: 'From here',
    wideOnly: true,
    className: 'dsn-cell',
    cell: (node) => <Mono tip={node.dsn}>{node.dsn}</Mono>,
    value: (node) => node.dsn,
  },
  {
    id: 'peers',
    head: 'Its peers use',
    wideOnly: true,
    className: 'dsn-cell',
    cell: (node) =>
      node.peerDsn === null ? (
        <span className="faint">the same</span>
      ) : (
        <Mono tip={node.peerDsn}>{node.peerDsn}</Mono>
      ),
    value: (node) => node.peerDsn ?? node.dsn,
  },
  {
    id: 'password',
    head: 'Password',
    wideOnly: true,
    cell: (node) => (node.hasPassword ? 'kept, sealed' : <span className="faint">none</span>),
    value: (node) => node.hasPassword,
  },
  {
    id: 'room',
    head: 'Free for WAL',
    className: 'room',
    cell: (node) => <RoomText room={node.walRoom} />,
  },
  {
    id: 'change',
    head: 'Change',
    quietHead: true,
    align: 'end',
    cell: (node) =>
      cluster.sandbox === null ? buttons(node.name) : <span className="faint">of the sandbox</span>,
  },
];
