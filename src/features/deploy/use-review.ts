/** From any step to the review: saves, follows the defaults where nothing was chosen, plans, and opens the plan. */
import { useNavigate } from 'react-router';
import { api } from '#src/api/client.ts';
import { draftTablesQuery, planQuery } from '#src/api/queries.ts';
import { queryClient } from '#src/api/query-client.ts';
import { useChange } from '#src/api/use-change.ts';
import { freeName } from '#src/lib/cluster-name.ts';
import { paths } from '#src/lib/paths.ts';
import { useDsnReader } from '#src/lib/use-dsn-reader.ts';
import { nodesMark, requestOf } from './form.ts';
import type { Draft } from './use-draft.ts';

export function useReview(draft: Draft, taken: string[]) {
  const navigate = useNavigate();
  const reader = useDsnReader();
  const guess = reader?.nameFromDsn(draft.form.rows.find((row) => row.dsn !== '')?.dsn ?? '') ?? '';
  const name = draft.form.name || (guess === '' ? '' : freeName(taken, guess));
  const plan = useChange({
    does: async () => {
      const kept = await draft.flush();
      // What cannot be read is said by the plan's own checks.
      const tables = await queryClient
        .fetchQuery(draftTablesQuery(draft.id, nodesMark(draft.form.rows)))
        .catch(() => null);
      return api.plans.create(requestOf(kept, name, tables?.suggestedSource ?? null));
    },
    keeps: (made) => planQuery(made.id),
    after: (made) => navigate(paths.plan(made.id)),
  });
  return {
    name,
    start: () => plan.run(),
    busy: plan.pending,
    fault: plan.fault,
    saving: plan,
  };
}

export type Review = ReturnType<typeof useReview>;
