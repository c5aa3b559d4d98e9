/** The options of a subscription that can be changed while it stands; sends no more than a request for a plan. */
import type { SubscriptionSnapshot } from '#core/model/snapshot.ts';
import { Form, FormFault } from '#src/parts/form/form.tsx';
import { useForm } from '#src/parts/form/use-form.ts';
import { usePlan } from '#src/parts/use-plan.ts';
import { Button } from '#src/ui/button.tsx';
import { Checkbox, Field } from '#src/ui/field.tsx';
import { schemasIn, secondsIn } from './option-texts.ts';

interface Props {
  cluster: string;
  sub: SubscriptionSnapshot;
  onClose: () => void;
}

export function OptionsForm({ cluster, sub, onClose }: Props) {
  const plan = usePlan();
  const form = useForm({
    initial: {
      applyDelaySeconds: String(sub.applyDelaySeconds),
      forwards: sub.forwardOrigins.length > 0,
      skipSchema: (sub.skipSchema ?? []).join(', '),
    },
    saving: plan,
    check: (values) => ({
      applyDelaySeconds: secondsIn(values.applyDelaySeconds) === null && {
        message: 'Not a number of seconds.',
        remedy: '0 applies changes as they arrive.',
      },
    }),
    unsaved: null,
  });
  const { values, changed } = form;
  const submit = () => {
    const seconds = secondsIn(values.applyDelaySeconds) ?? 0;
    const schemas = schemasIn(values.skipSchema);
    plan.run({
      kind: 'subscription-options',
      cluster,
      receiver: sub.receiver,
      subscription: sub.name,
      ...(seconds !== sub.applyDelaySeconds && { applyDelaySeconds: seconds }),
      ...(values.forwards !== sub.forwardOrigins.length > 0 && {
        forwardOrigins: values.forwards ? ['all' as const] : [],
      }),
      ...(schemas.join() !== (sub.skipSchema ?? []).join() && { skipSchema: schemas }),
    });
  };
  return (
    <Form of={form} className="sets-form" label="Options" onSubmit={submit}>
      <Field
        label="Apply delay, seconds"
        inputMode="decimal"
        autoComplete="off"
        {...form.text('applyDelaySeconds')}
      />
      <Checkbox {...form.tick('forwards')}>Forward changes that the provider received from others</Checkbox>
      <Field
        label="Schemas that copies skip"
        hint="Names, with commas between them"
        mono
        spellCheck={false}
        autoComplete="off"
        {...form.text('skipSchema')}
      />
      <FormFault of={form} />
      <div className="buttons">
        <Button type="submit" look="primary" busy={plan.pending} disabled={!changed}>
          Change options…
        </Button>
        <Button look="bare" onClick={onClose}>
          Cancel
        </Button>
      </div>
    </Form>
  );
}
