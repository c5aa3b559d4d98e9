import { cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/react';
import { useState } from 'react';
import { createMemoryRouter, RouterProvider } from 'react-router';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Column } from '#src/ui/table/column.ts';
import { DataTable, type DataTableProps } from './data-table.tsx';
import './ordered.tsx';
import './windowed.tsx';

interface Slot {
  name: string;
  held: number | null;
}

const COLUMNS: Column<Slot>[] = [
  {
    id: 'name',
    head: 'Slot',
    needed: true,
    cell: (slot) => (
      <a href="#x" data-row>
        {slot.name}
      </a>
    ),
    value: (slot) => slot.name,
  },
  {
    id: 'held',
    head: 'WAL held',
    align: 'end',
    first: 'descending',
    cell: (slot) => slot.held ?? 'unknown',
    value: (slot) => slot.held,
  },
  { id: 'act', head: 'Drop', quietHead: true, cell: () => <button type="button">Drop</button> },
];
const SLOTS: Slot[] = [
  { name: 'n10', held: 5 },
  { name: 'n2', held: null },
  { name: 'n1', held: 40 },
];
const keyOf = (slot: Slot) => slot.name;

afterEach(cleanup);

function show(more: Partial<DataTableProps<Slot>> = {}, address = '/') {
  const router = createMemoryRouter(
    [
      {
        path: '*',
        element: <DataTable label="Slots" columns={COLUMNS} rows={SLOTS} keyOf={keyOf} {...more} />,
      },
    ],
    { initialEntries: [address] },
  );
  render(<RouterProvider router={router} />);
  return router;
}

const names = () =>
  screen
    .getAllByRole('row')
    .slice(1)
    .map((row) => within(row).queryAllByRole('cell')[0]?.textContent);

