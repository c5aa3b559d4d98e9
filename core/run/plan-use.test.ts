import { expect, test } from 'vitest';
import type { LeftToDo, RunState } from '#core/model/plan.ts';
import { mayRunAgain, usedBy } from './plan-use.ts';

const left: LeftToDo = { node: 'n1', step: 'a', code: 'stays', object: null, message: 'stays', sql: [] };
const run = (state: RunState, direction: 'forward' | 'back' = 'forward', leftToDo: LeftToDo[] = []) => ({
  id: '4',
  state,
  direction,
  leftToDo,
});

test('a plan is run once, unless all of it was taken back', () => {
  expect(usedBy(undefined)).toBeNull();
  expect(usedBy(run('rolled-back', 'back'))).toBeNull();
  expect(mayRunAgain(run('rolled-back', 'back', [left]))).toBe(false);
});

test.each([
  [run('running'), /is running this plan/],
  [run('waiting-for-operator'), /is running this plan/],
  [run('succeeded'), /succeeded\. Make a new plan/],
  [run('failed'), /is failed\. Resume that run or roll it back/],
  [run('cancelled'), /is cancelled\. Resume/],
  [run('interrupted'), /is interrupted\. Resume/],
  [run('failed', 'back'), /Finish rolling it back/],
  [run('rolled-back', 'back', [left]), /left something to do/],
])('%o says which run it was, and what to do', (used, words) => {
  expect(usedBy(used)?.words).toMatch(words);
  expect(usedBy(used)?.words).toContain('Run 4');
  expect(usedBy(used)?.over).toBe(used.state === 'succeeded' || used.state === 'rolled-back');
});
