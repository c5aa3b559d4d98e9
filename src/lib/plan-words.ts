/** What the button of a plan says: verb and object, and an ellipsis, since the plan is shown before anything is done. */
import type { PlanKind, PlanRequest } from '#core/model/plan.ts';
import { safeName } from './safe-name.ts';

const words: Record<Exclude<PlanKind, 'node-remove'>, string> = {
  deploy: 'Deploy cluster…',
  remove: 'Remove sandbox…',
  'subscription-enable': 'Enable subscription…',
  'subscription-disable': 'Disable subscription…',
  'subscription-create': 'Create link…',
  'subscription-drop': 'Drop subscription…',
  'set-add-table': 'Add to set…',
  'set-remove-table': 'Remove from set…',
  'table-resync': 'Copy table anew…',
  'slot-drop': 'Drop slot…',
};

export function planButton(request: PlanRequest): string {
  if (request.kind === 'node-remove') return `Give ${safeName(request.node)} up…`;
  return words[request.kind];
}
