/** What may be done with a run now: one rule for the server, the mock and the page. */
import type { Allowed, Run } from '#core/model/plan.ts';

/** Said where a run was begun by a console that carries its steps out otherwise. */
export const OTHER_VERSION =
  'It was started by another version of the console, whose steps work differently. Each step shows how to undo it by hand; do that, then plan again.';

/** Nothing at all. */
export const NOTHING_ALLOWED: Allowed = {
  cancel: false,
  resume: false,
  rollback: false,
  endProof: false,
  why: null,
};

/**
 * A run that goes on may be cancelled; one that stopped may be rolled back, and resumed unless its rollback has begun: what that
 * has taken back is not there to stand on. `sameVersion`: its plan is of the version that this console carries out.
 */
export function allowedOf(
  { state, direction, steps }: Pick<Run, 'state' | 'direction'> & { steps: readonly { proving: boolean }[] },
  sameVersion: boolean,
): Allowed {
  switch (state) {
    case 'running':
    case 'waiting-for-operator':
      return { ...NOTHING_ALLOWED, cancel: true, endProof: steps.some(({ proving }) => proving) };
    case 'failed':
    case 'cancelled':
    case 'interrupted':
      return {
        ...NOTHING_ALLOWED,
        resume: sameVersion && direction === 'forward',
        rollback: sameVersion,
        why: sameVersion ? null : OTHER_VERSION,
      };
    case 'succeeded':
    case 'rolled-back':
      return NOTHING_ALLOWED;
  }
}
