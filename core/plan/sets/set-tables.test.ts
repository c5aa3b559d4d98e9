import { parse } from 'libpg-query';
import { describe, expect, test } from 'vitest';
import type { FilterTried, ObservedSetTable, ParsedSql } from '#core/model/observed.ts';
import type { PlanRequest } from '#core/model/plan.ts';
import { planChange } from '#core/plan/planners.ts';
import { cluster, codes, down, facts, known, mesh, node, setTable, shown } from '#core/testing/nodes.ts';

const add: Extract<PlanRequest, { kind: 'set-add-table' }> = {
  kind: 'set-add-table',
  cluster: 'shop',
  nodes: ['n1'],
  set: 'default',
  schema: 's',
  table: 't',
};
const remove = { ...add, kind: 'set-remove-table' as const };
const outside = (change: Partial<ObservedSetTable> = {}) => setTable({ memberships: [], ...change });
const everywhere = (change: Partial<ObservedSetTable> = {}) =>
  mesh(Object.fromEntries(['n1', 'n2', 'n3'].map((name) => [name, { tables: [outside(change)] }])));

describe('into a set', () => {
  test('with the rows that stay as they are, in numbers', () => {
    const planned = planChange(
      add,
      mesh({
        n1: { tables: [outside()] },
        n2: { tables: [outside({ rows: { rows: 8, how: 'counted', within: null } })] },
        n3: { tables: [outside({ rows: { rows: 1_000_000, how: 'at least', within: null } })] },
      }),
    );
    expect(codes(planned)).toEqual([]);
    expect(known(planned)).toEqual([
      'Rows: existing rows are not copied, only changes from then on are sent: n1 10, n2 8, n3 more than 1,000,000',
    ]);
  });

  test.each<[string, string[], Partial<ObservedSetTable>]>([
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
    const planned = planChange(
      add,
      mesh({ n1: { tables: [outside()] }, n2: {}, n3: { tables: [outside()] } }),
    );
    expect(codes(planned)).toEqual(['no-table']);
    expect(planned.problems[0]).toMatchObject({ node: 'n2', message: expect.stringContaining('discarded') });
    const column = { name: 'more', type: 'text', notNull: false, filledBy: 'nothing' as const };
    const narrower = planChange(
      add,
      mesh({
        n1: { tables: [outside({ columns: [...(setTable().columns ?? []), column] })] },
        n2: { tables: [outside()] },
        n3: { subscriptions: [], tables: [] },
      }),
    );
    expect(codes(narrower)).toEqual(['shape-differs']);
  });

  test('that nobody takes, or a receiver that could not be asked, is to be known', () => {
    const silent = planChange(
      add,
      cluster(node('n1', { tables: [outside()] }), node('n2', { tables: [outside()] }), down('n3')),
    );
    expect(codes(silent)).toEqual([]);
    expect(known(silent).join()).toContain('n1 Receivers: not asked: n3');
    const alone = mesh({
      n1: { tables: [outside()] },
      n2: { subscriptions: [], tables: [outside()] },
      n3: { subscriptions: [], tables: [outside()] },
    });
    expect(known(planChange(add, alone)).join()).toContain('no subscription uses default of n1');
  });

  test('a partitioned table goes with its partitions: alone it replicates nothing', () => {
    const partitions = [
      { schema: 's', table: 'a', kind: 'r', memberships: [] },
      { schema: 's', table: 'b', kind: 'r', memberships: setTable().memberships },
    ];
    const planned = planChange(add, everywhere({ kind: 'p', partitions }));
    const action = planned.steps[0]?.action;
    // What was in it is neither put in nor taken out: `b` is not named.
    expect(shown(add, planned).steps[0]?.sql).toEqual([
      `SELECT spock.repset_add_table('default', r.relation, synchronize_data := false, include_partitions := false) FROM unnest(ARRAY['"s"."t"', '"s"."a"']::regclass[]) AS r (relation);`,
    ]);
    expect(shown(add, planned).steps[0]?.undoSql).toEqual([
      `SELECT spock.repset_remove_table('default', r.relation, include_partitions := false) FROM unnest(ARRAY['"s"."t"', '"s"."a"']::regclass[]) AS r (relation);`,
    ]);
    expect(action?.type === 'sql' && action.units.every((each) => each.already !== null)).toBe(true);
  });
});

