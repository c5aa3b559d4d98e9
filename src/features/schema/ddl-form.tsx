/** One or several statements for all nodes; sends no more than a request for a plan. */
import { useId } from 'react';
import type { PlanRequest } from '#core/model/plan.ts';
import { safeName } from '#src/lib/safe-name.ts';
import { Form, FormFault } from '#src/parts/form/form.tsx';
import { useForm } from '#src/parts/form/use-form.ts';
import { usePlan } from '#src/parts/use-plan.ts';
import { Button } from '#src/ui/button.tsx';
import { SectionHead } from '#src/ui/section.tsx';
import { Segmented } from '#src/ui/segmented.tsx';
import { State } from '#src/ui/state.tsx';

type How = 'chosen' | 'local' | 'replicated';

interface Values {
  sql: string;
  how: How;
  first: string;
}

const HOWS: { value: How; label: string }[] = [
  { value: 'chosen', label: 'As the plan chooses' },
  { value: 'local', label: 'On each node by itself' },
  { value: 'replicated', label: 'Replicated' },
];

export function DdlForm({ cluster, nodes }: { cluster: string; nodes: string[] }) {
  const id = useId();
  const plan = usePlan();
  const form = useForm<Values>({
    initial: { sql: '', how: 'chosen', first: nodes[0] ?? '' },
    saving: plan,
    place: () => 'sql',
    check: ({ sql }) => ({
      sql: sql.trim() === '' && { message: 'Type a statement, such as ALTER TABLE …' },
    }),
    unsaved: null,
  });
  const { values } = form;
  const ask = ({ sql, how, first }: Values) => {
    const request: PlanRequest = {
      kind: 'ddl',
      cluster,
      sql,
      ...(how !== 'chosen' && { how }),
      ...(first !== nodes[0] && { first }),
    };
    plan.run(request);
  };
  const fault = form.errorOf('sql');
  return (
    <section className="section">
      <SectionHead
        title="Run a statement on all nodes"
        note="CREATE, ALTER, DROP; parsed first, with its locks and who would block them"
      />
      <Form of={form} label="Run a statement on all nodes" onSubmit={ask}>
        <div className="field">
          <label htmlFor={id}>Statement</label>
          <textarea
            id={id}
            className="input mono h-auto w-full py-2"
            rows={5}
            spellCheck={false}
            maxLength={200_000}
            value={values.sql}
            aria-invalid={fault ? true : undefined}
            aria-describedby={fault ? `${id}-about` : undefined}
            placeholder="ALTER TABLE public.orders ADD COLUMN gift_note text"
            onChange={(event) => form.set({ sql: event.target.value })}
          />
          {fault && (
            <p id={`${id}-about`} className="fault" role="alert">
              <State of="critical">{fault.message}</State>
            </p>
          )}
        </div>
        <div className="tools">
          <Segmented
            label="How it runs"
            value={values.how}
            options={HOWS}
            onChange={(how) => form.set({ how })}
          />
          <label className="pick">
            <span className="faint">First on </span>
            <select value={values.first} onChange={(event) => form.set({ first: event.target.value })}>
              {nodes.map((node) => (
                <option key={node} value={node}>
                  {safeName(node)}
                </option>
              ))}
            </select>
          </label>
          <Button type="submit" look="primary" busy={plan.pending}>
            Run on all nodes…
          </Button>
        </div>
        <FormFault of={form} />
      </Form>
    </section>
  );
}
