import { QueryClientProvider } from '@tanstack/react-query';
import { cleanup, render, screen } from '@testing-library/react';
import { MemoryRouter } from 'react-router';
import { afterEach, expect, it } from 'vitest';
import type { Plan, PlanCheck, PlanStep } from '#core/model/plan.ts';
import { queryClient } from '#src/api/query-client.ts';
import { ChecksTable } from './checks-table.tsx';
import { gridOf } from './grid.ts';
import { knowsOf } from './know.ts';
import { KNOW_ID, KnowStrip } from './know-strip.tsx';
import { standing } from './leave-out.ts';
import { StepsTable } from './steps-table.tsx';

afterEach(cleanup);

const step = (id: string, node: string, more: Partial<PlanStep> = {}): PlanStep => ({
  id,
  title: `Do ${id}`,
  node,
  sql: ['SELECT 1'],
  commands: [],
  after: [],
  risk: 'none',
  riskText: null,
  undo: null,
  undoSql: [],
  done: false,
  ...more,
});
const check = (
  node: string | null,
  name: string,
  value: string,
  more: Partial<PlanCheck> = {},
): PlanCheck => ({
  node,
  name,
  value,
  result: 'know',
  step: null,
  ...more,
});
const planOf = (checks: PlanCheck[], steps: PlanStep[] = []) =>
  ({
    id: 'p',
    request: { kind: 'slot-drop', cluster: 'c', node: 'n1', slot: 's' },
    createdAt: '2026-11-20T14:00:00.000Z',
    problems: [],
    checks,
    steps,
  }) as unknown as Plan;

const shown = (children: React.ReactNode) =>
  render(
    <MemoryRouter>
      <QueryClientProvider client={queryClient}>{children}</QueryClientProvider>
    </MemoryRouter>,
  ).container;

it('what there is to know stands together, once where several nodes have it alike', () => {
  const plan = planOf([
    check('n1', 'Rows', 'existing rows are not copied'),
    check('n2', 'Rows', 'existing rows are not copied'),
    check('n2', 'WAL', 'n2 then keeps WAL: about 9 h'),
    check('n1', 'Spock', '5.0.11', { result: 'ok' }),
  ]);
  expect(knowsOf(plan).map(({ nodes }) => nodes)).toEqual([['n1', 'n2'], ['n2']]);
  shown(<KnowStrip plan={plan} />);
  const strip = screen.getByRole('region', { name: 'Know this' });
  expect(strip.id).toBe(KNOW_ID);
  expect(screen.getAllByRole('listitem').map((one) => one.textContent)).toEqual([
    'Rows on n1, n2 existing rows are not copied',
    'WAL on n2 n2 then keeps WAL: about 9 h',
  ]);
  cleanup();
  expect(shown(<KnowStrip plan={planOf([check('n1', 'Spock', '5', { result: 'ok' })])} />).textContent).toBe(
    '',
  );
});

it('in the preflight it is amber, never green, and the key says what the mark means', () => {
  const plan = planOf([check('n1', 'WAL', 'is kept'), check('n2', 'WAL', 'none', { result: 'ok' })]);
  shown(<ChecksTable plan={plan} grid={gridOf([])} />);
  expect(screen.getByText('is kept').closest('.state')?.className).toContain('warn');
  expect(screen.getByText('none').closest('.state')?.className).toContain('ok');
  expect(screen.getByText('it stays so')).toBeDefined();
});

it('no step of a plan with something to know says that its risk is none', () => {
  const steps = [step('a', 'n1'), step('b', 'n1', { risk: 'restart', riskText: 'n1 refuses connections.' })];
  const risks = (page: HTMLElement) =>
    [...page.querySelectorAll('tbody tr')].map((row) => row.lastElementChild?.textContent);
  const known = planOf([check('n1', 'Rows', 'stay different', { step: 'a' })], [...steps, step('c', 'n1')]);
  expect(risks(shown(<StepsTable plan={known} grid={gridOf(known.steps)} />))).toEqual([
    'know this',
    'restartn1 refuses connections.',
    'none of its own',
  ]);
  cleanup();
  const plain = planOf([], steps);
  expect(risks(shown(<StepsTable plan={plain} grid={gridOf(plain.steps)} />))[0]).toBe('none');
});

it('a server of which one has to know something is not plainly as needed', () => {
  expect(standing(planOf([check('n1', 'Rows', 'stay')]), 'n1')).toBe('1 to know');
  expect(standing(planOf([check('n1', 'Rows', 'stay')]), 'n2')).toBe('as needed');
  expect(standing(planOf([check('n1', 'Role', 'no', { result: 'stop' })]), 'n1')).toBe('blocked');
});
