/** One planner a kind of change. Pure: a request and what is so give the steps, the checks, and what forbids it. */

import type { Observed } from '#core/model/observed.ts';
import type { PlanKind, PlanRequest } from '#core/model/plan.ts';
import { planDdl } from './ddl/ddl.ts';
import { planDdlReplication } from './ddl/ddl-replication.ts';
import { planDeltaColumns } from './delta/delta-columns.ts';
import { planDeploySandbox } from './deploy-sandbox.ts';
import { onDirectConnections } from './direct.ts';
import type { ExecutablePlan } from './executable.ts';
import { planNodeAdd } from './join/node-add.ts';
import { planMeshComplete } from './mesh-complete.ts';
import { planNodeInterface } from './node-interface.ts';
import { planNodeLocation } from './node-location.ts';
import { planNodeReadOnly } from './node-read-only.ts';
import { planNodeRemove } from './node-remove.ts';
import { planExtensionUpdate } from './records/extension-update.ts';
import { planRecordsTrim } from './records/records-trim.ts';
import { planRemoveSandbox } from './remove-sandbox.ts';
import { planResync } from './resync.ts';
import { rightsOf } from './rights.ts';
import { planSchemaAlign } from './schema/schema-align.ts';
import { planDeployServers } from './servers/deploy-servers.ts';
import { planSessionCancel } from './session-cancel.ts';
import { planSetAlter, planSetCreate } from './sets/set-create.ts';
import { planSetDrop } from './sets/set-drop.ts';
import { planSetTables } from './sets/set-tables.ts';
import { planConflictSettings } from './settings/conflict-settings.ts';
import { planNodeSettings } from './settings/node-settings.ts';
import { planPeerPassword } from './settings/peer-password.ts';
import { planSlotDrop } from './slot-drop.ts';
import { planCreate } from './subscription-create.ts';
import { planSubscriptionFailover } from './subscription-failover.ts';
import { planSubscriptionInterface } from './subscription-interface.ts';
import { planSubscriptionOptions } from './subscription-options.ts';
import { planSubscriptionSets } from './subscription-sets.ts';
import { planSubscriptionSkip } from './subscription-skip.ts';
import { planDisable, planDrop, planEnable } from './subscriptions.ts';

type Planner<K extends PlanKind> = (
  request: Extract<PlanRequest, { kind: K }>,
  observed: Observed,
) => ExecutablePlan;

export const planners: { [K in PlanKind]: Planner<K> } = {
  deploy: (request, observed) =>
    request.target === 'sandbox'
      ? planDeploySandbox(request, observed)
      : planDeployServers(request, observed),
  remove: planRemoveSandbox,
  'subscription-enable': planEnable,
  'subscription-disable': planDisable,
  'subscription-create': planCreate,
  'mesh-complete': planMeshComplete,
  'subscription-drop': planDrop,
  'subscription-skip': planSubscriptionSkip,
  'subscription-interface': planSubscriptionInterface,
  'subscription-failover': planSubscriptionFailover,
  'subscription-options': planSubscriptionOptions,
  'subscription-sets': planSubscriptionSets,
  'set-tables': planSetTables,
  'set-add-table': planSetTables,
  'set-remove-table': planSetTables,
  'set-create': planSetCreate,
  'set-alter': planSetAlter,
  'set-drop': planSetDrop,
  ddl: planDdl,
  'ddl-replication': planDdlReplication,
  'conflict-settings': planConflictSettings,
  'delta-columns': planDeltaColumns,
  'schema-align': planSchemaAlign,
  'table-resync': planResync,
  'slot-drop': planSlotDrop,
  'node-add': planNodeAdd,
  'node-remove': planNodeRemove,
  'node-read-only': planNodeReadOnly,
  'node-interface': planNodeInterface,
  'node-location': planNodeLocation,
  'session-cancel': planSessionCancel,
  'node-settings': planNodeSettings,
  'peer-password': planPeerPassword,
  'records-trim': planRecordsTrim,
  'extension-update': planExtensionUpdate,
};

export function planChange(request: PlanRequest, observed: Observed): ExecutablePlan {
  // The map pairs each kind with the planner of that kind; the types cannot say so for a union.
  const planner = planners[request.kind] as (request: PlanRequest, observed: Observed) => ExecutablePlan;
  const planned = planner(request, observed);
  const ofEngine = observed.engine === undefined ? planned : { engine: observed.engine, ...planned };
  const plan = onDirectConnections(ofEngine, observed);
  const rights = rightsOf(plan, observed);
  return rights.length === 0 ? plan : { ...plan, rights };
}
