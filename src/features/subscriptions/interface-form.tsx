/** Another interface for a subscription; sends no more than a request for a plan. */
import type { SubscriptionSnapshot } from '#core/model/snapshot.ts';
import { useSnapshot } from '#src/api/hooks.ts';
import { safeName } from '#src/lib/safe-name.ts';
import { Form, FormFault } from '#src/parts/form/form.tsx';
import { useForm } from '#src/parts/form/use-form.ts';
import { usePlan } from '#src/parts/use-plan.ts';
import { Button } from '#src/ui/button.tsx';
import { Field } from '#src/ui/field.tsx';

interface Props {
  cluster: string;
  sub: SubscriptionSnapshot;
  onClose: () => void;
}

export function InterfaceForm({ cluster, sub, onClose }: Props) {
  const plan = usePlan();
  const form = useForm({ initial: { interface: '' }, saving: plan, unsaved: null });
  const wanted = form.values.interface.trim();
  // Those that the provider has itself; the receiver's own catalog decides, and the plan says what stands there.
  const known = useSnapshot().nodes.find(({ name }) => name === sub.provider)?.interfaces ?? [];
  const provider = safeName(sub.provider ?? 'the provider');
  return (
    <Form
      of={form}
      className="sets-form"
      label="Interface"
      onSubmit={() =>
        plan.run({
          kind: 'subscription-interface',
          cluster,
          receiver: sub.receiver,
          subscription: sub.name,
          interface: wanted,
        })
      }
    >
      <Field
        label={`Interface of ${provider}, by its name on ${safeName(sub.receiver)}`}
        hint="The plan tries it from the receiver first."
        mono
        spellCheck={false}
        autoComplete="off"
        placeholder={known.map(({ name }) => safeName(name)).join(', ')}
        {...form.text('interface')}
      />
      <FormFault of={form} />
      <div className="buttons">
        <Button type="submit" look="primary" busy={plan.pending} disabled={wanted === ''}>
          Switch interface…
        </Button>
        <Button look="bare" onClick={onClose}>
          Cancel
        </Button>
      </div>
    </Form>
  );
}
