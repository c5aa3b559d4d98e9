import { describe, expect, test } from 'vitest';
import type { RunStep } from '#core/model/plan.ts';
import { endForward, startable, TakingBack, underWayAs } from './machine.ts';
import {
  begun,
  emptyStep,
  failed,
  finished,
  interrupted,
  type JournalStep,
  resumed,
  stopped,
} from './step-change.ts';

const AT = '2026-01-01T00:00:00.000Z';
const sql = { type: 'sql' } as const;
const PLANNED = [
  { id: 'node:n1', node: 'n1', after: [], action: sql },
  { id: 'node:n2', node: 'n2', after: [], action: sql },
  { id: 'sets:n1', node: 'n1', after: ['node:n1'], action: sql },
  { id: 'seed:n2', node: 'n2', after: ['node:n2', 'sets:n1'], action: sql },
];
const ERROR = {
  code: 'still-read',
  message: 'n2 reads from it',
  sqlstate: null,
  statement: null,
  cause: null,
  remedy: null,
} as const;

const stepsAs = (...states: RunStep['state'][]): JournalStep[] =>
  PLANNED.map(({ id }, index) => emptyStep(id, states[index] ?? 'waiting'));

describe('forward', () => {
  const ready = (...states: RunStep['state'][]) => startable(stepsAs(...states), PLANNED).map(({ id }) => id);

  test('a step begins when all that it waits for is done or skipped', () => {
    expect(ready()).toEqual(['node:n1', 'node:n2']);
    expect(ready('done', 'running')).toEqual(['sets:n1']);
    expect(ready('skipped', 'done', 'done')).toEqual(['seed:n2']);
  });

  test('a step that failed holds only what follows it', () => {
    expect(ready('failed', 'done')).toEqual([]);
    expect(ready('waiting', 'failed')).toEqual(['node:n1']);
  });

  test('it has succeeded when all is done or skipped; otherwise it was stopped, or has failed', () => {
    expect(endForward(stepsAs('done', 'done', 'skipped', 'done'), null)).toBe('succeeded');
    expect(endForward(stepsAs('done', 'failed'), null)).toBe('failed');
    expect(endForward(stepsAs('done', 'waiting'), 'cancelled')).toBe('cancelled');
    // Cancelled when there was nothing left to stop.
    expect(endForward(stepsAs('done', 'done', 'done', 'done'), 'cancelled')).toBe('succeeded');
  });

  test('it waits for the operator while any step does', () => {
    expect(underWayAs([{ waitsFor: null }, { waitsFor: 'restart n1' }])).toBe('waiting-for-operator');
    expect(underWayAs([{ waitsFor: null }])).toBe('running');
  });
});

describe('the states of a step', () => {
  const running = { ...emptyStep('a'), ...begun(AT), waitsFor: 'restart', proving: true, made: [0] };

  test('one that ended, however, waits for nobody and proves nothing; what it made is kept', () => {
    for (const change of [finished(false, AT), failed(ERROR, AT), stopped(AT), interrupted(running) ?? {}]) {
      expect({ ...running, ...change }).toMatchObject({ waitsFor: null, proving: false, made: [0] });
    }
    expect(interrupted({ state: 'done' })).toBeNull();
  });

  test('a resume begins anew what is not done, and what is to be done once more', () => {
    expect(resumed({ state: 'failed' }, false)).toMatchObject({ state: 'waiting', error: null });
    expect(resumed({ state: 'done' }, false)).toEqual({});
    expect(resumed({ state: 'skipped' }, true)).toEqual({ state: 'waiting' });
  });
});

describe('back', () => {
  const undo = (id: string) => [`undo ${id}`];
  const made = (...ids: string[]) => PLANNED.map(({ id }) => ({ id, made: ids.includes(id) ? [0] : [] }));

  /** Takes all back, those of `refused` excepted. */
  function takenBack(refused: Record<string, NonNullable<RunStep['error']>>) {
    const rules = new TakingBack(PLANNED, undo);
    const steps = rules.order(made('node:n1', 'node:n2', 'sets:n1', 'seed:n2')).map((step) => {
      const error = refused[step.id];
      const change =
        rules.keeps(step, AT) ??
        (error ? rules.didNot(step, error, { left: [] }, AT) : rules.tookBack({ left: [] }, AT));
      return { ...emptyStep(step.id, 'done'), made: [0], ...change };
    });
    return { end: rules.end, steps };
  }

  test('what was made is taken back in the reverse order, and is made no more', () => {
    expect(
      new TakingBack(PLANNED, undo).order(made('node:n1', 'sets:n1', 'seed:n2')).map(({ id }) => id),
    ).toEqual(['seed:n2', 'sets:n1', 'node:n1']);
    const { end, steps } = takenBack({});
    expect(end).toBe('rolled-back');
    expect(steps.map(({ state, made }) => [state, made])).toEqual(Array(4).fill(['undone', []]));
  });

  test('what stays keeps what it stands on, says so, and is tried again', () => {
    const { end, steps } = takenBack({ 'sets:n1': ERROR });
    expect(end).toBe('failed');
    expect(
      steps.map(({ id, state, made, left }) => [id, state, made, left.map(({ code, sql }) => [code, sql])]),
    ).toEqual([
      ['seed:n2', 'undone', [], []],
      ['sets:n1', 'failed', [0], [['still-read', ['undo sets:n1']]]],
      ['node:n2', 'undone', [], []],
      ['node:n1', 'done', [0], [['after-others', ['undo node:n1']]]],
    ]);
  });

  test('a node that could not be reached is asked once', () => {
    const { steps } = takenBack({ 'seed:n2': { ...ERROR, code: 'unreachable' } });
    expect(steps.map(({ id, left }) => [id, left[0]?.code ?? null])).toEqual([
      ['seed:n2', 'unreachable'],
      ['sets:n1', null],
      ['node:n2', 'unreachable'],
      ['node:n1', null],
    ]);
  });

  test('something left that a further rollback may do: it is not over, and the step is still its own', () => {
    const rules = new TakingBack(PLANNED, undo);
    const left = { node: 'n1', step: 'node:n1', object: null, message: '', sql: [] };
    expect(rules.tookBack({ left: [{ ...left, code: 'stays' }] }, AT)).toMatchObject({ made: [] });
    expect(rules.end).toBe('rolled-back');
    expect(rules.tookBack({ left: [{ ...left, code: 'unreachable' }] }, AT)).not.toHaveProperty('made');
    expect(rules.end).toBe('failed');
  });
});
