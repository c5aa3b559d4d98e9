import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { MemoryRouter } from 'react-router';
import { afterEach, expect, it, vi } from 'vitest';
import type { TableOnNode, TableRow } from '#core/contract/tables.ts';
import { linesOf } from '#src/ui/table/lines.ts';
import { countOf, TableGrid } from './table-grid.tsx';

afterEach(cleanup);

const on = (sets: string[]): TableOnNode => ({
  sets,
  rowFilter: null,
  columns: null,
  deltaColumns: [],
  memberships: sets.map((set) => ({ set, rowFilter: null, columns: null })),
  tableColumns: ['id int'],
  keyColumns: ['id'],
  rowsEstimate: 1,
});

const row = (table: string, schema = 'public', n2 = ['default']): TableRow => ({
  schema,
  table,
  replicaIdentity: 'default',
  partitionOf: null,
  nodes: { n1: on(['default']), n2: on(n2) },
  differs: n2.length === 0,
  differences: n2.length === 0 ? ['membership'] : [],
});

const grid = (rows: TableRow[], more: Partial<Parameters<typeof TableGrid>[0]> = {}) =>
  render(
    <MemoryRouter>
      <TableGrid
        rows={rows}
        nodes={['n1', 'n2']}
        more={false}
        onMore={() => {}}
        chosen={null}
        onChoose={() => {}}
        {...more}
      />
    </MemoryRouter>,
  );

it('draws only what is in sight of ten thousand tables', () => {
  grid(Array.from({ length: 10_000 }, (_, index) => row(`t${index}`)));
  const drawn = screen.getAllByRole('row').length;
  expect(drawn).toBeGreaterThan(10);
  expect(drawn).toBeLessThan(200);
});

it('asks for the next page when its end comes near', () => {
  const onMore = vi.fn();
  grid([row('a'), row('b')], { more: true, onMore });
  expect(onMore).toHaveBeenCalled();
});

it('names what is missing, shows a newline as a sign, and opens a row by Enter', () => {
  const onChoose = vi.fn();
  grid([row('line\nbreak', 'public', [])], { onChoose });
  expect(screen.getByText('no default')).toBeDefined();
  fireEvent.keyDown(screen.getByText('line⏎break'), { key: 'Enter' });
  expect(onChoose).toHaveBeenCalledWith('public.line\nbreak');
});

it('counts the tables of a schema only when all of them were read', () => {
  const rows = [row('a'), row('b'), row('c', 'reporting')];
  const counts = (more: boolean) =>
    linesOf(rows, ({ table }) => table, { of: ({ schema }) => schema }).flatMap((line) =>
      line.kind === 'group' ? [countOf(line.rows, line.isLast, more)] : [],
    );
  expect(counts(false)).toEqual([2, 1]);
  expect(counts(true)).toEqual([2, null]);
});

it('puts what is not alike or not sent above the rest, which stands by schema', () => {
  grid([row('b', 'public', []), row('a'), row('c', 'reporting')]);
  const heads = screen.getAllByRole('rowheader').map((head) => head.textContent);
  expect(heads).toEqual(['Different, or not sent 1 table', 'public 1 table', 'reporting 1 table']);
});
