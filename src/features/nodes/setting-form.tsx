/** Another value for a setting, on one node or on all of them; sends no more than a request for a plan. */
import type { NodeSnapshot } from '#core/model/snapshot.ts';
import { safeName } from '#src/lib/safe-name.ts';
import { Form, FormFault } from '#src/parts/form/form.tsx';
import { useForm } from '#src/parts/form/use-form.ts';
import { usePlan } from '#src/parts/use-plan.ts';
import { Button } from '#src/ui/button.tsx';
import { Checkbox, Field } from '#src/ui/field.tsx';

interface Props {
  cluster: string;
  node: NodeSnapshot;
  /** All nodes of the cluster. */
  nodes: string[];
  onClose: () => void;
}

export function SettingForm({ cluster, node, nodes, onClose }: Props) {
  const plan = usePlan();
  const form = useForm({
    initial: { name: '', value: '', everywhere: false, later: false },
    saving: plan,
    place: () => 'name',
    check: ({ name }) => ({
      name: !/^[A-Za-z_][\w.]*$/.test(name.trim()) && {
        message: 'Not the name of a setting.',
        remedy: 'Choose one of the table.',
      },
    }),
    unsaved: null,
  });
  const { values } = form;
  const found = node.settings.find((one) => one.name === values.name.trim());
  const ask = (value: string | null) =>
    plan.run({
      kind: 'node-settings',
      cluster,
      nodes: values.everywhere ? nodes : [node.name],
      settings: [{ name: values.name.trim(), value }],
      ...(values.later && { restart: 'later' }),
    });
  const now =
    found?.value == null
      ? ''
      : [found.value === '' ? 'empty' : found.value, found.unit].filter(Boolean).join(' ');
  return (
    <Form of={form} className="sets-form" label="Change a setting" onSubmit={() => ask(values.value)}>
      <Field
        label="Setting"
        mono
        spellCheck={false}
        autoComplete="off"
        list="setting-names"
        {...form.text('name')}
      />
      <datalist id="setting-names">
        {node.settings.map(({ name }) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      <Field
        label="Value"
        hint={now === '' ? 'As in postgresql.conf: 10GB, on, 5min' : `now ${now} on ${safeName(node.name)}`}
        mono
        spellCheck={false}
        autoComplete="off"
        {...form.text('value')}
      />
      <Checkbox {...form.tick('everywhere')}>On all {nodes.length} nodes</Checkbox>
      <Checkbox {...form.tick('later')}>Do not wait for a restart, where the setting takes one</Checkbox>
      <FormFault of={form} />
      <div className="buttons">
        <Button type="submit" look="primary" busy={plan.pending}>
          Change setting…
        </Button>
        <Button disabled={found === undefined} busy={plan.pending} onClick={() => ask(null)}>
          Reset…
        </Button>
        <Button look="bare" onClick={onClose}>
          Cancel
        </Button>
      </div>
    </Form>
  );
}
