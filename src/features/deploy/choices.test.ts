import { describe, expect, it } from 'vitest';
import type { TableLook } from '#core/model/deploy.ts';
import {
  choicesOf,
  choose,
  countsOf,
  differs,
  setsFor,
  shown,
  suggestedDeltas,
  tableKey,
} from './choices.ts';

const look = (table: string, change: Partial<TableLook> = {}): TableLook => ({
  schema: 'public',
  table,
  hasKey: true,
  rows: { n1: 10 },
  bytes: { n1: 8192 },
  missingOn: [],
  differences: [],
  deltaCandidates: [
    { name: 'balance', type: 'numeric', suggested: true },
    { name: 'price', type: 'numeric', suggested: false },
  ],
  suggestedSet: 'default',
  ...change,
});
const log = look('log', { hasKey: false, suggestedSet: 'default_insert_only' });
const tables = [look('accounts'), log, look('orders', { missingOn: ['n2'] })];

describe('table choices', () => {
  it('has a default for every table', () => {
    expect(countsOf('all', tables)).toEqual({
      sets: new Map([
        ['default', 2],
        ['default_insert_only', 1],
      ]),
      out: 0,
    });
    expect(countsOf('none', tables).out).toBe(3);
  });

  it('writes out all tables once one is chosen otherwise, and is short again when none is', () => {
    const changed = choose('all', tables, [log], () => ({ set: null }));
    expect(changed).toHaveLength(3);
    expect(choicesOf(changed, tables).get(tableKey(log))?.set).toBeNull();
    expect(choose(changed, tables, [log], (_, row) => ({ set: row.suggestedSet }))).toBe('all');
    expect(choose('all', tables, tables, () => ({ set: null }))).toBe('none');
  });

  it('adds up no column of a table that stays out', () => {
    const [accounts] = tables;
    if (!accounts) throw new Error('no table');
    const summed = choose('all', tables, [accounts], () => ({ deltaColumns: ['balance'] }));
    expect(choicesOf(summed, tables).get(tableKey(accounts))?.deltaColumns).toEqual(['balance']);
    const out = choose(summed, tables, [accounts], () => ({ set: null }));
    expect(choicesOf(out, tables).get(tableKey(accounts))).toEqual({ set: null, deltaColumns: [] });
  });

  it('offers a table without a key no set that replicates updates, and no sums', () => {
    expect(setsFor(log)).toEqual(['default_insert_only']);
    expect(suggestedDeltas(log)).toEqual([]);
    expect(suggestedDeltas(look('accounts'))).toEqual(['balance']);
  });

  it('keeps apart tables whose names look alike when joined', () => {
    expect(tableKey({ schema: 'a.b', table: 'c' })).not.toBe(tableKey({ schema: 'a', table: 'b.c' }));
  });
});

describe('what differs', () => {
  const missing = look('orders', { missingOn: ['n2'] });
  it('is no table that is copied to where it is missing', () => {
    expect(differs(missing, 'n1')).toBe(false);
    expect(differs(missing, 'n2')).toBe(true);
    expect(differs(missing, null)).toBe(true);
    expect(differs(look('a', { differences: ['n2 lacks column b'] }), 'n1')).toBe(true);
  });

  it('is found by its filter, which goes with the text', () => {
    const choices = choicesOf('all', tables);
    const of = (which: 'all' | 'no-key' | 'differs' | 'out', filter = '') =>
      shown(tables, choices, { filter, which, source: null }).map(({ table }) => table);
    expect(of('differs')).toEqual(['orders']);
    expect(of('no-key')).toEqual(['log']);
    expect(of('all', 'ACC')).toEqual(['accounts']);
    expect(of('out')).toEqual([]);
  });
});
