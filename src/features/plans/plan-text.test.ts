import { describe, expect, it } from 'vitest';
import type { Plan, PlanStep, Run, RunStep } from '#core/model/plan.ts';
import { gridOf } from './grid.ts';
import { changesOf, leftToDo, planAct, risksOf, runSentence } from './plan-text.ts';

const step = (id: string, node: string | null, more: Partial<PlanStep> = {}): PlanStep => ({
  id,
  title: `Do ${id}`,
  node,
  sql: [],
  commands: [],
  after: [],
  risk: 'none',
  riskText: null,
  undo: null,
  undoSql: [],
  done: false,
  ...more,
});
const planOf = (steps: PlanStep[], more: Partial<Plan> = {}) =>
  ({ title: 'Deploy demo', steps, checks: [], problems: [], ...more }) as unknown as Plan;
const plan = planOf([step('a', 'n1'), step('b', 'n2'), step('c', null)]);
const runOf = (state: Run['state'], states: RunStep['state'][]) =>
  ({
    state,
    startedAt: '2025-11-20T14:00:00.000Z',
    endedAt: '2025-11-20T14:00:11.200Z',
    steps: states.map((is, index) => ({ id: plan.steps[index]?.id, state: is })),
  }) as unknown as Run;
const said = (state: Run['state'], states: RunStep['state'][]) =>
  runSentence(runOf(state, states), plan, gridOf(plan.steps)).replaceAll('\u00a0', ' ');

describe('a run that goes back, or waits', () => {
  const run = (state: Run['state'], direction: Run['direction'], steps: Partial<RunStep>[]) =>
    ({
      state,
      direction,
      startedAt: '2025-11-20T14:00:00.000Z',
      endedAt: state === 'running' ? null : '2025-11-20T14:00:11.200Z',
      steps: steps.map((step, index) => ({
        id: plan.steps[index]?.id,
        waitsFor: null,
        note: null,
        error: null,
        ...step,
      })),
    }) as unknown as Run;
  const error = {
    message: 'n1 does not answer',
    sqlstate: null,
    statement: null,
    cause: null,
    remedy: 'Drop it there.',
  };
  const grid = gridOf(plan.steps);

  it('says that it is taken back, also before the first step is undone', () => {
    const sentence = runSentence(run('running', 'back', [{ state: 'done' }, { state: 'done' }]), plan, grid);
    expect(sentence).toContain('being taken back');
  });

  it('names the nodes that it waits for, and that nothing has to be clicked', () => {
    const sentence = runSentence(
      run('waiting-for-operator', 'forward', [
        { state: 'running', waitsFor: 'Restart it' },
        { state: 'waiting' },
      ]),
      plan,
      grid,
    );
    expect(sentence).toContain('waits for you on n1');
    expect(sentence).toContain('goes on by itself');
  });

  it('lists what is left to do where a node is gone, and why', () => {
    const steps: Partial<RunStep>[] = [
      { state: 'failed', error, note: 'left to do on n1: SELECT 1;' },
      { state: 'undone' },
      { state: 'undone' },
    ];
    expect(leftToDo(run('failed', 'back', steps), plan)).toMatchObject([
      { node: 'n1', why: 'n1 does not answer', steps: [{ id: 'a' }] },
    ]);
    expect(leftToDo(run('failed', 'forward', steps), plan)).toEqual([]);
    expect(runSentence(run('failed', 'back', steps), plan, grid)).toContain('was not taken back');
  });
});

describe('runSentence', () => {
  it('says what is under way, and what it waits for', () => {
    expect(said('running', ['done', 'running', 'waiting'])).toBe('Deploy demo. 1 of 3 done. Now: Do b.');
    expect(said('failed', ['done', 'failed', 'waiting'])).toBe(
      'Do b on n2 failed, at step 2 of 3. 1 step done; the rest waits for you.',
    );
    expect(said('succeeded', ['done', 'done', 'skipped'])).toBe('Deploy demo: done in 11.2 s.');
  });
});

describe('risksOf', () => {
  it('names where something restarts or is lost, and leaves out what is done already', () => {
    expect(risksOf(plan)).toBe('No restart, and no data is deleted.');
    expect(
      risksOf(
        planOf([
          step('a', 'n2', { risk: 'restart' }),
          step('b', 'n3', { risk: 'restart' }),
          step('c', 'n1', { risk: 'restart', done: true }),
        ]),
      ),
    ).toBe('PostgreSQL restarts on n2 and n3.');
    expect(risksOf(planOf([step('a', null, { risk: 'data' })]))).toBe('Data is at risk on this machine.');
  });
});

describe('changesOf', () => {
  it('says what a fresh plan has that the one before had not', () => {
    const fresh = planOf([step('a', 'n1', { done: true }), step('d', 'n2')], {
      checks: [{ node: 'n1', name: 'wal_level', result: 'todo', value: 'replica', step: null }],
    });
    expect(changesOf(planOf([step('a', 'n1'), step('b', 'n2')]), fresh)).toEqual([
      'New: Do d on n2',
      'No longer: Do b on n2',
      'Already so: Do a on n1',
      'wal_level on n1: replica',
    ]);
    expect(changesOf(plan, plan)).toEqual([]);
  });
});

it('names what the button of a plan does', () => {
  expect(planAct({ kind: 'deploy', target: 'sandbox', name: 'demo' })).toBe('Make the sandbox demo');
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
