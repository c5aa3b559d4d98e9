/** What nobody may do by a click too many: its name is typed first. */
import { useState } from 'react';
import type { PlanRequest } from '#core/model/plan.ts';
import { Field } from '#src/ui/field.tsx';

/** The name that has to be typed before a plan may run, and why; null: none. */
export function nameToType(request: PlanRequest): { name: string; label: string } | null {
  switch (request.kind) {
    // A slot that was dropped by mistake is paid with a node.
    case 'slot-drop':
      return { name: request.slot, label: `Type the name of the slot, ${request.slot}, to drop it` };
    case 'subscription-skip':
      return {
        name: request.subscription,
        label: `Type the name of the subscription, ${request.subscription}, to lose what the transaction changed`,
      };
    case 'node-remove':
      return { name: request.node, label: `Type the name of the node, ${request.node}, to remove it` };
    default:
      return null;
  }
}

export function useTypedName(request: PlanRequest) {
  const wanted = nameToType(request);
  const [typed, setTyped] = useState('');
  return {
    isTyped: wanted === null || typed.trim() === wanted.name,
    field:
      wanted === null ? null : (
        <div className="padded">
          <Field
            label={wanted.label}
            mono
            spellCheck={false}
            autoComplete="off"
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
          />
        </div>
      ),
  };
}
