import { describe, expect, test } from 'vitest';
import { BARE, column, facts, filled, sequence, server, table } from '#core/testing/servers.ts';
import { serverLook, tablesLook } from './tables-look.ts';

const AT = '2026-11-20T12:00:00.000Z';

describe('a look at the tables', () => {
  test('compares the nodes that were read, and names those that were not', () => {
    const look = tablesLook(
      [
        server('n1', { tables: [filled('a'), table('b', { key: [] })] }),
        server('n2', { tables: [table('a', { columns: [column('id', 'bigint')], rows: null })] }),
        { name: 'n3', read: { ok: false, error: 'refused the connection', remedy: null } },
      ],
      AT,
    );
    expect(look).toMatchObject({
      at: AT,
      nodes: ['n1', 'n2', 'n3'],
      unread: [{ node: 'n3', error: 'refused the connection' }],
      suggestedSource: 'n1',
      withRows: ['n1'],
    });
    expect(
      look.tables.map(({ table: name, hasKey, suggestedSet, missingOn }) => [
        name,
        hasKey,
        suggestedSet,
        missingOn,
      ]),
    ).toEqual([
      ['a', true, 'default', []],
      ['b', false, 'default_insert_only', ['n2']],
    ]);
    expect(look.tables[0]).toMatchObject({
      rows: { n1: 1000, n2: 0 },
      differences: [
        'column id is bigint on n2, integer on n1',
        'n2 lacks column balance',
        'n2 lacks column text',
      ],
    });
  });

  test('offers numeric columns that can be added up, and suggests those that look like sums', () => {
    const columns = [
      column('id'),
      column('balance', 'numeric(12,2)'),
      column('year', 'integer'),
      column('stock', 'integer', { notNull: false }),
      column('totals', 'integer[]'),
      column('amount', 'integer_domain'),
      column('name', 'text'),
    ];
    expect(
      tablesLook([server('n1', { tables: [table('a', { columns })] })], AT).tables[0]?.deltaCandidates,
    ).toEqual([
      { name: 'balance', type: 'numeric(12,2)', suggested: true },
      { name: 'year', type: 'integer', suggested: false },
    ]);
  });

  test('suggests no source where rows are on two nodes, or all have the same', () => {
    const look = (...tables: Parameters<typeof facts>[1][]) =>
      tablesLook(
        tables.map((each, index) => server(`n${index + 1}`, each)),
        AT,
      );
    const two = look({ tables: [filled('a')] }, { tables: [filled('a', { bytes: 2_000_000 })] });
    expect([two.suggestedSource, two.withRows]).toEqual([null, ['n2', 'n1']]);
    expect(look({ tables: [table('a')] }, { tables: [table('a')] }).suggestedSource).toBeNull();
    expect(look({ tables: [table('a')] }, {}).suggestedSource).toBe('n1');
    expect(look({}, {}).suggestedSource).toBeNull();
  });

  test('offers sequences once, and says on which node snowflake is missing', () => {
    const sequences = [
      sequence('a_id_seq'),
      sequence('b_id_seq', { usedBy: 'public.b.id', snowflake: true }),
    ];
    const look = tablesLook([server('n1', { sequences }), server('n2', { sequences, snowflake: false })], AT);
    expect(look.sequences).toEqual([
      {
        schema: 'public',
        sequence: 'a_id_seq',
        usedBy: 'public.a.id',
        convertible: false,
        reason: 'n2 has no extension snowflake',
      },
    ]);
    expect(tablesLook([server('n1', { sequences })], AT).sequences[0]).toMatchObject({
      convertible: true,
      reason: null,
    });
  });
});

test('a look at one server says what it would need', () => {
  expect(serverLook(facts('n1', { settings: BARE, tables: [filled('a')] }), 3, 4.2)).toMatchObject({
    engineVersion: '5.0.11',
    engineInstalled: false,
    tables: 1,
    tableBytes: 1_000_000,
    restartFor: ['shared_preload_libraries', 'wal_level', 'track_commit_timestamp'],
    roundTripMs: 4.2,
  });
  const installed = { available: '5.0.11', installed: '5.0.9', standin: false };
  expect(serverLook(facts('n1', { extension: installed }), 3, 1)).toMatchObject({
    engineVersion: '5.0.9',
    engineInstalled: true,
    restartFor: [],
  });
});
