import { cleanup, render, screen } from '@testing-library/react';
import { afterEach, expect, it } from 'vitest';
import type { Plan, Run, RunStep } from '#core/model/plan.ts';
import { Verified } from './verified.tsx';

afterEach(cleanup);

const show = (
  found: {
    id: string;
    title: string;
    node: string | null;
    note?: string;
    know?: string;
    state?: RunStep['state'];
    facts: RunStep['facts'];
  }[],
) => {
  const plan = { steps: found.map(({ id, title, node }) => ({ id, title, node })) } as Plan;
  const run = {
    steps: found.map(({ id, note = null, know = null, state = 'done', facts }) => ({
      id,
      note,
      know,
      state,
      facts,
    })),
  } as Run;
  return render(<Verified run={run} plan={plan} />).container;
};

it('reads marks by their names, whatever came first, and says within what time they arrived', () => {
  const page = show([
    {
      id: 'mark:n1',
      title: 'Send a mark',
      node: 'n1',
      facts: [
        { name: 'n1 → n10', value: '< 1 ms', arrivedSeconds: 0.0005 },
        { name: 'n1 → n2', value: '4 ms', arrivedSeconds: 0.0042 },
      ],
    },
  ]);
  expect([...page.querySelectorAll('dd')].map((one) => one.textContent)).toEqual([
    'arrived after 4 ms',
    'arrived within 1 ms',
  ]);
});

it('shows what a run of an older console has found as it stands', () => {
  const page = show([
    { id: 'mark:n1', title: 'Send a mark', node: 'n1', facts: [{ name: 'n1 → n2', value: '< 1 ms' }] },
  ]);
  expect(page.querySelector('dd')?.textContent).toBe('< 1 ms');
});

it('folds what is too much to be read into a line that says what came of it', () => {
  const facts = Array.from({ length: 9 }, (_, at) => ({
    name: `public.t${at}`,
    value: '1 row, the same rows',
  }));
  show([{ id: 'compare', title: 'Compare the tables', node: null, note: '9 of 9 tables the same', facts }]);
  expect(screen.getByText('Compare the tables: 9 of 9 tables the same').tagName).toBe('SUMMARY');
});

it('says nothing where nothing was asked', () => {
  expect(show([{ id: 'a', title: 'Create the node', node: 'n1', facts: [] }]).textContent).toBe('');
});

it('a proof that was ended has verified nothing: what it had read stands under "know this"', () => {
  const page = show([
    {
      id: 'compare',
      title: 'Compare the tables',
      node: null,
      state: 'skipped',
      know: 'not proved: ended by the operator after 1 of 25 tables',
      facts: [{ name: 'public.a', value: '1 row, the same rows' }],
    },
  ]);
  const known = screen.getByRole('region', { name: 'Know this' });
  expect(known.textContent).toContain('not proved: ended by the operator after 1 of 25 tables');
  expect(known.textContent).toContain('public.a');
  expect(page.textContent).not.toContain('Verified');
  expect(page.querySelector('.ok')).toBeNull();
});
