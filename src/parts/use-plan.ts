/** Planning a change from a page: it writes nothing, and leads to the plan. */
import { useNavigate } from 'react-router';
import type { Plan, PlanRequest } from '#core/model/plan.ts';
import { api } from '#src/api/client.ts';
import { planQuery } from '#src/api/queries.ts';
import { type Change, useChange } from '#src/api/use-change.ts';
import { paths } from '#src/lib/paths.ts';

export function usePlan(): Change<PlanRequest, Plan> {
  const navigate = useNavigate();
  return useChange({
    does: (request: PlanRequest) => api.plans.create(request),
    keeps: (plan) => planQuery(plan.id),
    after: (plan) => navigate(paths.plan(plan.id)),
  });
}