describe('a table', () => {
  it('sorts by a press on a head, what is not known last, and says so to address and screen reader', async () => {
    const router = show();
    expect(names()).toEqual(['n10', 'n2', 'n1']);
    const head = screen.getByRole('columnheader', { name: 'WAL held' });
    fireEvent.click(within(head).getByRole('button'));
    await waitFor(() => expect(names()).toEqual(['n1', 'n10', 'n2']));
    expect(head.getAttribute('aria-sort')).toBe('descending');
    expect(router.state.location.search).toBe('?sort=-held');
    fireEvent.click(within(head).getByRole('button'));
    await waitFor(() => expect(names()).toEqual(['n10', 'n1', 'n2']));
    fireEvent.click(within(head).getByRole('button'));
    await waitFor(() => expect(names()).toEqual(['n10', 'n2', 'n1']));
    expect(head.getAttribute('aria-sort')).toBeNull();
    expect(router.state.location.search).toBe('');
  });

  it('takes its order from the address, and counts the numbers in names as numbers', async () => {
    show({}, '/?sort=name');
    await waitFor(() => expect(names()).toEqual(['n1', 'n2', 'n10']));
  });

  it('leaves an order that it does not know', () => {
    show({}, '/?sort=-act');
    expect(names()).toEqual(['n10', 'n2', 'n1']);
    expect(within(screen.getByRole('columnheader', { name: 'Drop' })).queryByRole('button')).toBeNull();
  });

  it('has parameters of its own where a page has several tables', async () => {
    show({ name: 'slots' }, '/?sort=name&slots.sort=-name');
    await waitFor(() => expect(names()).toEqual(['n10', 'n2', 'n1']));
  });

  it('draws the columns that the address names, and those that are needed', () => {
    show({}, '/?columns=act');
    expect(screen.getAllByRole('columnheader').map((head) => head.textContent)).toEqual(['Slot', 'Drop']);
  });

  it('puts the worst first, and the others after them as they came', () => {
    show({ worst: (slot) => (slot.held === null ? 1 : 0) });
    expect(names()).toEqual(['n2', 'n10', 'n1']);
  });

  it('stands still under the pointer while its order changes', async () => {
    const Moving = () => {
      const [rows, setRows] = useState(SLOTS);
      return (
        <>
          <button
            type="button"
            onClick={() => setRows(rows.map((slot) => ({ ...slot, held: 100 - (slot.held ?? 0) })))}
          >
            Tick
          </button>
          <DataTable label="Slots" columns={COLUMNS} rows={rows} keyOf={keyOf} />
        </>
      );
    };
    const router = createMemoryRouter([{ path: '*', element: <Moving /> }], {
      initialEntries: ['/?sort=-held'],
    });
    render(<RouterProvider router={router} />);
    await waitFor(() => expect(names()).toEqual(['n1', 'n10', 'n2']));
    const body = screen.getAllByRole('rowgroup')[1] as HTMLElement;
    fireEvent.pointerEnter(body);
    fireEvent.click(screen.getByText('Tick'));
    expect(names()).toEqual(['n1', 'n10', 'n2']);
    expect(within(body).getAllByRole('row')[0]?.textContent).toContain('60');
    fireEvent.pointerLeave(body);
    await waitFor(() => expect(names()).toEqual(['n2', 'n10', 'n1']));
  });

  it('shows bars while rows are on their way, what it would hold when there are none, and a fault', () => {
    show({ rows: undefined });
    expect(screen.getByRole('region', { name: 'Slots' }).getAttribute('aria-busy')).toBe('true');
    cleanup();
    show({ rows: [], empty: <p>No slot on this node</p> });
    expect(screen.getByText('No slot on this node')).toBeDefined();
    expect(screen.queryByRole('table')).toBeNull();
    cleanup();
    const refetch = vi.fn();
    show({ rows: undefined, query: { error: new Error('no'), refetch } });
    expect(screen.getByRole('alert')).toBeDefined();
    fireEvent.click(screen.getByRole('button', { name: 'Try again' }));
    expect(refetch).toHaveBeenCalled();
  });

  it('moves by arrows from row to row, over the heads of groups', () => {
    show({ group: { of: (slot) => String(slot.held === null), head: (key) => key } });
    const links = screen.getAllByRole('link');
    links[0]?.focus();
    fireEvent.keyDown(document.activeElement as Element, { key: 'ArrowDown' });
    expect(document.activeElement?.textContent).toBe('n2');
    fireEvent.keyDown(document.activeElement as Element, { key: 'End' });
    expect(document.activeElement?.textContent).toBe('n1');
    fireEvent.keyDown(document.activeElement as Element, { key: 'ArrowDown' });
    expect(document.activeElement?.textContent).toBe('n1');
    fireEvent.keyDown(document.activeElement as Element, { key: 'Home' });
    expect(document.activeElement?.textContent).toBe('n10');
  });

  it('opens a row by a press, but not by one on a button in it, and closes it by Escape', () => {
    const onChoose = vi.fn();
    show({ chosen: 'n2', onChoose });
    fireEvent.click(screen.getByText('40'));
    expect(onChoose).toHaveBeenLastCalledWith(SLOTS[2]);
    fireEvent.click(screen.getByText('unknown'));
    expect(onChoose).toHaveBeenLastCalledWith(null);
    onChoose.mockClear();
    fireEvent.click(screen.getAllByRole('button', { name: 'Drop' })[0] as Element);
    expect(onChoose).not.toHaveBeenCalled();
    fireEvent.keyDown(screen.getAllByRole('link')[0] as Element, { key: 'Escape' });
    expect(onChoose).toHaveBeenLastCalledWith(null);
  });

  it('chooses rows for what is done to all of them', () => {
    const Chooser = () => {
      const [chosen, onChange] = useState<ReadonlySet<string>>(new Set());
      return (
        <>
          <output>{[...chosen].join(' ')}</output>
          <DataTable
            label="Slots"
            columns={COLUMNS}
            rows={SLOTS}
            keyOf={keyOf}
            choosing={{ chosen, onChange, labelOf: (slot) => `Choose ${slot.name}` }}
          />
        </>
      );
    };
    render(<RouterProvider router={createMemoryRouter([{ path: '*', element: <Chooser /> }])} />);
    fireEvent.click(screen.getByRole('checkbox', { name: 'Choose n2' }));
    expect(screen.getByRole('status').textContent).toBe('n2');
    fireEvent.click(screen.getByRole('checkbox', { name: 'Choose all' }));
    expect(screen.getByRole('status').textContent).toBe('n2 n10 n1');
    fireEvent.click(screen.getByRole('checkbox', { name: 'Choose all' }));
    expect(screen.getByRole('status').textContent).toBe('');
  });

  it('draws what is in sight of twenty thousand rows, and says how many there are', async () => {
    const rows = Array.from({ length: 20_000 }, (_, index) => ({ name: `s${index}`, held: index }));
    show({ rows }, '/?sort=-held');
    await waitFor(() => expect(screen.getByText('s19999')).toBeDefined());
    expect(screen.getAllByRole('row').length).toBeLessThan(200);
    expect(screen.getByRole('table').getAttribute('aria-rowcount')).toBe('20001');
    expect(screen.getByText('s19999').closest('tr')?.getAttribute('aria-rowindex')).toBe('2');
  });
});
