/** From any step to the review: saves, follows the defaults where nothing was chosen, plans, and opens the plan. */
import { useMutation } from '@tanstack/react-query';
import { useNavigate } from 'react-router';
import { api } from '#src/api/client.ts';
import { tell } from '#src/api/errors.ts';
import { draftTablesQuery, planQuery } from '#src/api/queries.ts';
import { queryClient } from '#src/api/query-client.ts';
import { freeName, nameFromDsn } from '#src/lib/cluster-name.ts';
import { paths } from '#src/lib/paths.ts';
import { nodesMark, requestOf } from './form.ts';
import type { Draft } from './use-draft.ts';

export function useReview(draft: Draft, taken: string[]) {
  const navigate = useNavigate();
  const guess = nameFromDsn(draft.form.rows.find((row) => row.dsn !== '')?.dsn ?? '');
  const name = draft.form.name || (guess === '' ? '' : freeName(taken, guess));
  const plan = useMutation({
    mutationFn: async () => {
      const kept = await draft.flush();
      // What cannot be read is said by the plan's own checks.
      const tables = await queryClient
        .fetchQuery(draftTablesQuery(draft.id, nodesMark(draft.form.rows)))
        .catch(() => null);
      return api.plans.create(requestOf(kept, name, tables?.suggestedSource ?? null));
    },
    onSuccess: (made) => {
      queryClient.setQueryData(planQuery(made.id).queryKey, made);
      navigate(paths.plan(made.id));
    },
  });
  return {
    name,
    start: () => plan.mutate(),
    busy: plan.isPending,
    told: plan.error ? tell(plan.error) : null,
  };
}

export type Review = ReturnType<typeof useReview>;
