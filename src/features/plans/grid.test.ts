import { describe, expect, it } from 'vitest';
import type { Plan, PlanStep, Run, RunStep } from '#core/model/plan.ts';
import { countsOf } from '#src/lib/run-counts.ts';
import { gridOf, heldBy, inverseOf, tookSeconds } from './grid.ts';

const step = (id: string, title: string, node: string | null, after: string[] = []): PlanStep => ({
  id,
  title,
  node,
  sql: node ? [`SELECT '${id}';`] : [],
  commands: node ? [] : [`mkdir ${id}`],
  after,
  risk: 'none',
  riskText: null,
  undo: null,
  undoSql: [],
  done: false,
});

/** As the sandbox's planner writes them: node by node, and the console's own steps around. */
const steps = [
  step('initdb', 'Create the data folders', null),
  step('server:n1', 'Start the server', 'n1', ['initdb']),
  step('node:n1', 'Create the node', 'n1', ['server:n1']),
  step('server:n10', 'Start the server', 'n10', ['initdb']),
  step('node:n10', 'Create the node', 'n10', ['server:n10']),
  step('server:n2', 'Start the server', 'n2', ['initdb']),
  step('node:n2', 'Create the node', 'n2', ['server:n2']),
  step('again:n2', 'Create the node', 'n2', ['node:n2']),
];

const state = (id: string, is: RunStep['state']): RunStep => ({
  id,
  state: is,
  startedAt: null,
  endedAt: null,
  note: null,
  waitsFor: null,
  progress: null,
  notices: [],
  facts: [],
  know: null,
  proving: false,
  error: null,
});

describe('gridOf', () => {
  const grid = gridOf(steps);
  it('joins equal steps of several nodes and orders nodes as people do', () => {
    expect(grid.nodes).toEqual(['n1', 'n2', 'n10']);
    expect(
      grid.rows.map((row) => [row.number, row.title, [...row.cells.keys()], row.here?.id ?? null]),
    ).toEqual([
      [1, 'Create the data folders', [], 'initdb'],
      [2, 'Start the server', ['n1', 'n10', 'n2'], null],
      [3, 'Create the node', ['n1', 'n10', 'n2'], null],
      [4, 'Create the node', ['n2'], null],
    ]);
  });

  it('says which failed step holds a waiting one, through those between', () => {
    const states = new Map(
      [state('server:n2', 'failed'), state('node:n2', 'waiting'), state('again:n2', 'waiting')].map((one) => [
        one.id,
        one,
      ]),
    );
    expect(heldBy(steps[7] as PlanStep, grid, states)).toBe(2);
    expect(heldBy(steps[2] as PlanStep, grid, states)).toBeNull();
  });
});

it('writes the inverse of what was done, the last step first', () => {
  const taken = steps.slice(1, 4).map((one) => ({ ...one, undoSql: [`SELECT 'undo ${one.id}';`] }));
  const inverse = inverseOf({ steps: taken } as Plan, new Set(['server:n1', 'server:n10']));
  expect(inverse).toBe(
    "-- undoes: Start the server\n-- on n10\nSELECT 'undo server:n10';\n\n-- undoes: Start the server\n-- on n1\nSELECT 'undo server:n1';",
  );
});

it('counts steps by state, and tells a step that has not ended from one that took no time', () => {
  const run = {
    leftToDo: [],
    steps: [state('a', 'done'), state('b', 'done'), state('c', 'failed')],
  } as unknown as Run;
  expect(countsOf(run)).toMatchObject({ done: 2, failed: 1, waiting: 0 });
  expect(tookSeconds({ startedAt: '2025-11-20T14:00:00.000Z', endedAt: '2025-11-20T14:00:02.500Z' })).toBe(
    2.5,
  );
  expect(tookSeconds({ startedAt: '2025-11-20T14:00:00.000Z', endedAt: null })).toBeNull();
});

it('counts a step that waits for somebody apart from those that run', () => {
  const waits = { ...state('restart:n2', 'running'), waitsFor: 'Restart PostgreSQL on the host of n2' };
  const counts = countsOf({
    leftToDo: [],
    steps: [waits, state('copy:n3', 'running'), state('ddl', 'waiting')],
  } as unknown as Run);
  expect(counts).toMatchObject({ held: 1, running: 1, waiting: 1 });
});

it('what a rollback has left is not counted among what is done', () => {
  const left = { node: 'n1', step: 'a', code: 'after-others', object: null, message: '', sql: [] };
  const run = {
    leftToDo: [left, { ...left, step: 'b' }],
    steps: [state('a', 'done'), state('b', 'failed'), state('c', 'undone')],
  } as unknown as Run;
  expect(countsOf(run)).toMatchObject({ done: 0, left: 1, failed: 1, undone: 1 });
});
