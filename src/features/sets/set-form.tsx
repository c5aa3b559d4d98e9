/** A set by its name, on all nodes: created, dropped, or what it sends changed. */
import type { PlanRequest } from '#core/model/plan.ts';
import { Form, FormFault } from '#src/parts/form/form.tsx';
import { useForm } from '#src/parts/form/use-form.ts';
import { usePlan } from '#src/parts/use-plan.ts';
import { Button } from '#src/ui/button.tsx';
import { SideBlock } from '#src/ui/dialog.tsx';
import { Checkbox, Field } from '#src/ui/field.tsx';

const KINDS = ['insert', 'update', 'delete', 'truncate'] as const;

interface Values extends Record<(typeof KINDS)[number], boolean> {
  set: string;
}

export default function SetForm({
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
    initial: { set: '', insert: true, update: true, delete: true, truncate: true },
    saving: plan,
    place: () => 'set',
    check: ({ set }) => ({ set: set.trim() === '' && { message: 'Type the name of a set' } }),
    unsaved: null,
  });
  const name = form.values.set.trim();
  const exists = sets.includes(name);
  const ask = ({ set, ...sends }: Values, kind: 'set-create' | 'set-alter' | 'set-drop') => {
    const base = { cluster, nodes, set: set.trim() };
    const request: PlanRequest =
      kind === 'set-drop'
        ? { kind, ...base }
        : kind === 'set-alter'
          ? { kind, ...base, ...sends }
          : { kind, ...base, ...sends };
    plan.run(request);
  };
  return (
    <SideBlock title="Create or change a set">
      <Form
        of={form}
        label="Create or change a set"
        onSubmit={(values) => ask(values, exists ? 'set-alter' : 'set-create')}
      >
        <Field label="Set" {...form.text('set')} maxLength={63} spellCheck={false} autoComplete="off" />
        <div className="buttons">
          {KINDS.map((kind) => (
            <Checkbox key={kind} {...form.tick(kind)}>
              {kind}
            </Checkbox>
          ))}
        </div>
        <div className="buttons">
          <Button type="submit" busy={plan.pending}>
            {exists ? 'Change what it sends…' : 'Create set…'}
          </Button>
          {exists && (
            <Button busy={plan.pending} onClick={() => ask(form.values, 'set-drop')}>
              Drop set…
            </Button>
          )}
        </div>
        <FormFault of={form} />
      </Form>
    </SideBlock>
  );
}
