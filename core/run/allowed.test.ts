import { describe, expect, test } from 'vitest';
import type { RunState } from '#core/model/plan.ts';
import { allowedOf, NOTHING_ALLOWED, OTHER_VERSION } from './allowed.ts';

const of = (state: RunState, direction: 'forward' | 'back', proving = false) => ({
  state,
  direction,
  steps: [{ proving: false }, { proving }],
});

describe('what may be done with a run', () => {
  test.each(['running', 'waiting-for-operator'] as const)('%s: cancel, and the end of a proof', (state) => {
    expect(allowedOf(of(state, 'forward'), true)).toEqual({ ...NOTHING_ALLOWED, cancel: true });
    expect(allowedOf(of(state, 'forward', true), true)).toMatchObject({ cancel: true, endProof: true });
    expect(allowedOf(of(state, 'back'), true)).toEqual({ ...NOTHING_ALLOWED, cancel: true });
  });

  test.each(['failed', 'cancelled', 'interrupted'] as const)(
    '%s: resume, unless it was being taken back; roll back',
    (state) => {
      expect(allowedOf(of(state, 'forward'), true)).toEqual({
        ...NOTHING_ALLOWED,
        resume: true,
        rollback: true,
      });
      expect(allowedOf(of(state, 'back'), true)).toEqual({ ...NOTHING_ALLOWED, rollback: true });
      // Left over by a console that was killed in a proof.
      expect(allowedOf(of(state, 'forward', true), true).endProof).toBe(false);
    },
  );

  test('of another version: nothing, and why', () => {
    expect(allowedOf(of('failed', 'forward'), false)).toEqual({ ...NOTHING_ALLOWED, why: OTHER_VERSION });
    expect(allowedOf(of('running', 'forward'), false)).toMatchObject({ cancel: true });
  });

  test.each(['succeeded', 'rolled-back'] as const)('%s: nothing any more', (state) => {
    expect(allowedOf(of(state, 'back'), true)).toEqual(NOTHING_ALLOWED);
  });
});
