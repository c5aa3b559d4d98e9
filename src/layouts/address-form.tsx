/** How a node is reached, and the form that changes it. Passwords are never shown: what is typed replaces what is kept. */
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import type { Cluster } from '#core/contract/clusters.ts';
import { api } from '#src/api/client.ts';
import { issueAt, tell } from '#src/api/errors.ts';
import { clusterQuery } from '#src/api/queries.ts';
import { queryClient } from '#src/api/query-client.ts';
import { Button } from '#src/ui/button.tsx';
import { Dialog } from '#src/ui/dialog.tsx';
import { Checkbox, Field } from '#src/ui/field.tsx';
import { State } from '#src/ui/state.tsx';

/** `node` null: another node is added, and its name is asked for as well. */
export function AddressForm({
  cluster,
  node,
  open,
  onClose,
}: {
  cluster: Cluster;
  node: string | null;
  open: boolean;
  onClose: () => void;
}) {
  return (
    <Dialog open={open} onClose={onClose} title={node === null ? 'Add a node' : `How ${node} is reached`}>
      <Form cluster={cluster} node={node} onClose={onClose} />
    </Dialog>
  );
}

function Form({ cluster, node, onClose }: { cluster: Cluster; node: string | null; onClose: () => void }) {
  const [name, setName] = useState('');
  const [dsn, setDsn] = useState('');
  const [peerDsn, setPeerDsn] = useState('');
  const [keep, setKeep] = useState(false);
  const kept = cluster.nodes.find((one) => one.name === node);
  const save = useMutation({
    mutationFn: () =>
      api.clusters.putNode({
        cluster: cluster.name,
        node: node ?? name.trim(),
        dsn,
        peerDsn: peerDsn === '' ? null : peerDsn,
        unreachable: keep ? 'keep' : 'refuse',
      }),
    onSuccess: (next) => {
      queryClient.setQueryData(clusterQuery(cluster.name).queryKey, next);
      onClose();
    },
  });
  const told = save.error ? tell(save.error) : null;
  const ofName = told ? issueAt(told.issues, 'node') : undefined;
  const ofDsn = told ? issueAt(told.issues, 'dsn') : undefined;
  const ofPeer = told ? issueAt(told.issues, 'peerDsn') : undefined;
  return (
    <form
      className="grid gap-3"
      onSubmit={(event: FormEvent) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      {kept && (
        <dl className="ev">
          <dt>now</dt>
          <dd>
            <code>{kept.dsn}</code>
          </dd>
          {kept.peerDsn !== null && (
            <>
              <dt>its peers</dt>
              <dd>
                <code>{kept.peerDsn}</code>
              </dd>
            </>
          )}
        </dl>
      )}
      {node === null && (
        <Field
          label="Name of the node, as spock.node has it"
          mono
          required
          autoFocus
          maxLength={63}
          spellCheck={false}
          autoComplete="off"
          value={name}
          onChange={(event) => setName(event.target.value)}
          error={ofName ?? null}
        />
      )}
      <Field
        label="Address from here"
        mono
        required
        autoFocus={node !== null}
        spellCheck={false}
        autoComplete="off"
        placeholder="postgres://watch@10.1.0.4:5432/orders"
        value={dsn}
        onChange={(event) => setDsn(event.target.value)}
        hint="A URI or key=value, with its password; it is kept sealed. Nothing is written to the node."
        error={ofDsn ?? null}
      />
      <Field
        label="Address that its peers use, if another"
        mono
        spellCheck={false}
        autoComplete="off"
        value={peerDsn}
        onChange={(event) => setPeerDsn(event.target.value)}
        error={ofPeer ?? null}
      />
      <Checkbox checked={keep} onChange={(event) => setKeep(event.target.checked)}>
        Save it though the node cannot be reached now
      </Checkbox>
      {told && !ofName && !ofDsn && !ofPeer && (
        <p role="alert">
          <State of="critical">{told.message}</State> <span className="q">{told.remedy}</span>
        </p>
      )}
      <div className="btns justify-end">
        <Button onClick={onClose}>Leave it</Button>
        <Button
          look="primary"
          type="submit"
          busy={save.isPending}
          disabled={dsn.trim() === '' || (node === null && name.trim() === '')}
        >
          {node === null ? 'Add the node' : 'Save the address'}
        </Button>
      </div>
    </form>
  );
}
