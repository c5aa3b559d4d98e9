import { describe, expect, it } from 'vitest';
import type { TableOnNode, TableRow } from '#core/contract/tables.ts';
import { cellOf, columnDrift, columnsOf, keyOf, lacking, rowsOf, verdictOf } from './cells.ts';

function on(sets: (string | [string, string])[], more: Partial<TableOnNode> = {}): TableOnNode {
  const memberships = sets.map((one) =>
    typeof one === 'string'
      ? { set: one, rowFilter: null, columns: null }
      : { set: one[0], rowFilter: one[1], columns: null },
  );
  return {
    sets: memberships.map((one) => one.set),
    rowFilter: memberships.find((one) => one.rowFilter)?.rowFilter ?? null,
    columns: null,
    deltaColumns: [],
    memberships,
    tableColumns: ['id int', 'note text'],
    keyColumns: ['id'],
    rowsEstimate: 100,
    ...more,
  };
}

function row(nodes: Record<string, TableOnNode | null>, more: Partial<TableRow> = {}): TableRow {
  return {
    schema: 'public',
    table: 'shipments',
    replicaIdentity: 'default',
    partitionOf: null,
    nodes,
    differs: false,
    differences: [],
    ...more,
  };
}

const differs = { differs: true, differences: ['membership' as const] };

describe('cellOf', () => {
  it('marks the set that a node lacks and keeps the ones it has', () => {
    const shipments = row(
      {
        n1: on(['default', ['eu_only', 'x']]),
        n2: on(['default', ['eu_only', 'x']]),
        n3: on([['eu_only', 'x']]),
      },
      differs,
    );
    expect(cellOf(shipments, 'n3')).toEqual({
      kind: 'chips',
      chips: [
        { set: 'default', missing: true, rowFilter: null, columns: null },
        { set: 'eu_only', missing: false, rowFilter: 'x', columns: null },
      ],
    });
    expect(lacking(shipments, 'default')).toEqual(['n3']);
    expect(verdictOf(shipments)).toEqual({ tone: 'warn', words: 'n3 differs' });
  });

  it('shows another set instead of calling the common one missing', () => {
    const prices = row(
      { n1: on(['default']), n2: on(['default']), n3: on(['default_insert_only']) },
      differs,
    );
    expect(cellOf(prices, 'n3')).toMatchObject({ chips: [{ set: 'default_insert_only', missing: false }] });
    expect(cellOf(prices, 'n1')).toMatchObject({ chips: [{ set: 'default' }] });
  });

  it('does not ask the majority to follow one node', () => {
    const odd = row({ n1: on(['default', 'eu']), n2: on(['default']), n3: on(['default']) }, differs);
    expect(cellOf(odd, 'n2')).toMatchObject({ chips: [{ set: 'default', missing: false }] });
    expect(lacking(odd, 'eu')).toEqual([]);
  });

  it('tells unread from absent from in no set', () => {
    const some = row({ n1: on([]), n2: null });
    expect(cellOf(some, 'n1').kind).toBe('in-no-set');
    expect(cellOf(some, 'n2').kind).toBe('absent');
    expect(cellOf(some, 'n3').kind).toBe('unread');
  });
});

describe('verdictOf', () => {
  it('warns of a table without a key that is not sent, and stays quiet on one left out on purpose', () => {
    expect(verdictOf(row({ n1: on([]) }, { replicaIdentity: 'none' }))).toEqual({
      tone: 'warn',
      words: 'not sent',
    });
    expect(verdictOf(row({ n1: on([]) }))?.tone).toBe('plain');
    expect(verdictOf(row({ n1: on(['default']), n2: on(['default']) }))).toBeNull();
  });
  it('names what differs when two of many nodes stand apart', () => {
    const many = row(
      { n1: on(['default']), n2: on([]), n3: on([]), n4: on(['default']), n5: on(['default']) },
      differs,
    );
    expect(verdictOf(many)?.words).toBe('n2, n3 differ');
  });
});

describe('facts of a row', () => {
  it('finds the columns that drifted', () => {
    const drift = row({
      n1: on(['default']),
      n2: on(['default']),
      n3: on(['default'], { tableColumns: ['id int', 'note text', 'extra int'] }),
    });
    expect(columnDrift(drift)).toEqual([{ column: 'extra int', on: ['n3'], notOn: ['n1', 'n2'] }]);
    expect(columnDrift(row({ n1: on([]), n2: on([], { tableColumns: null }) }))).toBeNull();
  });
  it('gives the largest estimate, and none when none was made', () => {
    expect(rowsOf(row({ n1: on([], { rowsEstimate: null }), n2: on([], { rowsEstimate: 7 }) }))).toBe(7);
    expect(rowsOf(row({ n1: on([], { rowsEstimate: null }) }))).toBeNull();
  });
  it('has no key where there is no identity', () => {
    expect(keyOf(row({ n1: on([], { keyColumns: [] }) }, { replicaIdentity: 'none' }))).toBeNull();
    expect(keyOf(row({ n1: null, n2: on([]) }))).toEqual(['id']);
  });
});

describe('columnsOf', () => {
  const names = Array.from({ length: 12 }, (_, i) => `n${i + 1}`);
  const alike = (except: Record<string, TableOnNode | null> = {}) =>
    row(
      Object.fromEntries(
        names.map((name) => [name, name in except ? (except[name] ?? null) : on(['default'])]),
      ),
      {
        differs: Object.keys(except).length > 0,
      },
    );
  it('gives each of few nodes its column', () => {
    expect(columnsOf([], ['n1', 'n2']).map((column) => column.title)).toEqual(['n1', 'n2']);
  });
  it('lets many nodes that agree share one, and shows those apart by themselves', () => {
    const columns = columnsOf([alike(), alike({ n7: on([]) }), alike({ n9: null })], names);
    expect(columns.map((column) => column.title)).toEqual(['10 nodes', 'n7', 'n9']);
    expect(columns[0]?.nodeOf(alike({ n1: on([]) }))).toBe('n2');
    expect(columnsOf([alike()], names).map((column) => column.title)).toEqual(['all 12 nodes']);
  });
});
