import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, expect, it } from 'vitest';
import { groupMarks } from './mark-groups.ts';
import { MarkHeads } from './mark-heads.tsx';

afterEach(cleanup);

const T0 = Date.parse('2025-11-20T14:00:00Z');
const marks = ['n3 does not answer', 'n1 holds 3 GB of WAL for n3'].map((text, second) => ({
  at: T0 + second * 1000,
  text,
  tone: 'crit' as const,
  kind: null,
}));

it('says all of a group on focus and on hover, and no longer after', () => {
  render(<MarkHeads groups={groupMarks(marks, () => 100)} width={900} zone="utc" />);
  const head = screen.getByRole('button', {
    name: '14:00:01 n1 holds 3 GB of WAL for n3; 14:00:00 n3 does not answer',
  });
  expect(screen.queryByText('n3 does not answer')).toBeNull();
  fireEvent.focus(head);
  expect(screen.getByText('n3 does not answer')).toBeDefined();
  fireEvent.keyDown(head, { key: 'Escape' });
  expect(screen.queryByText('n3 does not answer')).toBeNull();
  fireEvent.mouseEnter(head);
  expect(screen.getByText('n1 holds 3 GB of WAL for n3')).toBeDefined();
  fireEvent.mouseLeave(head);
  expect(screen.queryByText('n1 holds 3 GB of WAL for n3')).toBeNull();
});