describe('out of a set', () => {
  test('comes back with the columns and the filter that each part had', () => {
    const request: PlanRequest = { ...remove, set: "it's", schema: 'Sales', table: 'a"b' };
    const memberships = [{ set: "it's", columns: ['id', 'x y'], rowFilter: "(region = 'eu')" }];
    const planned = planChange(
      request,
      mesh({ n1: { tables: [setTable({ schema: 'Sales', table: 'a"b', memberships })] } }),
    );
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
      mesh({ n1: { tables: [setTable({ kind: 'p', partitions, memberships: [] })] } }),
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
    const nodes = {
      n1: { tables: [setTable({ memberships: [] })] },
      n2: { tables: [setTable({ memberships: [] })] },
    };
    const request: PlanRequest = { ...remove, set: 'defualt', nodes: ['n1', 'n2'] };
    expect(codes(planChange(request, mesh(nodes)))).toEqual(['no-set', 'no-set']);
    expect(codes(planChange({ ...request, set: 'default' }, mesh(nodes)))).toEqual([]);
  });

  test('a table that is not there is no table outside of the set', () => {
    expect(codes(planChange(remove, mesh({ n1: facts('n1') })))).toEqual(['no-table']);
  });
});

describe('many at once', () => {
  const names = (count: number) => Array.from({ length: count }, (_, at) => `t${at}`);
  const many = (count: number, change: (name: string) => Partial<ObservedSetTable> = () => ({})) =>
    names(count).map((table) => outside({ table, ...change(table) }));
  const onAll = (tables: ObservedSetTable[]) =>
    mesh(Object.fromEntries(['n1', 'n2', 'n3'].map((name) => [name, { tables }])));
  const request = {
    kind: 'set-tables' as const,
    cluster: 'shop',
    nodes: ['n1', 'n2', 'n3'],
    set: 'default',
  };

  test('a thousand tables are one statement a node, and one to take them back', () => {
    const planned = planChange({ ...request, pattern: 's.t*' }, onAll(many(1000)));
    expect(codes(planned)).toEqual([]);
    expect(planned.title).toBe('Add 1,000 tables to set default on n1, n2, n3');
    const { steps } = shown({ ...request, pattern: 's.t*' }, planned);
    expect(steps.map(({ node: on, sql, undoSql }) => [on, sql.length, undoSql.length])).toEqual([
      ['n1', 1, 1],
      ['n2', 1, 1],
      ['n3', 1, 1],
    ]);
    expect(planned.checks.filter(({ name }) => name === 'Member').map(({ value }) => value)).toEqual(
      Array(3).fill('1,000 of 1,000 tables not in default'),
    );
  });

  test('only what is not in it yet', () => {
    const some = many(5, (name) => (name < 't3' ? { memberships: setTable().memberships } : {}));
    const planned = planChange({ ...request, pattern: 's.*' }, onAll(some));
    expect(shown({ ...request, pattern: 's.*' }, planned).steps[0]?.sql).toEqual([
      `SELECT spock.repset_add_table('default', r.relation, synchronize_data := false) FROM unnest(ARRAY['"s"."t3"', '"s"."t4"']::regclass[]) AS r (relation);`,
    ]);
    const all = planChange(
      { ...request, pattern: 's.*' },
      onAll(many(5, () => ({ memberships: setTable().memberships }))),
    );
    expect(all.steps.map(({ done }) => done)).toEqual([true, true, true]);
    expect(codes(all)).toEqual([]);
  });

  test('a pattern that matches nothing, or is none, blocks', () => {
    expect(codes(planChange({ ...request, pattern: 'x*' }, onAll(many(3))))).toEqual(['no-match']);
    expect(codes(planChange({ ...request, pattern: 'a.b.c' }, onAll(many(3))))).toEqual(['bad-pattern']);
    expect(codes(planChange({ ...request, pattern: '"open' }, onAll(many(3))))).toEqual(['bad-pattern']);
    expect(codes(planChange(request, onAll(many(3))))).toEqual(['nothing-named']);
    const both = { ...request, add: [{ schema: 's', table: 't1' }], remove: [{ schema: 's', table: 't1' }] };
    expect(codes(planChange(both, onAll(many(3))))).toEqual(['both-ways']);
  });

  test('what a pattern matches and cannot go in is left out, and named; what is named blocks', () => {
    const some = many(4, (name) =>
      name === 't1' ? { hasKey: false } : name === 't2' ? { persistence: 'u' } : {},
    );
    const planned = planChange({ ...request, nodes: ['n1'], pattern: 's.t*' }, onAll(some));
    expect(codes(planned)).toEqual([]);
    expect(known(planned).filter((each) => each.startsWith('n1 Left out'))).toEqual([
      'n1 Left out: s.t1: no key, and default replicates UPDATE or DELETE; a set that sends INSERT only (default_insert_only) accepts them',
      'n1 Left out: s.t2: unlogged',
    ]);
    const named = { ...request, nodes: ['n1'], add: names(4).map((table) => ({ schema: 's', table })) };
    expect(codes(planChange(named, onAll(some))).sort()).toEqual(['no-key', 'not-replicable']);
    const none = many(2, () => ({ hasKey: false }));
    expect(codes(planChange({ ...request, nodes: ['n1'], pattern: 's.*' }, onAll(none)))).toEqual(['no-key']);
  });

  test('a receiver that lacks some of them is named once, with all that it lacks', () => {
    const planned = planChange(
      { ...request, nodes: ['n1', 'n2'], pattern: 's.*' },
      mesh({ n1: { tables: many(4) }, n2: { tables: many(4) }, n3: { tables: many(2) } }),
    );
    expect(planned.problems.map(({ node: on, code, message }) => [on, code, message])).toEqual([
      [
        'n3',
        'no-table',
        'n3 subscribes to default of n1 and has no table "s"."t2" and "s"."t3": every change of them would be discarded there.',
      ],
    ]);
  });

  test('in and out in one transaction', () => {
    const tables = [outside({ table: 'a' }), setTable({ table: 'b' })];
    const asked = {
      ...request,
      nodes: ['n1'],
      add: [{ schema: 's', table: 'a' }],
      remove: [{ schema: 's', table: 'b' }],
    };
    const planned = planChange(asked, onAll(tables));
    expect(codes(planned)).toEqual([]);
    expect(planned.title).toBe('Add s.a to set default, remove s.b on n1');
    expect(shown(asked, planned).steps[0]?.sql).toEqual([
      'BEGIN;',
      `SELECT spock.repset_remove_table('default', '"s"."b"'::regclass);`,
      `SELECT spock.repset_add_table('default', '"s"."a"'::regclass, synchronize_data := false);`,
      'COMMIT;',
    ]);
  });

  describe('a row filter that is typed', () => {
    const asking = (rowFilter: string, columns: string[] | null = null) => ({
      ...request,
      nodes: ['n1'],
      add: [{ schema: 's', table: 't', rowFilter, columns }],
    });
    const planned = async (
      asked: ReturnType<typeof asking>,
      change: Partial<ObservedSetTable>,
      inForce: string[] = [],
    ) => {
      const texts = [asked.add[0]?.rowFilter ?? '', ...inForce];
      const parsed = await Promise.all(
        texts.map(async (text): Promise<[string, ParsedSql]> => {
          try {
            return [text, { ok: true, tree: await parse(`SELECT (${text}\n)`) }];
          } catch (error) {
            return [text, { ok: false, message: (error as Error).message, at: null }];
          }
        }),
      );
      const observed = onAll([outside(change)]);
      return planChange(asked, { ...observed, parsed: Object.fromEntries(parsed) });
    };
    const tried: FilterTried = { ok: true, rows: 20, within: 8, whole: true };

    test('goes to the engine with pg_catalog named, and says what it lets through', async () => {
      const asked = asking('id > 5');
      const plan = await planned(asked, { tried });
      expect(codes(plan)).toEqual([]);
      expect(plan.checks).toContainEqual(
        expect.objectContaining({ name: 'Row filter', value: 'id > 5: lets 8 of 20 rows through' }),
      );
      expect(shown(asked, plan).steps[0]?.sql[0]).toContain(
        `row_filter := '("id" OPERATOR(pg_catalog.>) 5)'`,
      );
    });

    test.each<[string, string, Partial<ObservedSetTable>]>([
      ['10 / id > 1', 'filter-refused', { tried }],
      ['id >', 'filter-not-sql', { tried }],
      ['id = 1), (true', 'filter-not-sql', { tried }],
      ['id = 1', 'unread', {}],
      ['id = 1', 'unread', { tried: { ok: false, unread: true, error: 'permission denied' } }],
      ['id = 1', 'filter-fails', { tried: { ok: false, unread: false, error: 'out of range' } }],
    ])('%s is blocked: %s', async (text, code, change) => {
      expect(codes(await planned(asking(text), change))).toEqual([code]);
    });

    test('on a column outside the key says what is not sent', async () => {
      const plan = await planned(asking(`note = 'a'`), { tried });
      expect(known(plan).join()).toContain(
        'uses note, outside the key of s.t: a DELETE carries the key alone',
      );
      const insertOnly = await planned({ ...asking(`note = 'a'`), set: 'default_insert_only' }, { tried });
      expect(known(insertOnly).join()).not.toContain('outside the key');
    });

    test('that says what is in force already changes nothing', async () => {
      const rowFilter = '(id > 5)';
      const memberships = [{ set: 'default', columns: null, rowFilter }];
      const plan = await planned(asking('5 < id OR false'), { tried, memberships }, [rowFilter]);
      expect(plan.steps.map(({ done }) => done)).toEqual([false]);
      const same = await planned(asking('id>5'), { tried, memberships }, [rowFilter]);
      expect(same.steps.map(({ done }) => done)).toEqual([true]);
    });

    test('columns without the key, or that are not there, are blocked; those left out are named', async () => {
      expect(codes(await planned(asking('id > 5', ['note']), { tried }))).toEqual(['key-not-sent']);
      expect(codes(await planned(asking('id > 5', ['id', 'nix']), { tried }))).toEqual(['no-column']);
      expect(known(await planned(asking('id > 5', ['id']), { tried })).join()).toContain('note of s.t ');
    });
  });

  test('as another node has it: its columns and filter, where this one has others', () => {
    const like = { set: 'default', columns: ['id'], rowFilter: '(id > 5)' };
    const asked = {
      ...request,
      nodes: ['n2', 'n3'],
      add: [{ schema: 's', table: 't', rowFilter: like.rowFilter, columns: like.columns }],
    };
    const planned = planChange(
      asked,
      mesh({
        n1: { tables: [outside({ memberships: [like] })] },
        n2: { tables: [setTable()] },
        n3: { tables: [outside()] },
      }),
    );
    const put = `SELECT spock.repset_add_table('default', '"s"."t"'::regclass, synchronize_data := false, columns := ARRAY['id']::text[], row_filter := '(id > 5)');`;
    const takeOut = `SELECT spock.repset_remove_table('default', '"s"."t"'::regclass);`;
    expect(shown(asked, planned).steps.map(({ sql, undoSql }) => [sql, undoSql])).toEqual([
      [
        ['BEGIN;', takeOut, put, 'COMMIT;'],
        [
          'BEGIN;',
          takeOut,
          `SELECT spock.repset_add_table('default', '"s"."t"'::regclass, synchronize_data := false);`,
          'COMMIT;',
        ],
      ],
      [[put], [takeOut]],
    ]);
  });

  test('sequences: not on the stand-in, and two nodes still draw the same numbers', () => {
    const sequences = [{ schema: 's', sequence: 'q', sets: [] }];
    const asked = { ...request, nodes: ['n1', 'n2'], addSequences: [{ schema: 's', sequence: 'q' }] };
    const planned = planChange(asked, mesh({ n1: { sequences }, n2: { sequences } }));
    expect(codes(planned)).toEqual([]);
    expect(known(planned).join()).toContain('still get the same ones');
    expect(shown(asked, planned).steps[0]?.sql).toEqual([
      `SELECT spock.repset_add_seq('default', '"s"."q"'::regclass, synchronize_data := false);`,
    ]);
    const standin = planChange(asked, mesh({ n1: { sequences, standin: true }, n2: { sequences } }));
    expect(codes(standin)).toEqual(['not-supported']);
    expect(codes(planChange(asked, mesh({ n1: { sequences }, n2: { sequences: [] } })))).toEqual([
      'no-sequence',
    ]);
  });
});
