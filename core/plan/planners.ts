/** One planner a kind of change. Pure: a request and what is so give the steps, the checks, and what forbids it. */
import type { PlanKind, PlanRequest } from '#core/model/plan.ts';
import { planDeploySandbox } from './deploy-sandbox.ts';
import type { Draft } from './draft.ts';
import type { Observed } from './observed.ts';
import { planRemoveSandbox } from './remove-sandbox.ts';

type Planner<K extends PlanKind> = (request: Extract<PlanRequest, { kind: K }>, observed: Observed) => Draft;

export const planners: { [K in PlanKind]?: Planner<K> } = {
  deploy: planDeploySandbox,
  remove: planRemoveSandbox,
};

export function draftPlan(request: PlanRequest, observed: Observed): Draft {
  // The map pairs each kind with the planner of that kind; the types cannot say so for a union.
  const planner = planners[request.kind] as (request: PlanRequest, observed: Observed) => Draft;
  return planner(request, observed);
}
