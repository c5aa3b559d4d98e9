/** A new node by its address, and the one whose rows it gets; sends no more than a request for a plan. */
import type { FieldIssue } from '#core/contract/errors.ts';
import { safeName } from '#src/lib/safe-name.ts';
import { DsnField } from '#src/parts/dsn-field.tsx';
import { Form, FormFault } from '#src/parts/form/form.tsx';
import { useForm } from '#src/parts/form/use-form.ts';
import { usePlan } from '#src/parts/use-plan.ts';
import { Button } from '#src/ui/button.tsx';
import { Field } from '#src/ui/field.tsx';
import { freeNodeName, setsIn } from './add-node-text.ts';

interface Values {
  name: string;
  dsn: string;
  peerDsn: string;
  location: string;
  sets: string;
  source: string;
}

interface Props {
  cluster: string;
  /** Those that there are. */
  nodes: string[];
  onClose: () => void;
}

/** A fault of the request stands at its field: `node.dsn`. */
const placeOf = ({ path }: FieldIssue): keyof Values => String(path.at(-1)) as keyof Values;

export default function AddNodeForm({ cluster, nodes, onClose }: Props) {
  const plan = usePlan();
  const form = useForm<Values>({
    initial: {
      name: freeNodeName(nodes),
      dsn: '',
      peerDsn: '',
      location: '',
      sets: '',
      source: nodes[0] ?? '',
    },
    saving: plan,
    place: placeOf,
    check: ({ name, dsn }) => ({
      name:
        name.trim() === ''
          ? { message: 'A node needs a name.' }
          : nodes.includes(name.trim()) && { message: 'A node has this name.' },
      dsn: dsn.trim() === '' && { message: 'Type its address.' },
    }),
    unsaved: 'the address of a node to add',
  });
  const submit = ({ name, dsn, peerDsn, location, sets, source }: Values) =>
    plan.run({
      kind: 'node-add',
      cluster,
      node: {
        name: name.trim(),
        dsn: dsn.trim(),
        peerDsn: peerDsn.trim() || null,
        location: location.trim() || null,
      },
      source,
      ...(sets.trim() !== '' && { sets: setsIn(sets) }),
    });
  return (
    <Form of={form} className="add-node-form" label="Add a node" onSubmit={submit}>
      <p className="muted">
        An empty database on a server of its own. It is filled from one node while all others are written to;
        nothing is done before you have seen the plan.
      </p>
      <Field label="Name" maxLength={63} spellCheck={false} autoComplete="off" {...form.text('name')} />
      <DsnField
        label="Address"
        placeholder="postgres://postgres:password@10.4.0.4:5432/orders"
        hint="of a superuser; the console watches the node by it afterwards"
        {...form.dsn('dsn')}
      />
      <DsnField label="How the other nodes reach it" placeholder="the same" {...form.dsn('peerDsn')} />
      <label className="pick">
        <span className="faint">Copy from </span>
        <select value={form.values.source} onChange={(event) => form.set({ source: event.target.value })}>
          {nodes.map((node) => (
            <option key={node} value={node}>
              {safeName(node)}
            </option>
          ))}
        </select>
      </label>
      <Field
        label="Sets"
        mono
        placeholder="as the other nodes have them"
        hint="Names, with commas between them: what it takes from the others, and they from it"
        spellCheck={false}
        autoComplete="off"
        {...form.text('sets')}
      />
      <Field label="Location" maxLength={200} autoComplete="off" {...form.text('location')} />
      <FormFault of={form} />
      <div className="buttons">
        <Button type="submit" look="primary" busy={plan.pending}>
          Plan the node…
        </Button>
        <Button look="bare" onClick={onClose}>
          Cancel
        </Button>
      </div>
    </Form>
  );
}
