/** What nobody may do by a click too many: its name is typed first. */
import { useState } from 'react';
import type { PlanRequest } from '#core/model/plan.ts';
import { Field } from '#src/ui/field.tsx';

/** The name that has to be typed before a plan may run; null: none. A slot that was dropped by mistake is paid with a node. */
export const nameToType = (request: PlanRequest): string | null =>
  request.kind === 'slot-drop' ? request.slot : null;

export function useTypedName(request: PlanRequest) {
  const wanted = nameToType(request);
  const [typed, setTyped] = useState('');
  return {
    isTyped: wanted === null || typed.trim() === wanted,
    field:
      wanted === null ? null : (
        <div className="padded">
          <Field
            label={`Type the name of the slot, ${wanted}, to drop it`}
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
