/** The nodes that are watched, and how each is reached. Addresses come without their passwords. */
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router';
import type { Cluster } from '#core/contract/clusters.ts';
import { api } from '#src/api/client.ts';
import { tell } from '#src/api/errors.ts';
import { clusterQuery } from '#src/api/queries.ts';
import { queryClient } from '#src/api/query-client.ts';
import { AddressForm } from '#src/layouts/address-form.tsx';
import { paths } from '#src/lib/paths.ts';
import { safeName } from '#src/lib/safe-name.ts';
import { Button } from '#src/ui/button.tsx';
import { Dialog } from '#src/ui/dialog.tsx';
import { Mono } from '#src/ui/mono.tsx';
import { SectionHead } from '#src/ui/section.tsx';
import { State } from '#src/ui/state.tsx';
import { Table } from '#src/ui/table.tsx';
import { RoomForm, RoomText } from './room-form.tsx';

export function NodesForm({ cluster }: { cluster: Cluster }) {
  /** undefined: closed; null: a node is added. */
  const [editing, setEditing] = useState<string | null | undefined>(undefined);
  const [measuring, setMeasuring] = useState<string | null>(null);
  const [forgetting, setForgetting] = useState<string | null>(null);
  const forget = useMutation({
    mutationFn: (node: string) => api.clusters.forgetNode({ cluster: cluster.name, node }),
    onSuccess: (next) => {
      queryClient.setQueryData(clusterQuery(cluster.name).queryKey, next);
      setForgetting(null);
    },
  });
  return (
    <section className="sec">
      <SectionHead
        title="Nodes"
        count={cluster.nodes.length}
        note="how they are reached, and what their disks can take"
      >
        {cluster.sandbox === null && (
          <Button size="sm" onClick={() => setEditing(null)}>
            Add a node
          </Button>
        )}
      </SectionHead>
      <Table
        label="Watched nodes"
        head={
          <>
            <th>Node</th>
            <th className="wid">From here</th>
            <th className="wid">Its peers use</th>
            <th className="wid">Password</th>
            <th>Free for WAL</th>
            <th>
              <span className="vh">Change</span>
            </th>
          </>
        }
      >
        {cluster.nodes.map((node) => (
          <tr key={node.name}>
            <td>
              <Link className="name" to={paths.node(cluster.name, node.name)}>
                {safeName(node.name)}
              </Link>
            </td>
            <td className="dsn wid">
              <Mono title={node.dsn}>{node.dsn}</Mono>
            </td>
            <td className="dsn wid">
              {node.peerDsn === null ? (
                <span className="f">the same</span>
              ) : (
                <Mono title={node.peerDsn}>{node.peerDsn}</Mono>
              )}
            </td>
            <td className="wid">{node.hasPassword ? 'kept, sealed' : <span className="f">none</span>}</td>
            <td className="room">
              <RoomText room={node.walRoom} />
            </td>
            <td className="r">
              {cluster.sandbox === null ? (
                <span className="btns justify-end nw flex-nowrap!">
                  <Button size="sm" onClick={() => setMeasuring(node.name)}>
                    Disk
                  </Button>
                  <Button size="sm" onClick={() => setEditing(node.name)}>
                    Change
                  </Button>
                  <Button size="sm" look="bare" onClick={() => setForgetting(node.name)}>
                    Forget
                  </Button>
                </span>
              ) : (
                <span className="f">of the sandbox</span>
              )}
            </td>
          </tr>
        ))}
      </Table>
      {cluster.discovered.length > 0 && (
        <p className="q pad">
          Not watched, though spock.node_interface names them:{' '}
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
      <Dialog
        open={forgetting !== null}
        onClose={() => setForgetting(null)}
        title={`Forget ${safeName(forgetting ?? '')}`}
        actions={
          <>
            <Button onClick={() => setForgetting(null)}>Keep it</Button>
            <Button
              look="primary"
              busy={forget.isPending}
              onClick={() => forgetting !== null && forget.mutate(forgetting)}
            >
              Forget the node
            </Button>
          </>
        }
      >
        <p className="q">
          The console stops polling {safeName(forgetting ?? '')} and forgets its address. The node itself, its
          subscriptions and its slots stay as they are.
        </p>
        {forget.error && (
          <p role="alert">
            <State of="critical">{tell(forget.error).message}</State>
          </p>
        )}
      </Dialog>
    </section>
  );
}
