/** Another address of a node for those that read from it; sends no more than a request for a plan. */
import { safeName } from '#src/lib/safe-name.ts';
import { DsnField } from '#src/parts/dsn-field.tsx';
import { Form, FormFault } from '#src/parts/form/form.tsx';
import { useForm } from '#src/parts/form/use-form.ts';
import { usePlan } from '#src/parts/use-plan.ts';
import { Button } from '#src/ui/button.tsx';
import { Field } from '#src/ui/field.tsx';

interface Props {
  cluster: string;
  node: string;
  onClose: () => void;
}

export function NewInterfaceForm({ cluster, node, onClose }: Props) {
  const plan = usePlan();
  const form = useForm({
    initial: { interface: '', dsn: '' },
    saving: plan,
    unsaved: null,
  });
  const name = form.values.interface.trim();
  const dsn = form.values.dsn.trim();
  return (
    <Form
      of={form}
      className="sets-form"
      label="New interface"
      onSubmit={() => plan.run({ kind: 'node-interface', cluster, node, interface: name, dsn })}
    >
      <Field label="Name" mono spellCheck={false} autoComplete="off" {...form.text('interface')} />
      <DsnField
        label={`DSN by which its peers reach ${safeName(node)}`}
        hint="The plan has each peer's server try it first."
        {...form.dsn('dsn')}
      />
      <FormFault of={form} />
      <div className="buttons">
        <Button type="submit" look="primary" busy={plan.pending} disabled={name === '' || dsn === ''}>
          Add interface…
        </Button>
        <Button look="bare" onClick={onClose}>
          Cancel
        </Button>
      </div>
    </Form>
  );
}
