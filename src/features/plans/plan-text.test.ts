import { describe, expect, it } from 'vitest';
import type { Plan, PlanStep, Run, RunStep } from '#core/model/plan.ts';
import { gridOf } from './grid.ts';
import { changesOf, risksOf, runSentence } from './plan-text.ts';

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
  ({
    title: 'Deploy demo',
    request: { kind: 'deploy', target: 'sandbox', name: 'demo' },
    steps,
    checks: [],
    problems: [],
    ...more,
  }) as unknown as Plan;
const plan = planOf([step('a', 'n1'), step('b', 'n2'), step('c', null)]);
const runOf = (state: Run['state'], states: RunStep['state'][]) =>
  ({
    state,
    startedAt: '2025-11-20T14:00:00.000Z',
    endedAt: '2025-11-20T14:00:11.200Z',
    leftToDo: [],
    steps: states.map((is, index) => ({ id: plan.steps[index]?.id, state: is, know: null })),
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
      leftToDo: [],
      steps: steps.map((step, index) => ({
        id: plan.steps[index]?.id,
        waitsFor: null,
        note: null,
        know: null,
        error: null,
        ...step,
      })),
    }) as unknown as Run;
  const grid = gridOf(plan.steps);

  it('says that it is taken back, also before the first step is undone', () => {
    const sentence = runSentence(run('running', 'back', [{ state: 'done' }, { state: 'done' }]), plan, grid);
    expect(sentence).toContain('being rolled back');
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
    expect(sentence).toContain('continues by itself');
  });

  it('says where a rollback has left something to do', () => {
    const left: Run['leftToDo'] = [
      { node: 'n1', step: 'a', code: 'unreachable', object: null, message: 'n1 does not answer', sql: [] },
    ];
    const steps: Partial<RunStep>[] = [{ state: 'failed' }, { state: 'undone' }, { state: 'undone' }];
    const sentence = runSentence({ ...run('failed', 'back', steps), leftToDo: left }, plan, grid);
    expect(sentence).toContain('Do a on n1 was not undone');
    expect(sentence).toContain('left to do on n1');
    const undone = run('rolled-back', 'back', [
      { state: 'undone' },
      { state: 'undone' },
      { state: 'undone' },
    ]);
    expect(runSentence(undone, plan, grid)).toBe('Deploy demo: rolled back. 3 steps undone.');
    expect(runSentence({ ...undone, leftToDo: left }, plan, grid)).toContain('1 thing left to do by hand');
  });
});

describe('runSentence', () => {
  it('says what is under way, and what it waits for', () => {
    expect(said('running', ['done', 'running', 'waiting'])).toBe(
      'Deploy demo. 1 of 3 steps done. Now: Do b.',
    );
    expect(said('failed', ['done', 'failed', 'waiting'])).toBe(
      'Do b on n2 failed, in row 2 of 3. 1 of 3 steps done; the rest waits for you.',
    );
    expect(said('succeeded', ['done', 'done', 'skipped'])).toBe('Deploy demo: done in 11.2 s.');
  });

  it('does not end on "done" alone where something was not proved', () => {
    const run = runOf('succeeded', ['done', 'done', 'skipped']);
    const known = {
      ...run,
      steps: run.steps.map((one) => (one.state === 'skipped' ? { ...one, know: 'not proved' } : one)),
    };
    expect(runSentence(known, plan, gridOf(plan.steps)).replaceAll('\u00a0', ' ')).toBe(
      'Deploy demo: done in 11.2 s; 1 thing to know.',
    );
  });
});

describe('a node that was given up', () => {
  it('is said to need a copy to return', () => {
    const gone = planOf([step('a', 'n1')], {
      title: 'Give up n3',
      request: { kind: 'node-remove', cluster: 'demo', node: 'n3' },
    });
    expect(
      runSentence(runOf('succeeded', ['done']), gone, gridOf(gone.steps)).replaceAll('\u00a0', ' '),
    ).toBe('Give up n3: done in 11.2 s. n3 must be copied again to return.');
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

  it('counts what there is to know, once where several nodes have it alike', () => {
    const know = (node: string | null, name: string, value: string) =>
      ({ node, name, result: 'know', value, step: null }) as const;
    const checks = [
      know('n1', 'Rows', 'not copied'),
      know('n2', 'Rows', 'not copied'),
      know(null, 'WAL', 'kept'),
    ];
    expect(risksOf(planOf([step('a', 'n1')], { checks }))).toBe(
      'No restart, and no data is deleted; 2 things to know.',
    );
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
      'Already done: Do a on n1',
      'wal_level on n1: replica',
    ]);
    expect(changesOf(plan, plan)).toEqual([]);
  });
});
