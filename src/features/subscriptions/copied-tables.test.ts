import { describe, expect, it } from 'vitest';
import type { TableRow } from '#core/contract/tables.ts';
import { copied, tablesTyped, tableTyped } from './copied-tables.ts';

const row = (schema: string, table: string, sets: Record<string, string[] | null>) =>
  ({
    schema,
    table,
    nodes: Object.fromEntries(
      Object.entries(sets).map(([node, names]) => [node, names === null ? null : { sets: names }]),
    ),
  }) as unknown as TableRow;

describe('tables that a subscription copies', () => {
  const rows = [
    row('public', 'orders', { n1: ['default'], n2: [] }),
    row('public', 'log', { n1: ['audit'], n2: ['default'] }),
    row('public', 'gone', { n1: null, n2: ['default'] }),
    row('public', 'unread', { n2: ['default'] }),
  ];

  it('are those in its sets on the provider', () => {
    const names = (provider: string | null, replicationSets: string[]) =>
      copied(rows, { provider, replicationSets }).map(({ table }) => table);
    expect(names('n1', ['default'])).toEqual(['orders']);
    expect(names('n1', ['default', 'audit'])).toEqual(['orders', 'log']);
    expect(names('n2', ['default'])).toEqual(['log', 'gone', 'unread']);
    expect(names(null, ['default'])).toEqual([]);
  });

  it('are read from what is typed, also where a name holds a dot', () => {
    const offered = [row('a.b', 'c', {}), row('public', 'x.y', {})];
    expect(tableTyped(' a.b.c ', offered)).toEqual({ schema: 'a.b', table: 'c' });
    expect(tableTyped('public.x.y', offered)).toEqual({ schema: 'public', table: 'x.y' });
    expect(tableTyped('orders', offered)).toEqual({ schema: 'public', table: 'orders' });
    expect(tableTyped('shop.orders', [])).toEqual({ schema: 'shop', table: 'orders' });
  });
});

it('reads several tables, with commas between them; a name that is offered may hold one', () => {
  const offered = [{ schema: 'public', table: 'a, b' }];
  expect(tablesTyped(' orders, sales.items ,', offered)).toEqual([
    { schema: 'public', table: 'orders' },
    { schema: 'sales', table: 'items' },
  ]);
  expect(tablesTyped('public.a, b', offered)).toEqual(offered);
  expect(tablesTyped('  ', offered)).toEqual([]);
});
