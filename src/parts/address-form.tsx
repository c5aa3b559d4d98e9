/** How a node is reached, and the form that changes it. Passwords are never shown: what is typed replaces what is kept. */
import type { Cluster } from '#core/contract/clusters.ts';
import { wordsOf } from '#core/engines/words.ts';
import { api } from '#src/api/client.ts';
import { clusterQuery } from '#src/api/queries.ts';
import { useChange } from '#src/api/use-change.ts';
import { paths } from '#src/lib/paths.ts';
import { safeName } from '#src/lib/safe-name.ts';
import { Button } from '#src/ui/button.tsx';
import { Dialog } from '#src/ui/dialog.tsx';
import { Checkbox, Field } from '#src/ui/field.tsx';
import { DsnField } from './dsn-field.tsx';
import { Form, FormFault } from './form/form.tsx';
import { useForm } from './form/use-form.ts';

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
    <Dialog
      open={open}
      onClose={onClose}
      title={node === null ? 'Watch another node' : `How ${safeName(node)} is reached`}
    >
      <AddressFields cluster={cluster} node={node} onClose={onClose} />
    </Dialog>
  );
}

interface Values {
  name: string;
  dsn: string;
  peerDsn: string;
  keep: boolean;
}

function AddressFields({
  cluster,
  node,
  onClose,
}: {
  cluster: Cluster;
  node: string | null;
  onClose: () => void;
}) {
  const kept = cluster.nodes.find((one) => one.name === node);
  const save = useChange({
    does: ({ name, dsn, peerDsn, keep }: Values) =>
      api.clusters.putNode({
        cluster: cluster.name,
        node: node ?? name.trim(),
        dsn,
        peerDsn: peerDsn === '' ? null : peerDsn,
        unreachable: keep ? 'keep' : 'refuse',
      }),
    keeps: () => clusterQuery(cluster.name),
    after: onClose,
    says: (_, values) => {
      const name = node ?? values.name.trim();
      return {
        text:
          node === null ? `${safeName(name)} is watched` : `${safeName(name)} is reached by another address`,
        to: paths.node(cluster.name, name),
        link: `Open ${safeName(name)}`,
      };
    },
  });
  const form = useForm<Values>({
    initial: { name: '', dsn: '', peerDsn: '', keep: false },
    saving: save,
    place: ({ path }) => (path[0] === 'node' ? 'name' : (path[0] as keyof Values)),
    unsaved: node === null ? 'the address of a node' : `the address of ${safeName(node)}`,
  });
  return (
    <Form of={form} className="grid gap-3" onSubmit={(values) => save.run(values)}>
      {kept && (
        <dl className="evidence">
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
          label={`Name of the node, as ${wordsOf(cluster.engine).nodes} has it`}
          mono
          required
          maxLength={63}
          spellCheck={false}
          autoComplete="off"
          {...form.text('name')}
        />
      )}
      <DsnField
        label="Address from here"
        required
        placeholder="postgres://watch@10.1.0.4:5432/orders"
        {...form.dsn('dsn')}
        hint="A URI or key=value, with its password; it is kept sealed. Nothing is written to the node."
      />
      <DsnField label="Address that its peers use, if different" {...form.dsn('peerDsn')} />
      <Checkbox {...form.tick('keep')}>Save it although the node cannot be reached now</Checkbox>
      <FormFault of={form} />
      <div className="buttons justify-end">
        <Button onClick={onClose}>Leave it as it is</Button>
        <Button
          look="primary"
          type="submit"
          busy={save.pending}
          disabled={form.values.dsn.trim() === '' || (node === null && form.values.name.trim() === '')}
        >
          {node === null ? 'Watch the node' : 'Save the address'}
        </Button>
      </div>
    </Form>
  );
}
