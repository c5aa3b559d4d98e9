import { QueryClientProvider } from '@tanstack/react-query';
import { cleanup, render, screen } from '@testing-library/react';
import { afterEach, expect, it } from 'vitest';
import type { Plan, Run, RunStep } from '#core/model/plan.ts';
import { allowedOf } from '#core/run/allowed.ts';
import { queryClient } from '#src/api/query-client.ts';
import { RunActions } from './run-actions.tsx';

afterEach(cleanup);

const plan = { steps: [{ id: 'a', title: 'Copy', node: 'n2', undo: null }] } as unknown as Plan;
const error = (code: NonNullable<RunStep['error']>['code'], message: string) => ({
  code,
  message,
  sqlstate: null,
  statement: null,
  cause: null,
  remedy: null,
});

function show(run: Partial<Run>, step: Partial<RunStep> = {}, sameVersion = true) {
  const bare = {
    id: 'r',
    leftToDo: [],
    steps: [{ id: 'a', know: null, error: null, ...step }],
    ...run,
  } as Run;
  const whole = { ...bare, allowed: allowedOf(bare, sameVersion) };
  render(
    <QueryClientProvider client={queryClient}>
      <RunActions run={whole} plan={plan} />
    </QueryClientProvider>,
  );
  return screen.queryAllByRole('button').map((button) => button.textContent);
}

it('a run that failed is resumed or rolled back', () => {
  expect(show({ state: 'failed', direction: 'forward' }, { state: 'failed' })).toEqual([
    'Resume from here',
    'Roll back…',
  ]);
});

it('a rollback is never run forward again, which could only be refused', () => {
  for (const state of ['failed', 'interrupted', 'cancelled'] as const) {
    expect(show({ state, direction: 'back' })).toEqual(['Roll back again…']);
    cleanup();
  }
});

it('offers to drop what was written by the code of the failure, not by its words', () => {
  const back = { state: 'failed', direction: 'back' } as const;
  expect(
    show(back, { state: 'failed', error: error('written-since', 'Andere haben es geändert.') }),
  ).toContain('Roll back, and drop what was written…');
  cleanup();
  expect(show(back, { state: 'failed', error: error('still-read', 'n2 has been written to') })).toEqual([
    'Roll back again…',
  ]);
});

it('a run under way is cancelled; one that ended well has nothing to be done', () => {
  expect(show({ state: 'running', direction: 'forward' })).toEqual(['Cancel…']);
  cleanup();
  expect(show({ state: 'succeeded', direction: 'forward' })).toEqual([]);
});

it('says why a run of another version of the console can only be looked at', () => {
  expect(show({ state: 'failed', direction: 'forward' }, {}, false)).toEqual([]);
  expect(screen.getByText(/another version of the console/)).toBeDefined();
});
