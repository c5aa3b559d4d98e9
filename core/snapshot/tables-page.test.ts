import { expect, it } from 'vitest';
import type { TableOnNode, TableRow } from '#core/contract/tables.ts';
import { compareKeys } from '#core/model/keys.ts';
import { tablesPage } from './tables-page.ts';

const onNode = (sets: string[]): TableOnNode => ({
  sets,
  rowFilter: null,
  columns: null,
  deltaColumns: [],
  memberships: sets.map((set) => ({ set, rowFilter: null, columns: null })),
  tableColumns: ['id integer'],
  keyColumns: ['id'],
  rowsEstimate: null,
});
const row = (table: string, changes: Partial<TableRow> = {}): TableRow => ({
  schema: 'public',
  table,
  replicaIdentity: 'default',
  partitionOf: null,
  nodes: { n1: onNode(['default']), n2: onNode(['default']) },
  differs: false,
  differences: [],
  ...changes,
});
const rows = [
  row('plain'),
  row('Ünï "code"'),
  row('no_key', { replicaIdentity: 'none', nodes: { n1: onNode([]), n2: onNode([]) } }),
  row('differs', { differs: true, differences: ['absent'], nodes: { n1: onNode(['Special']), n2: null } }),
  ...Array.from({ length: 20 }, (_, i) => row(`t${String(i).padStart(2, '0')}`)),
].sort((a, b) => compareKeys(a.table, b.table));
const page = (query: Partial<Parameters<typeof tablesPage>[2]>) =>
  tablesPage({ rows, partial: [] }, {}, { show: 'all', limit: 200, ...query });
const names = (query: Partial<Parameters<typeof tablesPage>[2]>) =>
  page(query).items.map(({ table }) => table);

it('walks all rows by pages, without one twice or left out', () => {
  const seen: string[] = [];
  let cursor: string | null = null;
  do {
    const part = page({ limit: 7, ...(cursor === null ? {} : { cursor }) });
    seen.push(...part.items.map(({ table }) => table));
    cursor = part.nextCursor;
  } while (cursor !== null);
  expect(seen).toEqual(rows.map(({ table }) => table));
});

it('filters by table and by set, and counts what the filter finds', () => {
  expect(names({ filter: 'T0' })).toHaveLength(10);
  expect(names({ filter: 'public.plain' })).toEqual(['plain']);
  expect(names({ filter: 'special' })).toEqual(['differs']);
  expect(page({ filter: 'zzz' })).toMatchObject({ items: [], nextCursor: null, counts: { all: 0 } });
  expect(page({}).counts).toEqual({ all: 24, differ: 1, noKey: 1, inNoSet: 1 });
});

it('shows what differs, has no key, or is in no set', () => {
  expect(names({ show: 'differ' })).toEqual(['differs']);
  expect(names({ show: 'no-key' })).toEqual(['no_key']);
  expect(names({ show: 'in-no-set' })).toEqual(['no_key']);
  // The counts are of all that the filter finds, whatever is shown.
  expect(page({ show: 'differ' }).counts.all).toBe(24);
});

it('begins anew with a cursor that it did not make', () => {
  for (const cursor of ['nonsense', Buffer.from('[1,2]').toString('base64url'), '']) {
    expect(names({ cursor, limit: 1 })).toEqual([rows[0]?.table]);
  }
});

it('puts the worst first: what is not alike or sent by no node, then all else by name', () => {
  expect(names({ sort: 'worst', limit: 4 })).toEqual(['differs', 'no_key', 'plain', 't00']);
});

it('sorts by the largest estimate of the nodes, what was never analysed last, whichever way', () => {
  const sized = (table: string, rowsOn: (number | null)[]) =>
    row(table, {
      nodes: Object.fromEntries(
        rowsOn.map((rowsEstimate, index) => [`n${index}`, { ...onNode(['default']), rowsEstimate }]),
      ),
    });
  const of = [sized('a', [null, null]), sized('b', [5, 900]), sized('c', [40, null]), sized('d', [0, 0])];
  const order = (sort: 'rows' | '-rows') =>
    tablesPage({ rows: of, partial: [] }, {}, { show: 'all', limit: 10, sort }).items.map(
      ({ table }) => table,
    );
  expect(order('rows')).toEqual(['d', 'c', 'b', 'a']);
  expect(order('-rows')).toEqual(['b', 'c', 'd', 'a']);
});

it.each(['name', '-name', 'rows', '-rows', 'worst'] as const)(
  'walks all rows by pages in the order of %s',
  (sort) => {
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const one = page({ sort, limit: 5, ...(cursor ? { cursor } : {}) });
      seen.push(...one.items.map(({ table }) => table));
      cursor = one.nextCursor ?? undefined;
    } while (cursor !== undefined);
    expect(seen).toEqual(names({ sort }));
    expect(new Set(seen).size).toBe(rows.length);
  },
);

it('goes on where it was when the last row has gone since, in any order', () => {
  const one = page({ sort: 'worst', limit: 3 });
  const rest = rows.filter(({ table }) => table !== one.items.at(-1)?.table);
  const next = tablesPage(
    { rows: rest, partial: [] },
    {},
    { show: 'all', sort: 'worst', limit: 2, cursor: one.nextCursor ?? '' },
  );
  expect(next.items.map(({ table }) => table)).toEqual(['t01', 't02']);
});
