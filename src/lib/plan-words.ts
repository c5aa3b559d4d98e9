/** What the button of a plan says: verb and object, and an ellipsis, since the plan is shown before anything is done. */
import type { PlanKind } from '#core/model/plan.ts';

const words: Record<PlanKind, string> = {
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

export function planButton(kind: PlanKind): string {
  return words[kind];
}
