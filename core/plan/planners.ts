/** One planner a kind of change. Pure: a request and what is so give the steps, the checks, and what forbids it. */
import type { PlanKind, PlanRequest } from '#core/model/plan.ts';
import { planDeploySandbox } from './deploy-sandbox.ts';
import { onDirectConnections } from './direct.ts';
import type { Draft } from './draft.ts';
import type { Observed } from './observed.ts';
import { planRemoveSandbox } from './remove-sandbox.ts';
import { planDeployServers } from './servers/deploy-servers.ts';
import { planSlotDrop } from './slot-drop.ts';
import { planCreate, planDisable, planDrop, planEnable } from './subscriptions.ts';
import { planAddTable, planRemoveTable, planResync } from './tables.ts';

type Planner<K extends PlanKind> = (request: Extract<PlanRequest, { kind: K }>, observed: Observed) => Draft;

export const planners: { [K in PlanKind]: Planner<K> } = {
  deploy: (request, observed) =>
    request.target === 'sandbox'
      ? planDeploySandbox(request, observed)
      : planDeployServers(request, observed),
  remove: planRemoveSandbox,
  'subscription-enable': planEnable,
  'subscription-disable': planDisable,
  'subscription-create': planCreate,
  'subscription-drop': planDrop,
  'set-add-table': planAddTable,
  'set-remove-table': planRemoveTable,
  'table-resync': planResync,
  'slot-drop': planSlotDrop,
};

export function draftPlan(request: PlanRequest, observed: Observed): Draft {
  // The map pairs each kind with the planner of that kind; the types cannot say so for a union.
  const planner = planners[request.kind] as (request: PlanRequest, observed: Observed) => Draft;
  return onDirectConnections(planner(request, observed), observed);
}
