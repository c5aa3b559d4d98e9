/** Old records removed from nodes; sends no more than a request for a plan. */
import type { RecordKind } from '#core/model/requests/records.ts';
import { useClusterName, useSnapshot } from '#src/api/hooks.ts';
import { consoleNow } from '#src/lib/clock.ts';
import { safeName } from '#src/lib/safe-name.ts';
import { Form, FormFault } from '#src/parts/form/form.tsx';
import { useForm } from '#src/parts/form/use-form.ts';
import { usePlan } from '#src/parts/use-plan.ts';
import { Button } from '#src/ui/button.tsx';
import { Field } from '#src/ui/field.tsx';

const DAY_MS = 86_400_000;
const MOST_DAYS = 36_500;

interface Props {
  records: RecordKind;
  /** The one that is chosen on the page; null: all of them. */
  node: string | null;
  onClose: () => void;
}

export function TrimForm({ records, node, onClose }: Props) {
  const cluster = useClusterName();
  const all = useSnapshot().nodes.map(({ name }) => name);
  const plan = usePlan();
  const form = useForm({
    initial: { days: '90' },
    saving: plan,
    check: ({ days }) => ({
      days: !isDays(days) && { message: 'Not a number of days.', remedy: '0 removes all of them.' },
    }),
    unsaved: null,
  });
  return (
    <Form
      of={form}
      className="sets-form"
      label="Remove old records"
      onSubmit={({ days }) =>
        plan.run({
          kind: 'records-trim',
          cluster,
          nodes: node === null ? all : [node],
          records,
          before: new Date(consoleNow() - Number(days) * DAY_MS).toISOString(),
        })
      }
    >
      <Field
        label={`Days of ${records} to keep on ${node === null ? 'all nodes' : safeName(node)}`}
        hint="Older records are removed for good; rows of your tables do not change."
        inputMode="numeric"
        autoComplete="off"
        {...form.text('days')}
      />
      <FormFault of={form} />
      <div className="buttons">
        <Button type="submit" look="primary" busy={plan.pending}>
          Remove old records…
        </Button>
        <Button look="bare" onClick={onClose}>
          Cancel
        </Button>
      </div>
    </Form>
  );
}

const isDays = (text: string): boolean => /^\d+$/.test(text.trim()) && Number(text) <= MOST_DAYS;
