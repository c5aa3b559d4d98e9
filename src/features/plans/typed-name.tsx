/** What nobody may do by a click too many: its name is typed first. */
import { useState } from 'react';
import type { PlanRequest } from '#core/model/plan.ts';
import { Field } from '#src/ui/field.tsx';

/** The name that has to be typed before a plan may run; null: none. A slot that was dropped by mistake is paid with a node. */
export function nameToType(request: PlanRequest): string | null {
  if (request.kind === 'slot-drop') return request.slot;
  return request.kind === 'subscription-skip' ? request.subscription : null;
}

const asked = (request: PlanRequest, name: string): string =>
  request.kind === 'subscription-skip'
    ? `Type the name of the subscription, ${name}, to lose what the transaction changed`
    : `Type the name of the slot, ${name}, to drop it`;

export function useTypedName(request: PlanRequest) {
  const wanted = nameToType(request);
  const [typed, setTyped] = useState('');
  return {
    isTyped: wanted === null || typed.trim() === wanted,
    field:
      wanted === null ? null : (
        <div className="padded">
          <Field
            label={asked(request, wanted)}
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
