/** One planner a kind of change. Pure: a request and what is so give the steps, the checks, and what forbids it. */

import type { Observed } from '#core/model/observed.ts';
import type { PlanKind, PlanRequest } from '#core/model/plan.ts';
import { planDeploySandbox } from './deploy-sandbox.ts';
import { onDirectConnections } from './direct.ts';
import type { Draft } from './draft.ts';
import { planNodeRemove } from './node-remove.ts';
import { planRemoveSandbox } from './remove-sandbox.ts';
import { planResync } from './resync.ts';
import { rightsOf } from './rights.ts';
import { planDeployServers } from './servers/deploy-servers.ts';
import { planSlotDrop } from './slot-drop.ts';
import { planCreate } from './subscription-create.ts';
import { planDisable, planDrop, planEnable } from './subscriptions.ts';
import { planAddTable, planRemoveTable } from './tables.ts';

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
  'node-remove': planNodeRemove,
};

export function draftPlan(request: PlanRequest, observed: Observed): Draft {
  // The map pairs each kind with the planner of that kind; the types cannot say so for a union.
  const planner = planners[request.kind] as (request: PlanRequest, observed: Observed) => Draft;
  const planned = planner(request, observed);
  const ofEngine = observed.engine === undefined ? planned : { engine: observed.engine, ...planned };
  const draft = onDirectConnections(ofEngine, observed);
  const rights = rightsOf(draft, observed);
  return rights.length === 0 ? draft : { ...draft, rights };
}
