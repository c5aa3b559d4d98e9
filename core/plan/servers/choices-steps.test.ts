import { describe, expect, test } from 'vitest';
import {
  alike,
  column,
  filled,
  ids,
  plannedFor,
  READY,
  sequence,
  server,
  setting,
  sqlOf,
  stepOf,
  table,
  undoOf,
} from '#core/testing/servers.ts';

const sequences = [sequence('a_id_seq')];

/** As a transaction that stays on its node is shown. */
const onItsNode = (text: string): string[] => [
  'BEGIN;',
  'SELECT spock.repair_mode(true);',
  "SELECT set_config('spock.enable_ddl_replication', 'off', true);",
  text,
  'COMMIT;',
];

describe('what is chosen', () => {
  const tables = [table('keyed'), table('keyless', { key: [] })];

  test('all: with a key into default, without into default_insert_only, in one transaction', () => {
    expect(sqlOf(plannedFor(alike({ tables })), 'sets:n2')).toEqual([
      'BEGIN;',
      `SELECT spock.repset_add_table('default', '"public"."keyed"'::regclass);`,
      `SELECT spock.repset_add_table('default_insert_only', '"public"."keyless"'::regclass);`,
      'COMMIT;',
    ]);
    expect(undoOf(plannedFor(alike({ tables })), 'sets:n2')).toEqual([
      'BEGIN;',
      `SELECT spock.repset_remove_table('default', '"public"."keyed"'::regclass);`,
      `SELECT spock.repset_remove_table('default_insert_only', '"public"."keyless"'::regclass);`,
      'COMMIT;',
    ]);
  });

  test('none: no set, nothing compared; listed: those, once each, and not those that stay out', () => {
    const none = ids(plannedFor(alike({ tables }), { tables: 'none' }));
    expect(none.filter((id) => id.startsWith('sets:') || id === 'compare')).toEqual([]);
    const one = { schema: 'public', table: 'keyed', set: 'default', deltaColumns: [] };
    const listed = plannedFor(alike({ tables }), {
      tables: [one, one, { ...one, table: 'keyless', set: null }],
    });
    expect(sqlOf(listed, 'sets:n1')).toHaveLength(1);
    expect(sqlOf(listed, 'compare')).toHaveLength(1);
  });

  test('ten thousand tables: transactions of fifty', () => {
    const many = Array.from({ length: 10_000 }, (_, index) => table(`t${index}`));
    const { action } = stepOf(
      plannedFor([server('n1', { tables: many }), server('n2', { tables: many })]),
      'sets:n1',
    );
    expect(action.type === 'sql' && action.units.map(({ statements }) => statements.length)).toEqual(
      Array(200).fill(50),
    );
  });

  test('columns are added up on every node that has the table, unless they are already', () => {
    const tables = [table('a')];
    const summed = [
      table('a', {
        columns: [
          column('id'),
          column('balance', 'numeric(12,2)', { delta: true }),
          column('text', 'text', { notNull: false }),
        ],
      }),
    ];
    const planned = plannedFor([server('n1', { tables }), server('n2', { tables: summed })], {
      tables: [{ schema: 'public', table: 'a', set: 'default', deltaColumns: ['balance'] }],
    });
    expect(sqlOf(planned, 'delta:n1')).toEqual(
      onItsNode(
        'ALTER TABLE "public"."a" ALTER COLUMN "balance" SET (log_old_value=true, delta_apply_function=spock.delta_apply);',
      ),
    );
    expect(undoOf(planned, 'delta:n1')).toEqual(
      onItsNode(
        'ALTER TABLE "public"."a" ALTER COLUMN "balance" RESET (log_old_value, delta_apply_function);',
      ),
    );
    expect(ids(planned)).not.toContain('delta:n2');
  });

  test('sequences: a number a node, the library loaded where its setting is spoken of', () => {
    const planned = plannedFor(
      alike({ sequences, settings: { ...READY, 'snowflake.node': setting('7', { altered: '7' }) } }),
      {
        sequences: [{ schema: 'public', sequence: 'a_id_seq' }],
      },
    );
    expect(sqlOf(planned, 'number:n3').slice(0, 3)).toEqual([
      "LOAD 'snowflake';",
      'ALTER SYSTEM SET snowflake.node = 3;',
      'SELECT pg_reload_conf();',
    ]);
    // Set is not yet in force: no number is taken before a session has it.
    expect(stepOf(planned, 'number:n3').action).toMatchObject({
      type: 'write-and-wait',
      awaited: [{ node: 'n3', text: 'snowflake.node is 3 on n3' }],
    });
    expect(stepOf(planned, 'sequences:n3').after).toEqual(['number:n3']);
    expect(sqlOf(planned, 'sequences:n3')).toEqual([
      ...onItsNode('CREATE EXTENSION snowflake;'),
      ...onItsNode(`SELECT snowflake.convert_sequence_to_snowflake('"public"."a_id_seq"'::regclass);`),
    ]);
    expect(undoOf(planned, 'number:n3')).toEqual([
      "LOAD 'snowflake';",
      "ALTER SYSTEM SET snowflake.node = '7';",
      'SELECT pg_reload_conf();',
    ]);
    expect(undoOf(planned, 'sequences:n3')).toEqual([]);
  });

  test('tables that may have come into sets of themselves are taken one by one', () => {
    const automatic = { ...READY, 'spock.enable_ddl_replication': setting('on') };
    const planned = plannedFor(alike({ tables: [table('a')], settings: automatic }));
    expect(sqlOf(planned, 'sets:n1')[0]).toMatch(
      /^SELECT spock\.repset_add_table\(set_name := 'default', relation := whole\.relid::regclass, include_partitions := false\) FROM .*pg_partition_tree\('"public"\."a"'::regclass\).* WHERE NOT EXISTS /,
    );
    const plain = plannedFor(alike({ tables: [table('a')] }));
    expect(sqlOf(plain, 'sets:n1')[0]).toBe(
      `SELECT spock.repset_add_table('default', '"public"."a"'::regclass);`,
    );
  });

  test('copied tables that automatic DDL has put elsewhere, or that were not chosen, leave those sets first', () => {
    const settings = { ...READY, 'spock.enable_ddl_replication': setting('on') };
    const servers = [
      server('n1', { tables: [filled('a'), filled('b')], settings }),
      server('n2', { settings }),
    ];
    const a = { schema: 'public', table: 'a', set: 'default', deltaColumns: [] };
    const sets = sqlOf(plannedFor(servers, { dataFrom: 'n1', tables: [a] }), 'sets:n2');
    expect(sets).toHaveLength(2);
    expect(sets[0]).toContain(
      `(VALUES ('"public"."a"', 'default'), ('"public"."b"', NULL)) AS t(name, wanted)`,
    );
    expect(sets[0]).toMatch(
      /^SELECT spock\.repset_remove_table\(.* IN \('default', 'default_insert_only'\) AND /,
    );
    // Nobody's choice of tables that were there before is touched, the source's neither.
    expect(sqlOf(plannedFor(servers, { dataFrom: 'n1', tables: [a] }), 'sets:n1')).toHaveLength(1);
    const none = plannedFor(servers, { dataFrom: 'n1', tables: 'none' });
    expect(sqlOf(none, 'sets:n2')).toHaveLength(1);
    expect(ids(none)).not.toContain('sets:n1');
  });
});
