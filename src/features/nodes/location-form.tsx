/** Where a node is; sends no more than a request for a plan. */
import type { NodeSnapshot } from '#core/model/snapshot.ts';
import { Form, FormFault } from '#src/parts/form/form.tsx';
import { useForm } from '#src/parts/form/use-form.ts';
import { usePlan } from '#src/parts/use-plan.ts';
import { Button } from '#src/ui/button.tsx';
import { Field } from '#src/ui/field.tsx';

interface Props {
  cluster: string;
  node: NodeSnapshot;
  onClose: () => void;
}

const textOrNull = (text: string): string | null => (text.trim() === '' ? null : text.trim());

export function LocationForm({ cluster, node, onClose }: Props) {
  const plan = usePlan();
  const form = useForm({
    initial: { location: node.location ?? '', country: node.country ?? '' },
    saving: plan,
    unsaved: null,
  });
  const { location, country } = form.values;
  return (
    <Form
      of={form}
      className="sets-form"
      label="Location"
      onSubmit={() =>
        plan.run({
          kind: 'node-location',
          cluster,
          node: node.name,
          location: textOrNull(location),
          country: textOrNull(country),
        })
      }
    >
      <Field label="Location" autoComplete="off" {...form.text('location')} />
      <Field label="Country" autoComplete="off" {...form.text('country')} />
      <FormFault of={form} />
      <div className="buttons">
        <Button type="submit" look="primary" busy={plan.pending} disabled={!form.changed}>
          Change location…
        </Button>
        <Button look="bare" onClick={onClose}>
          Cancel
        </Button>
      </div>
    </Form>
  );
}
