import { useInfiniteQuery } from '@tanstack/react-query';
import { useDeferredValue, useId } from 'react';
import type { TableRow } from '#core/contract/tables.ts';
import type { SubscriptionSnapshot } from '#core/model/snapshot.ts';
import { tablesQuery } from '#src/api/queries.ts';
import { Form } from '#src/parts/form/form.tsx';
import { useForm } from '#src/parts/form/use-form.ts';
import { usePlan } from '#src/parts/use-plan.ts';
import { Button } from '#src/ui/button.tsx';
import { Field } from '#src/ui/field.tsx';
import { copied, tablesTyped } from './copied-tables.ts';

/** Any table can be copied anew, also one whose copy is done: its rows on the receiver are replaced. */
export function CopyAgain({ cluster, sub }: { cluster: string; sub: SubscriptionSnapshot }) {
  const plan = usePlan();
  // The fault of a table stands at the one field there is.
  const form = useForm({ initial: { name: '' }, saving: plan, place: () => 'name', unsaved: null });
  const { name } = form.values;
  const listId = useId();
  const offered = useOffered(cluster, sub, name);
  const [first, ...others] = tablesTyped(name, offered);
  const submit = () => {
    if (first === undefined) return;
    const of = { kind: 'table-resync', cluster, receiver: sub.receiver, subscription: sub.name } as const;
    plan.run(others.length === 0 ? { ...of, ...first } : { ...of, tables: [first, ...others] });
  };
  return (
    <Form of={form} className="copy-again" onSubmit={submit}>
      <Field
        label="Copy a table from the provider again"
        hint="Several with commas between them"
        mono
        spellCheck={false}
        autoComplete="off"
        list={listId}
        placeholder={offered[0] ? `${offered[0].schema}.${offered[0].table}` : 'schema.table'}
        {...form.text('name')}
        error={form.errorOf('name') ?? form.rest}
      />
      <datalist id={listId}>
        {offered.map(({ schema, table }) => (
          <option key={`${schema}.${table}`} value={`${schema}.${table}`} />
        ))}
      </datalist>
      <Button type="submit" busy={plan.pending} disabled={first === undefined || first.table === ''}>
        Copy again…
      </Button>
    </Form>
  );
}

/** Tables that this subscription brings and that the typed text may mean; a cluster may have thousands. */
function useOffered(cluster: string, sub: SubscriptionSnapshot, typed: string): TableRow[] {
  const filter = useDeferredValue(typed.trim().slice(0, 200));
  const query = useInfiniteQuery(tablesQuery(cluster, { filter, limit: 50 }));
  return copied(query.data?.pages[0]?.items ?? [], sub);
}
