/** Tables by a pattern of their names, into a set or out of it, on all nodes: only the plan names them. */
import type { PlanRequest } from '#core/model/plan.ts';
import { Form, FormFault } from '#src/parts/form/form.tsx';
import { useForm } from '#src/parts/form/use-form.ts';
import { usePlan } from '#src/parts/use-plan.ts';
import { Button } from '#src/ui/button.tsx';
import { SideBlock } from '#src/ui/dialog.tsx';
import { Field } from '#src/ui/field.tsx';
import { SetChoice } from './set-choice.tsx';

interface Values {
  set: string;
  pattern: string;
}

export default function PatternForm({
  cluster,
  nodes,
  sets,
}: {
  cluster: string;
  nodes: string[];
  sets: readonly string[];
}) {
  const plan = usePlan();
  const form = useForm<Values>({
    initial: { set: sets.includes('default') ? 'default' : (sets[0] ?? ''), pattern: '' },
    saving: plan,
    place: () => 'pattern',
    check: ({ pattern }) => ({
      pattern: pattern.trim() === '' && { message: 'Type a pattern, such as pgbench_* or sales.*' },
    }),
    unsaved: null,
  });
  const ask = (values: Values, isOut: boolean) => {
    const pattern = values.pattern.trim();
    const request: PlanRequest = {
      kind: 'set-tables',
      cluster,
      nodes,
      set: values.set,
      ...(isOut ? { removePattern: pattern } : { pattern }),
    };
    plan.run(request);
  };
  return (
    <SideBlock title="Tables by pattern">
      <Form of={form} label="Tables by pattern" onSubmit={(values) => ask(values, false)}>
        <Field
          label="Pattern"
          mono
          {...form.text('pattern')}
          maxLength={200}
          spellCheck={false}
          autoComplete="off"
          placeholder="pgbench_*"
          hint="* is any characters; schema.* is a whole schema; without a schema it is public."
        />
        <SetChoice sets={sets} value={form.values.set} onValue={(set) => form.set({ set })} />
        <div className="buttons">
          <Button type="submit" busy={plan.pending}>
            Add to set…
          </Button>
          <Button
            busy={plan.pending}
            onClick={() => {
              if (form.tries()) ask(form.values, true);
            }}
          >
            Remove from set…
          </Button>
        </div>
        <FormFault of={form} />
      </Form>
    </SideBlock>
  );
}
