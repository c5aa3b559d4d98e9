import { QueryClientProvider } from '@tanstack/react-query';
import { cleanup, fireEvent, render, screen, within } from '@testing-library/react';
import { MemoryRouter } from 'react-router';
import { afterEach, expect, it } from 'vitest';
import type { PlanStep, RunStep } from '#core/model/plan.ts';
import { queryClient } from '#src/api/query-client.ts';
import { gridOf } from './grid.ts';
import { RunGrid } from './run-grid.tsx';

afterEach(cleanup);

const step = (id: string, title: string, node: string | null, after: string[] = []): PlanStep => ({
  id,
  title,
  node,
  sql: [`SELECT '${id}';`],
  commands: [],
  after,
  risk: 'none',
  riskText: null,
  undo: null,
  undoSql: [],
  done: false,
});

const steps = [
  step('a', 'Subscribe to n1', 'n2'),
  step('b', 'Subscribe to n1', 'n3'),
  step('c', 'Wait until all links replicate', null, ['a', 'b']),
];

const at = (second: number) => `2025-11-20T14:08:${String(second).padStart(2, '0')}.000Z`;
const state = (id: string, is: RunStep['state'], more: Partial<RunStep> = {}): RunStep => ({
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
  ...more,
});

function show(states: RunStep[], left: string[] = []) {
  render(
    <QueryClientProvider client={queryClient}>
      <MemoryRouter>
        <RunGrid
          grid={gridOf(steps)}
          run="r"
          cluster="shop"
          left={new Set(left)}
          back={left.length > 0}
          states={new Map(states.map((one) => [one.id, one]))}
          actions={<button type="button">Resume from here</button>}
        />
      </MemoryRouter>
    </QueryClientProvider>,
  );
}

it('offers to end the session that a step waited for', () => {
  show([
    state('b', 'failed', {
      startedAt: at(51),
      endedAt: at(53),
      error: {
        code: 'locked',
        message: 'canceling statement due to lock timeout',
        sqlstate: '55P03',
        statement: 'SELECT 1;',
        cause: 'It waits for a lock.',
        remedy: null,
        blockers: [{ node: 'n2', pid: 4711, startedAt: '1764331234.5' }],
      },
    }),
  ]);
  expect(screen.getByRole('button', { name: 'End session 4711…' })).toBeTruthy();
});

it('opens a failed step to what ran, what was answered, and what to do', () => {
  show([
    state('a', 'done', { startedAt: at(50), endedAt: at(51) }),
    state('b', 'failed', {
      startedAt: at(51),
      endedAt: at(53),
      error: {
        code: 'statement-failed',
        message: 'FATAL: no pg_hba.conf entry',
        sqlstate: '08006',
        statement: 'SELECT spock.sub_create()',
        cause: 'n1 does not let n3 in',
        remedy: null,
      },
    }),
    state('c', 'waiting'),
  ]);
  const box = screen.getByRole('alert', { name: 'Subscribe to n1 failed on n3' });
  expect(box.textContent).toContain('spock.sub_create()');
  expect(box.textContent).toContain('SQLSTATE 08006');
  expect(box.textContent).toContain('n3 refused a statement');
  expect(box.textContent).toContain('n3 answered');
  expect(box.textContent).toContain('n1 does not let n3 in');
  expect(within(box).getByRole('button', { name: 'Resume from here' })).toBeDefined();
  expect(screen.getByText('after 2 s', { normalizer: (text) => text.replace(/\s/g, ' ') })).toBeDefined();
  expect(screen.getByText('held by 1')).toBeDefined();
});

it('opens one cell to what it ran, what the server said besides, and what was found', () => {
  show([
    state('a', 'done', {
      startedAt: at(50),
      endedAt: at(51),
      notices: [{ severity: 'NOTICE', message: 'extension "dblink" is there' }],
      facts: [{ name: 'n1 → n2', value: '4 ms' }],
    }),
    state('b', 'running', { waitsFor: 'Restart PostgreSQL on n3' }),
    state('c', 'waiting'),
  ]);
  fireEvent.click(screen.getByRole('button', { name: /^Subscribe to n1 on n2: done/ }));
  const detail = screen.getByRole('region', { name: 'Subscribe to n1 on n2' });
  expect(detail.textContent).toContain("SELECT 'a';");
  expect(detail.textContent).toContain('NOTICE:  extension "dblink" is there');
  expect(detail.textContent).toContain('4 ms');
  expect(screen.queryByRole('region', { name: 'Subscribe to n1 on n3' })).toBeNull();
  expect(screen.getByRole('button', { name: /^Subscribe to n1 on n3: waits for you/ })).toBeDefined();
});

