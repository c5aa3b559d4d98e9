import { expect, it } from 'vitest';
import { planAct, planAfterwards, planButton } from './plan-words.ts';

it('names what the button of a plan does', () => {
  expect(planAct({ kind: 'deploy', target: 'sandbox', name: 'demo' })).toBe('Create the sandbox demo');
  expect(
    planAct({
      kind: 'set-add-table',
      cluster: 'c',
      nodes: ['n3'],
      set: 'default',
      schema: 'public',
      table: 'shipments',
    }),
  ).toBe('Add shipments to default on n3');
});

it('says with which plans something is left to do', () => {
  const request = { kind: 'node-remove', cluster: 'c', node: 'n\n3' } as const;
  expect(planButton(request)).toBe('Give up n⏎3…');
  expect(planAfterwards(request)).toContain('must be copied again');
  expect(planAfterwards({ kind: 'slot-drop', cluster: 'c', node: 'n1', slot: 's' })).toBeNull();
});
