import { describe, expect, test } from 'vitest';
import type { ObservedTable } from '#core/model/observed.ts';
import type { PlanRequest } from '#core/model/plan.ts';
import { cluster, codes, down, facts, known, mesh, node, shown, table } from '#core/testing/nodes.ts';
import { planChange } from './planners.ts';

const add: Extract<PlanRequest, { kind: 'set-add-table' }> = {
  kind: 'set-add-table',
  cluster: 'shop',
  nodes: ['n1'],
  set: 'default',
  schema: 's',
  table: 't',
};
const remove = { ...add, kind: 'set-remove-table' as const };
const outside = (change: Partial<ObservedTable> = {}) => table({ memberships: [], ...change });
const everywhere = (change: Partial<ObservedTable> = {}) =>
  mesh(Object.fromEntries(['n1', 'n2', 'n3'].map((name) => [name, { table: outside(change) }])));

describe('into a set', () => {
  test('with the rows that stay as they are, in numbers', () => {
    const planned = planChange(
      add,
      mesh({
        n1: { table: outside() },
        n2: { table: outside({ rows: { rows: 8, how: 'counted', within: null } }) },
        n3: { table: outside({ rows: { rows: 1_000_000, how: 'at least', within: null } }) },
      }),
    );
    expect(codes(planned)).toEqual([]);
    expect(known(planned)).toEqual([
      'Rows: existing rows are not copied, only changes from then on are sent: n1 10, n2 8, n3 more than 1,000,000',
    ]);
  });

  test.each<[string, string[], Partial<ObservedTable>]>([
    ['a key that is deferrable', ['no-key'], { hasKey: false, keyTrouble: 'its primary key is deferrable' }],
    ['replica identity FULL', ['no-key'], { hasKey: false, keyTrouble: 'its replica identity is FULL' }],
    ['no key', ['no-key'], { hasKey: false }],
    ['an unlogged table', ['not-replicable'], { persistence: 'u' }],
    ['a foreign table', ['not-replicable'], { kind: 'f' }],
  ])('not with %s', (_what, expected, change) => {
    expect(codes(planChange(add, everywhere(change)))).toEqual(expected);
  });

  test('of INSERT only needs no key', () => {
    const planned = planChange({ ...add, set: 'default_insert_only' }, everywhere({ hasKey: false }));
    expect(codes(planned)).toEqual([]);
  });

  test('a receiver without the table would discard every change', () => {
    const planned = planChange(add, mesh({ n1: { table: outside() }, n2: {}, n3: { table: outside() } }));
    expect(codes(planned)).toEqual(['no-table']);
    expect(planned.problems[0]).toMatchObject({ node: 'n2', message: expect.stringContaining('discarded') });
    const column = { name: 'more', type: 'text', notNull: false, filledBy: 'nothing' as const };
    const narrower = planChange(
      add,
      mesh({
        n1: { table: outside({ columns: [...(table().columns ?? []), column] }) },
        n2: { table: outside() },
        n3: { subscriptions: [], table: null },
      }),
    );
    expect(codes(narrower)).toEqual(['shape-differs']);
  });

  test('that nobody takes, or a receiver that could not be asked, is to be known', () => {
    const silent = planChange(
      add,
      cluster(node('n1', { table: outside() }), node('n2', { table: outside() }), down('n3')),
    );
    expect(codes(silent)).toEqual([]);
    expect(known(silent).join()).toContain('n1 Receivers: not asked: n3');
    const alone = mesh({
      n1: { table: outside() },
      n2: { subscriptions: [], table: outside() },
      n3: { subscriptions: [], table: outside() },
    });
    expect(known(planChange(add, alone)).join()).toContain('no subscription uses default of n1');
  });

  test('a partitioned table goes with its partitions: alone it replicates nothing', () => {
    const partitions = [
      { schema: 's', table: 'a', kind: 'r', memberships: [] },
      { schema: 's', table: 'b', kind: 'r', memberships: table().memberships },
    ];
    const planned = planChange(add, everywhere({ kind: 'p', partitions }));
    const action = planned.steps[0]?.action;
    expect(shown(add, planned).steps[0]?.sql).toEqual(
      ['t', 'a', 'b'].map(
        (name) =>
          `SELECT spock.repset_add_table('default', '"s"."${name}"'::regclass, synchronize_data := false, include_partitions := false);`,
      ),
    );
    // What was in it is looked up, and neither put in nor taken out.
    expect(action?.type === 'sql' && action.units.every((each) => each.already !== null)).toBe(true);
  });
});

describe('out of a set', () => {
  test('comes back with the columns and the filter that each part had', () => {
    const request: PlanRequest = { ...remove, set: "it's", schema: 'Sales', table: 'a"b' };
    const memberships = [{ set: "it's", columns: ['id', 'x y'], rowFilter: "(region = 'eu')" }];
    const planned = planChange(request, mesh({ n1: { table: table({ memberships }) } }));
    const action = planned.steps[0]?.action;
    expect(action?.type === 'sql' && action.units[0]?.undo).toEqual([
      [
        `SELECT spock.repset_add_table('it''s', '"Sales"."a""b"'::regclass, synchronize_data := false, columns := ARRAY['id', 'x y']::text[], row_filter := '(region = ''eu'')')`,
      ],
    ]);
  });

  test('takes out and puts back only the partitions that are in it, each with its own filter', () => {
    const own = [{ set: 'default', columns: null, rowFilter: '(id > 5)' }];
    const partitions = [
      { schema: 's', table: 'a', kind: 'r', memberships: own },
      { schema: 's', table: 'b', kind: 'r', memberships: [] },
    ];
    const planned = planChange(
      remove,
      mesh({ n1: { table: table({ kind: 'p', partitions, memberships: [] }) } }),
    );
    const plan = shown(remove, planned).steps[0];
    expect(plan?.sql).toEqual([
      `SELECT spock.repset_remove_table('default', '"s"."a"'::regclass, include_partitions := false);`,
    ]);
    expect(plan?.undoSql).toEqual([
      `SELECT spock.repset_add_table('default', '"s"."a"'::regclass, synchronize_data := false, row_filter := '(id > 5)', include_partitions := false);`,
    ]);
  });

  test('a set that is not there is no set that the table is not in', () => {
    const nodes = { n1: { table: table({ memberships: [] }) }, n2: { table: table({ memberships: [] }) } };
    const request: PlanRequest = { ...remove, set: 'defualt', nodes: ['n1', 'n2'] };
    expect(codes(planChange(request, mesh(nodes)))).toEqual(['no-set', 'no-set']);
    expect(codes(planChange({ ...request, set: 'default' }, mesh(nodes)))).toEqual([]);
  });

  test('a table that is not there is no table outside of the set', () => {
    expect(codes(planChange(remove, mesh({ n1: facts('n1') })))).toEqual(['no-table']);
  });
});
