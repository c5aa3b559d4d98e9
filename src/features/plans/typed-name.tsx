/** What nobody may do by a click too many: its name is typed first. */
import { useState } from 'react';
import type { PlanRequest, PlanStep } from '#core/model/plan.ts';
import { Field } from '#src/ui/field.tsx';

interface Asked {
  /** `slot`: what the name is of. */
  of: string;
  name: string;
  /** What it is typed for, as the sentence ends. */
  to: string;
}

type Steps = readonly Pick<PlanStep, 'node' | 'risk'>[];

/** The name that has to be typed before a plan may run; null: none. A slot that was dropped by mistake is paid with a node. */
export function nameToType(request: PlanRequest, steps: Steps): Asked | null {
  switch (request.kind) {
    case 'slot-drop':
      return { of: 'slot', name: request.slot, to: 'drop it' };
    case 'set-drop':
      return { of: 'set', name: request.set, to: 'drop it' };
    case 'subscription-skip':
      return { of: 'subscription', name: request.subscription, to: 'lose what the transaction changed' };
    case 'node-settings': {
      // Of several nodes the first one that loses something: what is typed shows that somebody has read it.
      const node = steps.find(({ risk }) => risk === 'data')?.node;
      return node == null ? null : { of: 'node', name: node, to: 'lose the slots that the plan names' };
    }
    case 'node-remove':
      return { of: 'node', name: request.node, to: 'remove it' };
    case 'records-trim':
      // Of one node its name, of several the cluster's.
      return request.nodes.length === 1
        ? { of: 'node', name: request.nodes[0] ?? '', to: 'remove the records' }
        : { of: 'cluster', name: request.cluster, to: 'remove the records' };
    default:
      return null;
  }
}

export function useTypedName(request: PlanRequest, steps: Steps = []) {
  const wanted = nameToType(request, steps);
  const [typed, setTyped] = useState('');
  return {
    isTyped: wanted === null || typed.trim() === wanted.name,
    field:
      wanted === null ? null : (
        <div className="padded">
          <Field
            label={`Type the name of the ${wanted.of}, ${wanted.name}, to ${wanted.to}`}
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