it('shows how much of a copy is there', () => {
  show([
    state('a', 'running', {
      startedAt: at(50),
      progress: { doneBytes: 5 * 1024 ** 3, totalBytes: 20 * 1024 ** 3 },
    }),
    state('b', 'waiting'),
    state('c', 'waiting'),
  ]);
  const cell = screen.getByRole('button', { name: /^Subscribe to n1 on n2: running/ });
  expect(cell.textContent?.replace(/\s/g, ' ')).toContain('5 of 20 GB');
  expect(cell.style.getPropertyValue('--p')).toBe('25%');
});

it('shows the statements of a row when asked', () => {
  show([state('a', 'waiting'), state('b', 'waiting'), state('c', 'waiting')]);
  expect(screen.queryByText(/'b'/)).toBeNull();
  const row = screen.getByRole('button', { name: 'Subscribe to n1' });
  fireEvent.click(row);
  expect(row.getAttribute('aria-expanded')).toBe('true');
  expect(screen.getByText(/'b'/)).toBeDefined();
});

const FINDING = { sqlstate: null, statement: null, cause: null, remedy: 'Resume: the copy is made again.' };

it('calls a failure by its code, and what the console found is not said to be an answer of the server', () => {
  show([
    state('a', 'failed', {
      error: { code: 'copy-incomplete', message: 'public.orders: 10 rows on n1, 4 on n2', ...FINDING },
    }),
    state('b', 'failed', {
      error: { code: 'still-read', message: 'sub_n2n3 on n2 reads from n3', ...FINDING },
    }),
  ]);
  const copy = screen.getByRole('alert', { name: 'Subscribe to n1 failed on n2' });
  expect(copy.textContent).toContain('The copy is incomplete');
  expect(copy.textContent).toContain('What the console found');
  expect(copy.textContent).not.toContain('answered');
  const read = screen.getByRole('alert', { name: 'Subscribe to n1 failed on n3' });
  expect(read.textContent).toContain('A subscription still reads from n3');
});

it('a step that was not proved is neither done nor not needed, and says so without a click', () => {
  show([
    state('a', 'done', { startedAt: at(50), endedAt: at(51), know: 'large objects do not come' }),
    state('b', 'skipped', { know: 'not proved: ended by the operator' }),
    state('c', 'skipped', { note: null }),
  ]);
  const cell = screen.getByRole('button', {
    name: /^Subscribe to n1 on n3: know this.*: not proved: ended by the operator$/,
  });
  expect(cell.className).toContain('held');
  expect(cell.textContent).not.toContain('not needed');
  expect(cell.querySelector('.warn')).not.toBeNull();
  expect(cell.querySelector('.ok')).toBeNull();
  expect(screen.getByText(/^n3:/).textContent).toContain('not proved: ended by the operator');
  expect(screen.getByText(/^n2:/).textContent).toContain('large objects do not come');
  const done = screen.getByRole('button', { name: /on n2: done, know this/ });
  expect(done.querySelector('.ok')).toBeNull();
});

it('while a step compares, its cell says so, and opened it offers the end of the proof', () => {
  show([
    state('a', 'running', { startedAt: at(50), proving: true }),
    state('b', 'waiting'),
    state('c', 'waiting'),
  ]);
  expect(screen.queryByRole('button', { name: /^End the proof/ })).toBeNull();
  fireEvent.click(screen.getByRole('button', { name: /^Subscribe to n1 on n2: comparing/ }));
  expect(screen.getByRole('button', { name: 'End the proof of Subscribe to n1 on n2…' })).toBeDefined();
});

it('what a rollback has left is not drawn as done', () => {
  show([state('a', 'undone'), state('b', 'done', { startedAt: at(50), endedAt: at(51) })], ['b']);
  const cell = screen.getByRole('button', { name: /^Subscribe to n1 on n3: left to do/ });
  expect(cell.querySelector('.ok')).toBeNull();
});
