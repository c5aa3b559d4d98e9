/** Which rows and columns of a table a set sends, on all nodes that have the table in it. */
import type { TableRow } from '#core/contract/tables.ts';
import type { PlanRequest } from '#core/model/plan.ts';
import { Form, FormFault } from '#src/parts/form/form.tsx';
import { useForm } from '#src/parts/form/use-form.ts';
import { usePlan } from '#src/parts/use-plan.ts';
import { Button } from '#src/ui/button.tsx';
import { SideBlock } from '#src/ui/dialog.tsx';
import { Field } from '#src/ui/field.tsx';
import { setsOf } from './cells.ts';
import { namedColumns } from './column-text.ts';
import { SetChoice } from './set-choice.tsx';

interface Values {
  set: string;
  rowFilter: string;
  columns: string;
}

export function FilterForm({ cluster, row }: { cluster: string; row: TableRow }) {
  const sets = setsOf(row);
  const plan = usePlan();
  const members = (set: string) =>
    Object.entries(row.nodes).flatMap(([node, on]) => {
      const found = on?.memberships.find((each) => each.set === set);
      return found === undefined ? [] : [{ node, ...found }];
    });
  const first = sets[0] ?? '';
  const is = (set: string) => {
    const [member] = members(set);
    return { rowFilter: member?.rowFilter ?? '', columns: member?.columns?.join(', ') ?? '' };
  };
  const form = useForm<Values>({
    initial: { set: first, ...is(first) },
    saving: plan,
    place: () => 'rowFilter',
    check: ({ columns }) => ({
      columns: columns.trim() !== '' &&
        namedColumns(columns) === null && { message: 'Write names with commas between them' },
    }),
    unsaved: null,
  });
  const ask = ({ set, rowFilter, columns }: Values) => {
    const request: PlanRequest = {
      kind: 'set-tables',
      cluster,
      nodes: members(set).map(({ node }) => node),
      set,
      add: [
        {
          schema: row.schema,
          table: row.table,
          rowFilter: rowFilter.trim() || null,
          columns: columns.trim() === '' ? null : namedColumns(columns),
        },
      ],
    };
    plan.run(request);
  };
  return (
    <SideBlock title="Rows and columns to send">
      <Form of={form} label="Rows and columns to send" onSubmit={ask}>
        {sets.length > 1 && (
          <SetChoice sets={sets} value={form.values.set} onValue={(set) => form.set({ set, ...is(set) })} />
        )}
        <Field
          label="Row filter"
          mono
          {...form.text('rowFilter')}
          maxLength={10_000}
          spellCheck={false}
          autoComplete="off"
          placeholder="region = 'eu'"
          hint="Only rows for which it is true are sent; empty: all rows."
        />
        <Field
          label="Columns"
          mono
          {...form.text('columns')}
          spellCheck={false}
          autoComplete="off"
          placeholder={row.nodes[members(first)[0]?.node ?? '']?.keyColumns?.join(', ') ?? ''}
          hint="With commas between them, the key among them; empty: all columns."
        />
        <div className="buttons">
          <Button type="submit" busy={plan.pending}>
            Change rows and columns…
          </Button>
        </div>
        <FormFault of={form} />
      </Form>
    </SideBlock>
  );
}
