/** The sets of one or several subscriptions, to be ticked; sends no more than a request for a plan. */
import type { SubscriptionSnapshot } from '#core/model/snapshot.ts';
import { useSnapshot } from '#src/api/hooks.ts';
import { safeName } from '#src/lib/safe-name.ts';
import { Form, FormFault } from '#src/parts/form/form.tsx';
import { useForm } from '#src/parts/form/use-form.ts';
import { usePlan } from '#src/parts/use-plan.ts';
import { Button } from '#src/ui/button.tsx';
import { Checkbox } from '#src/ui/field.tsx';
import { State } from '#src/ui/state.tsx';
import { offeredSets, setsAsked } from './set-choice.ts';

interface Props {
  cluster: string;
  /** At least one. */
  subs: readonly SubscriptionSnapshot[];
  onClose: () => void;
}

export function SetsForm({ cluster, subs, onClose }: Props) {
  const snapshot = useSnapshot();
  const plan = usePlan();
  const offered = offeredSets(subs, snapshot);
  const form = useForm<{ ticks: Record<string, boolean> }>({
    initial: NOTHING_TICKED,
    saving: plan,
    unsaved: null,
  });
  const { ticks } = form.values;
  const asked = setsAsked(offered, ticks);
  const [first, ...others] = subs.map(({ receiver, name }) => ({ receiver, subscription: name }));
  const submit = () => {
    if (first === undefined) return;
    plan.run({
      kind: 'subscription-sets',
      cluster,
      ...first,
      ...(others.length > 0 && { subscriptions: others }),
      ...asked,
    });
  };
  return (
    <Form of={form} className="sets-form" label="Replication sets" onSubmit={submit}>
      <fieldset>
        <legend className="sr-only">Replication sets</legend>
        {offered.map(({ name, taken, lackedBy }) => (
          <Checkbox
            key={name}
            checked={ticks[name] ?? taken === 'all'}
            mixed={ticks[name] === undefined && taken === 'some'}
            onChange={(event) => form.set({ ticks: { ...ticks, [name]: event.target.checked } })}
          >
            {safeName(name)}
            {lackedBy.length > 0 && (
              <State of="warning" size={12}>
                {`not on ${lackedBy.map(safeName).join(', ')}`}
              </State>
            )}
          </Checkbox>
        ))}
      </fieldset>
      <FormFault of={form} />
      <div className="buttons">
        <Button
          type="submit"
          look="primary"
          busy={plan.pending}
          disabled={asked.add.length + asked.remove.length === 0}
        >
          Change sets…
        </Button>
        <Button look="bare" onClick={onClose}>
          Cancel
        </Button>
      </div>
    </Form>
  );
}

const NOTHING_TICKED = { ticks: {} };
