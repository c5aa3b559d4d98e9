import { useMutation } from '@tanstack/react-query';
import { Plus, X } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { useNavigate } from 'react-router';
import { api } from '#src/api/client.ts';
import { issueAt, type Told, tell } from '#src/api/errors.ts';
import { clusterQuery, clustersQuery } from '#src/api/queries.ts';
import { queryClient } from '#src/api/query-client.ts';
import { freeName, nameFromDsn } from '#src/lib/cluster-name.ts';
import { paths } from '#src/lib/paths.ts';
import { Button, IconButton } from '#src/ui/button.tsx';
import { Field } from '#src/ui/field.tsx';
import { State } from '#src/ui/state.tsx';

interface NodeFields {
  id: number;
  dsn: string;
  peerDsn: string;
}

/** Faults that a node may be saved with all the same, since clusters are connected in outages too. */
const KEEPABLE = new Set(['unreachable', 'timeout', 'refused', 'network']);

/** The ways in: one node is enough, the others are found from it. Every fault stands at its field; nothing is half saved. */
export function ConnectForm({ taken, primary = false }: { taken: string[]; primary?: boolean }) {
  const [nodes, setNodes] = useState<NodeFields[]>([{ id: 0, dsn: '', peerDsn: '' }]);
  const [edited, setEdited] = useState<string | null>(null);
  const [peers, setPeers] = useState(false);
  const navigate = useNavigate();
  const guess = nameFromDsn(nodes[0]?.dsn ?? '');
  const name = edited ?? (guess === '' ? '' : freeName(taken, guess));

  const connect = useMutation({
    mutationFn: (unreachable: 'refuse' | 'keep') =>
      api.clusters.create({
        name: name.trim(),
        nodes: nodes.map(({ dsn, peerDsn }) => ({ dsn: dsn.trim(), peerDsn: peerDsn.trim() || null })),
        unreachable,
      }),
    onSuccess: async (cluster) => {
      queryClient.setQueryData(clusterQuery(cluster.name).queryKey, cluster);
      await queryClient.invalidateQueries({ queryKey: clustersQuery().queryKey });
      // Nodes that were found but are not watched yet are offered first.
      navigate(
        cluster.discovered.length > 0
          ? `${paths.clusters}?found=${encodeURIComponent(cluster.name)}`
          : paths.overview(cluster.name),
      );
    },
  });
  const told = connect.isError ? tell(connect.error) : null;
  const change = (id: number, next: Partial<NodeFields>) => {
    setNodes((old) => old.map((node) => (node.id === id ? { ...node, ...next } : node)));
    connect.reset();
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    connect.mutate('refuse');
  };
  return (
    <form className="door-form" onSubmit={submit}>
      {nodes.map((node, at) => (
        <div key={node.id} className="door-node">
          <Field
            label={at === 0 ? 'Address of a node' : `Address of node ${at + 1}`}
            mono
            value={node.dsn}
            required
            spellCheck={false}
            autoComplete="off"
            placeholder="postgres://watch@10.1.0.4:5432/orders"
            onChange={(event) => change(node.id, { dsn: event.target.value })}
            error={told && issueAt(told.issues, 'nodes', at, 'dsn')}
            hint={
              at === 0
                ? 'A libpq URI, or key=value pairs. Its password is sealed and never shown again.'
                : undefined
            }
          />
          {at > 0 && (
            <IconButton
              icon={X}
              label={`Take away node ${at + 1}`}
              onClick={() => {
                setNodes((old) => old.filter((other) => other.id !== node.id));
                connect.reset();
              }}
            />
          )}
          {peers && (
            <Field
              label="How its peers reach it"
              mono
              value={node.peerDsn}
              spellCheck={false}
              autoComplete="off"
              placeholder="the same"
              onChange={(event) => change(node.id, { peerDsn: event.target.value })}
              error={told && issueAt(told.issues, 'nodes', at, 'peerDsn')}
            />
          )}
        </div>
      ))}
      <Field
        label="Name of the cluster here"
        value={name}
        required
        maxLength={63}
        spellCheck={false}
        autoComplete="off"
        placeholder="orders"
        onChange={(event) => {
          setEdited(event.target.value);
          connect.reset();
        }}
        error={told && issueAt(told.issues, 'name')}
      />
      <div className="btns">
        <Button look={primary ? 'primary' : 'default'} size="lg" type="submit" busy={connect.isPending}>
          Connect
        </Button>
        {told && canKeep(told) && (
          <Button size="lg" busy={connect.isPending} onClick={() => connect.mutate('keep')}>
            Keep it anyway
          </Button>
        )}
      </div>
      <div className="btns">
        <Button
          size="sm"
          look="bare"
          icon={Plus}
          onClick={() =>
            setNodes((old) => [
              ...old,
              { id: Math.max(...old.map(({ id }) => id)) + 1, dsn: '', peerDsn: '' },
            ])
          }
        >
          Add a node
        </Button>
        {!peers && (
          <Button size="sm" look="bare" onClick={() => setPeers(true)}>
            Peers use other addresses
          </Button>
        )}
      </div>
      {told && <Fault told={told} nodes={nodes.length} />}
    </form>
  );
}

/** Only where every fault is that a node does not answer. */
function canKeep({ issues }: Told): boolean {
  return issues.length > 0 && issues.every((issue) => issue.path[0] === 'nodes' && KEEPABLE.has(issue.code));
}

/** What stands at no field: the API's message, and faults of fields that are not there. */
function Fault({ told, nodes }: { told: Told; nodes: number }) {
  const placed = told.issues.filter(
    ({ path }) =>
      path[0] === 'name' ||
      (path[0] === 'nodes' &&
        typeof path[1] === 'number' &&
        path[1] < nodes &&
        (path[2] === 'dsn' || path[2] === 'peerDsn')),
  );
  if (placed.length === told.issues.length && told.issues.length > 0) return null;
  return (
    <p role="alert" className="fault">
      <State of="critical">{told.message}</State>
      {told.remedy && <span className="q"> {told.remedy}</span>}
    </p>
  );
}
