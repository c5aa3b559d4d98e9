import { cleanup, render, screen, within } from '@testing-library/react';
import { afterEach, expect, it } from 'vitest';
import { LeftToDo as Left, type Plan, type Run } from '#core/model/plan.ts';
import { LeftToDo } from './left-to-do.tsx';
import { leftWords } from './left-words.ts';

afterEach(cleanup);

const plan = {
  steps: [
    { id: 'seed:n2', title: 'Subscribe to n1, copy structure and rows', node: 'n2' },
    { id: 'node:n1', title: 'Create the node', node: 'n1' },
  ],
} as Plan;

const show = (leftToDo: Left[]) =>
  render(<LeftToDo run={{ leftToDo } as Run} plan={plan} actions={null} />).container;

it('says by node what is left, why, what does it, and what to do then', () => {
  show([
    {
      node: 'n2',
      step: 'seed:n2',
      code: 'written-since',
      object: 'table public.orders',
      message: '41 rows were written on n2 since the copy',
      sql: ['SELECT spock.repair_mode(true);', 'TRUNCATE public.orders;'],
    },
    {
      node: 'n1',
      step: 'node:n1',
      code: 'still-read',
      object: null,
      message: 'sub_n3n1 on n3 reads from n1',
      sql: [],
    },
  ]);
  const section = screen.getByRole('region', { name: 'Left to do' });
  expect(
    within(section)
      .getAllByRole('region')
      .map((one) => one.getAttribute('aria-label')),
  ).toEqual(['Left on n1', 'Left on n2']);
  const table = screen.getByRole('listitem', { name: 'table public.orders: written since' });
  expect(table.textContent).toContain('41 rows were written on n2 since the copy');
  expect(table.textContent).toContain('created by: Subscribe to n1, copy structure and rows');
  expect(table.textContent).toContain('confirm that it may be dropped');
  expect(
    within(table).getByRole('figure', { name: 'To run on n2: table public.orders' }).textContent,
  ).toContain('TRUNCATE public.orders;');
  expect(within(table).getByRole('button', { name: 'Copy the statements' })).toBeDefined();
  // Without an object it is the step, and without a statement there is none to copy.
  const read = screen.getByRole('listitem', { name: 'Create the node: still read' });
  expect(within(read).queryByRole('figure')).toBeNull();
  expect(read.textContent).toContain('Stop what reads from n1');
});

it('what can only be done after others is one entry below them', () => {
  const of = (code: Left['code'], object: string): Left => ({
    node: 'n2',
    step: 'seed:n2',
    code,
    object,
    message: '',
    sql: [],
  });
  show([of('after-others', 'node n2'), of('refused', 'slot a'), of('after-others', 'extension spock')]);
  expect(screen.getAllByRole('listitem').map((one) => one.getAttribute('aria-label'))).toEqual([
    'slot a: refused',
    'node n2, extension spock: after others',
  ]);
});

it('no kind of what is left is drawn as well', () => {
  for (const code of Left.shape.code.options) {
    const { state, title, next } = leftWords(code);
    expect(['ok', 'done', 'succeeded', 'skipped']).not.toContain(state);
    expect(`${title} ${next('n2')}`).not.toMatch(/undefined/);
  }
});

it('says nothing where nothing is left', () => {
  expect(show([]).textContent).toBe('');
});
