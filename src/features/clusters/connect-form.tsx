import { Plus, X } from 'lucide-react';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { api } from '#src/api/client.ts';
import { type ErrorView, issueAt } from '#src/api/errors.ts';
import { clusterQuery, clustersQuery } from '#src/api/queries.ts';
import { useChange } from '#src/api/use-change.ts';
import { freeName } from '#src/lib/cluster-name.ts';
import { paths } from '#src/lib/paths.ts';
import { useDsnReader } from '#src/lib/use-dsn-reader.ts';
import { DsnField } from '#src/parts/dsn-field.tsx';
import { Form } from '#src/parts/form/form.tsx';
import { useForm } from '#src/parts/form/use-form.ts';
import { Button, IconButton } from '#src/ui/button.tsx';
import { Field } from '#src/ui/field.tsx';
import { Refusal } from '#src/ui/refusal.tsx';

interface NodeFields {
  id: number;
  dsn: string;
  peerDsn: string;
}

interface Values {
  nodes: NodeFields[];
  /** Null: the one that the first address suggests. */
  name: string | null;
}

interface Asked {
  nodes: NodeFields[];
  name: string;
  unreachable: 'refuse' | 'keep';
}

const EMPTY: Values = { nodes: [{ id: 0, dsn: '', peerDsn: '' }], name: null };

/** Faults that a node may be saved with all the same, since clusters are connected in outages too. */
const KEEPABLE = new Set(['unreachable', 'timeout', 'refused', 'network']);

/** The ways in: one node is enough, the others are found from it. Every fault stands at its field; nothing is half saved. */
export function ConnectForm({ taken, primary = false }: { taken: string[]; primary?: boolean }) {
  const [peers, setPeers] = useState(false);
  const navigate = useNavigate();
  const reader = useDsnReader();
  const connect = useChange({
    does: ({ nodes, name, unreachable }: Asked) =>
      api.clusters.create({
        name: name.trim(),
        nodes: nodes.map(({ dsn, peerDsn }) => ({ dsn: dsn.trim(), peerDsn: peerDsn.trim() || null })),
        unreachable,
      }),
    keeps: (cluster) => clusterQuery(cluster.name),
    refreshes: () => [clustersQuery()],
    after: (cluster) => {
      form.reset();
      // Nodes that were found but are not watched yet are offered first.
      return navigate(
        cluster.discovered.length > 0
          ? `${paths.clusters}?found=${encodeURIComponent(cluster.name)}`
          : paths.overview(cluster.name),
      );
    },
    says: (cluster) => ({
      text: `${cluster.name} is watched`,
      to: paths.overview(cluster.name),
      link: `Open ${cluster.name}`,
    }),
  });
  const form = useForm<Values>({
    initial: EMPTY,
    saving: connect,
    place: ({ path }) => (path[0] === 'name' ? 'name' : undefined),
    unsaved: 'the addresses of a cluster to connect',
  });
  const { nodes } = form.values;
  const guess = reader?.nameFromDsn(nodes[0]?.dsn ?? '') ?? '';
  const name = form.values.name ?? (guess === '' ? '' : freeName(taken, guess));
  const { fault } = connect;
  const issue = (...path: (string | number)[]) => (fault && issueAt(fault.issues, ...path)) ?? null;
  const setNodes = (next: NodeFields[]) => {
    form.set({ nodes: next });
    connect.reset();
  };
  const change = (id: number, next: Partial<NodeFields>) =>
    setNodes(nodes.map((node) => (node.id === id ? { ...node, ...next } : node)));
  return (
    <Form
      of={form}
      className="door-form"
      onSubmit={() => connect.run({ nodes, name, unreachable: 'refuse' })}
    >
      {nodes.map((node, at) => (
        <div key={node.id} className="door-node">
          <DsnField
            label={at === 0 ? 'Address of a node' : `Address of node ${at + 1}`}
            value={node.dsn}
            required
            placeholder="postgres://watch@10.1.0.4:5432/orders"
            onDsn={(dsn) => change(node.id, { dsn })}
            error={issue('nodes', at, 'dsn')}
            hint={reader?.cautionOf(node.dsn) ?? (at === 0 ? FIRST_HINT : undefined)}
          />
          {at > 0 && (
            <IconButton
              icon={X}
              label={`Remove node ${at + 1}`}
              onClick={() => setNodes(nodes.filter((other) => other.id !== node.id))}
            />
          )}
          {peers && (
            <DsnField
              label="How its peers reach it"
              value={node.peerDsn}
              placeholder="the same"
              onDsn={(peerDsn) => change(node.id, { peerDsn })}
              error={issue('nodes', at, 'peerDsn')}
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
          form.set({ name: event.target.value });
          connect.reset();
        }}
        error={issue('name')}
      />
      <div className="buttons">
        <Button look={primary ? 'primary' : 'default'} size="lg" type="submit" busy={connect.pending}>
          Connect
        </Button>
        {fault && canKeep(fault) && (
          <Button
            size="lg"
            busy={connect.pending}
            onClick={() => connect.run({ nodes, name, unreachable: 'keep' })}
          >
            Keep it anyway
          </Button>
        )}
      </div>
      <div className="buttons">
        <Button
          size="sm"
          look="bare"
          icon={Plus}
          onClick={() =>
            setNodes([...nodes, { id: Math.max(...nodes.map(({ id }) => id)) + 1, dsn: '', peerDsn: '' }])
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
      {fault && <Fault fault={fault} nodes={nodes.length} />}
    </Form>
  );
}

const FIRST_HINT = 'A libpq URI, or key=value pairs. Its password is sealed and never shown again.';

/** Only where every fault is that a node does not answer. */
function canKeep({ issues }: ErrorView): boolean {
  return issues.length > 0 && issues.every((issue) => issue.path[0] === 'nodes' && KEEPABLE.has(issue.code));
}

/** What stands at no field: the API's message, and faults of fields that are not there. */
function Fault({ fault, nodes }: { fault: ErrorView; nodes: number }) {
  const placed = fault.issues.filter(
    ({ path }) =>
      path[0] === 'name' ||
      (path[0] === 'nodes' &&
        typeof path[1] === 'number' &&
        path[1] < nodes &&
        (path[2] === 'dsn' || path[2] === 'peerDsn')),
  );
  if (placed.length === fault.issues.length && fault.issues.length > 0) return null;
  return <Refusal of={fault} />;
}
