/** Which columns of a table all nodes add up where two of them change a row at the same time. */
import type { TableRow } from '#core/contract/tables.ts';
import { Form, FormFault } from '#src/parts/form/form.tsx';
import { useForm } from '#src/parts/form/use-form.ts';
import { usePlan } from '#src/parts/use-plan.ts';
import { Button } from '#src/ui/button.tsx';
import { SideBlock } from '#src/ui/dialog.tsx';
import { Field } from '#src/ui/field.tsx';
import { namedColumns } from './column-text.ts';

export function DeltaForm({ cluster, row }: { cluster: string; row: TableRow }) {
  const summed = [...new Set(Object.values(row.nodes).flatMap((node) => node?.deltaColumns ?? []))];
  const plan = usePlan();
  const form = useForm({
    initial: { columns: summed.join(', ') },
    saving: plan,
    place: () => 'columns',
    check: ({ columns }) => ({
      columns: namedColumns(columns) === null && {
        message: 'Write names of columns with commas between them',
      },
    }),
    unsaved: null,
  });
  const ask = (isOn: boolean) => {
    const columns = namedColumns(form.values.columns) ?? [];
    plan.run({
      kind: 'delta-columns',
      cluster,
      schema: row.schema,
      table: row.table,
      add: isOn ? columns : [],
      remove: isOn ? [] : columns,
    });
  };
  return (
    <SideBlock title="Columns summed from all nodes">
      <Form of={form} label="Columns summed from all nodes" onSubmit={() => ask(true)}>
        <Field
          label="Numeric columns"
          mono
          {...form.text('columns')}
          spellCheck={false}
          autoComplete="off"
          placeholder="balance"
          hint="Of two updates at the same time both count; of other columns the later one wins."
        />
        <div className="buttons">
          <Button type="submit" busy={plan.pending}>
            Add up on all nodes…
          </Button>
          <Button
            busy={plan.pending}
            onClick={() => {
              if (form.tries()) ask(false);
            }}
          >
            No longer add up…
          </Button>
        </div>
        <FormFault of={form} />
      </Form>
    </SideBlock>
  );
}
