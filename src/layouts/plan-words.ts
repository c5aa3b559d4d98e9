/** What a plan does, as the words of a button: verb and object. With an ellipsis the plan opens first. */
import type { PlanRequest } from '#core/model/plan.ts';

/** `Add shipments to default on n3`: names what the primary button of the plan's own foot does. */
export function planAct(request: PlanRequest): string {
  switch (request.kind) {
    case 'deploy':
      return `Make the sandbox ${request.name}`;
    case 'remove':
      return `Remove the sandbox ${request.name}`;
    case 'subscription-enable':
      return `Enable ${request.subscription} on ${request.receiver}`;
    case 'subscription-disable':
      return `Disable ${request.subscription} on ${request.receiver}`;
    case 'subscription-create':
      return `Subscribe ${request.receiver} to ${request.provider}`;
    case 'subscription-drop':
      return `Drop ${request.subscription} on ${request.receiver}`;
    case 'set-add-table':
      return `Add ${request.table} to ${request.set} on ${request.nodes.join(', ')}`;
    case 'set-remove-table':
      return `Remove ${request.table} from ${request.set} on ${request.nodes.join(', ')}`;
    case 'table-resync':
      return `Copy ${request.table} to ${request.receiver} again`;
    case 'slot-drop':
      return `Drop slot ${request.slot} on ${request.node}`;
    default:
      return 'Run this plan';
  }
}

/** The same, short, beside the subject that it acts on: `Add to default on n3…`. */
export function planOffer(request: PlanRequest): string {
  switch (request.kind) {
    case 'subscription-enable':
      return 'Enable…';
    case 'subscription-disable':
      return 'Disable…';
    case 'subscription-drop':
      return 'Drop…';
    case 'set-add-table':
      return `Add to ${request.set} on ${request.nodes.join(', ')}…`;
    case 'set-remove-table':
      return `Remove from ${request.set} on ${request.nodes.join(', ')}…`;
    case 'table-resync':
      return 'Copy again…';
    case 'slot-drop':
      return 'Drop slot…';
    default:
      return `${planAct(request)}…`;
  }
}
