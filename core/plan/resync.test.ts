import { describe, expect, test } from 'vitest';
import type { ObservedFacts, ObservedTable } from '#core/model/observed.ts';
import type { PlanRequest } from '#core/model/plan.ts';
import { cluster, codes, down, facts, known, mesh, node, shown, table } from '#core/testing/nodes.ts';
import { planChange } from './planners.ts';

const request = {
  kind: 'table-resync',
  cluster: 'shop',
  receiver: 'n2',
  subscription: 'sub_n2n1',
  schema: 'public',
  table: 't',
} as const satisfies PlanRequest;

const tables = (provider: Partial<ObservedTable>, receiver: Partial<ObservedTable>) =>
  planChange(request, mesh({ n1: { table: table(provider) }, n2: { table: table(receiver) }, n3: {} }));
const at = (receiver: Partial<ObservedFacts>, provider: Partial<ObservedFacts> = {}) =>
  planChange(
    request,
    mesh({ n1: { table: table(), ...provider }, n2: { table: table(), ...receiver }, n3: {} }),
  );
const subscription = (change: object) => ({
  subscriptions: facts('n2').subscriptions.map((each) =>
    each.name === 'sub_n2n1' ? { ...each, ...change } : each,
  ),
});
const column = (name: string, change: object = {}) => ({
  name,
  type: 'integer',
  notNull: false,
  filledBy: 'nothing' as const,
  ...change,
});
const rule = (
  kind: 'check' | 'unique' | 'foreign key' | 'enum' | 'bounds' | 'domain',
  definition: string,
) => ({
  table: 'public.t',
  kind,
  name: 'a rule',
  definition,
});

test('lets the others arrive, then copies on the node alone and compares, in one step', () => {
  const planned = tables({}, {});
  expect(codes(planned)).toEqual([]);
  expect(planned.steps.map((step) => step.id)).toEqual(['settle:n2', 'settle:n3', 'resync']);
  expect(planned.steps[1]?.action).toMatchObject({
    type: 'mark',
    to: [
      { node: 'n1', subscription: 'sub_n1n3' },
      { node: 'n2', subscription: 'sub_n2n3' },
    ],
  });
  const resync = planned.steps[2];
  expect(resync).toMatchObject({ risk: 'data', after: ['settle:n2', 'settle:n3'] });
  expect(resync?.action).toMatchObject({
    type: 'resync',
    unit: { scope: 'catalog', transaction: true },
    table: { schema: 'public', table: 't', columns: ['id', 'note'], filter: null },
  });
  expect(shown(request, planned).steps[2]?.sql.join(' ')).toContain(
    `spock.sub_resync_table('sub_n2n1', '"public"."t"'::regclass, true)`,
  );
});

test('says in numbers what is lost', () => {
  const rows = (count: number, how: 'counted' | 'estimated' = 'counted') => ({
    rows: { rows: count, how, within: null },
  });
  expect(known(tables(rows(10), rows(9)))).toContain('n2 Rows: rows that only n2 has are lost: n1 10, n2 9');
  expect(known(tables(rows(3_400_000, 'estimated'), { rows: null })).join()).toContain(
    'n1 about 3,400,000 (estimated), n2 not counted',
  );
  const filtered = tables(
    {
      memberships: [{ set: 'default', columns: ['id'], rowFilter: "(note = 'eu')" }],
      rows: { rows: 5, how: 'counted', within: 3 },
    },
    { rows: { rows: 9, how: 'counted', within: 4 } },
  );
  expect(known(filtered)).toEqual([
    'n2 Columns: only id are sent: all other columns get their defaults on n2',
    'n2 Rows: rows that only n2 has are lost: n1 5, n2 9',
    "n2 Row filter: only rows that match (note = 'eu') are copied: 3; the other rows of n2 are deleted: 5",
  ]);
  expect(filtered.steps.at(-1)?.action).toMatchObject({
    table: { columns: ['id'], filter: "(note = 'eu')" },
  });
});

describe('is refused before anything is emptied', () => {
  test.each<[string, string[], Partial<ObservedTable>, Partial<ObservedTable>]>([
    ['a partition', ['partition'], {}, { partitionOf: 'public.p' }],
    ['a table that others inherit from', ['inherited'], {}, { children: ['public.kid'] }],
    ['a table that others reference', ['referenced'], {}, { referencedBy: ['public.o'] }],
    ['a trigger that fires for copied rows', ['triggers'], {}, { triggers: ['t of public.t'] }],
    [
      'a copy under way',
      ['copying'],
      {},
      { syncs: [{ subscription: 'sub_n2n3', status: 'd', state: 'data' }] },
    ],
    ['a partition that is foreign', ['foreign-table'], { kind: 'p' }, { kind: 'p', partitions: [foreign()] }],
    ['a partitioned table for an ordinary one', ['shape-differs'], { kind: 'p' }, {}],
    ['a check', ['constraints-differ'], {}, { rules: [rule('check', 'CHECK ((v < 10))')] }],
    ['a unique index', ['constraints-differ'], {}, { rules: [rule('unique', ' USING btree (note)')] }],
    ['a domain', ['constraints-differ'], {}, { rules: [rule('domain', 'note CHECK (VALUE)')] }],
    [
      'a label of an enum that is missing',
      ['constraints-differ'],
      { rules: [rule('enum', "m 'sad'"), rule('enum', "m 'happy'")] },
      { rules: [rule('enum', "m 'sad'")] },
    ],
    [
      'a partition that is missing',
      ['constraints-differ'],
      { rules: [rule('bounds', 'FOR VALUES IN (1)')] },
      {},
    ],
    [
      'a column that is missing',
      ['shape-differs'],
      { columns: [column('id'), column('v')] },
      { columns: [column('id')] },
    ],
    [
      'a narrower column',
      ['shape-differs'],
      { columns: [column('v', { type: 'bigint' })] },
      { columns: [column('v')] },
    ],
    [
      'NOT NULL',
      ['shape-differs'],
      { columns: [column('v')] },
      { columns: [column('v', { notNull: true })] },
    ],
    [
      'NOT NULL that nothing fills',
      ['shape-differs'],
      { columns: [column('v')] },
      { columns: [column('v'), column('w', { notNull: true })] },
    ],
    [
      'generated columns before 5.0.12',
      ['generated-columns'],
      { columns: [column('g', { filledBy: 'generated' })] },
      { columns: [column('g', { filledBy: 'generated' })] },
    ],
    ['what no set sends', ['not-sent'], { memberships: [] }, {}],
  ])('%s', (_what, expected, provider, receiver) => {
    const planned = tables(provider, receiver);
    expect(codes(planned)).toEqual(expected);
    expect(planned.steps).toEqual([]);
  });

  test.each<[string, string[], Partial<ObservedFacts>, Partial<ObservedFacts>]>([
    ['disabled', ['disabled'], subscription({ enabled: false, status: 'disabled' }), {}],
    ['down', ['not-replicating'], subscription({ status: 'down' }), {}],
    [
      'without a worker, while it says that it replicates',
      ['not-replicating'],
      subscription({ worker: 'none' }),
      {},
    ],
    [
      'whose slot nobody reads',
      ['not-replicating'],
      {},
      { slots: facts('n1').slots.map((each) => ({ ...each, active: false })) },
    ],
    ['whose slot is gone', ['not-replicating'], {}, { slots: [] }],
    ['of a node that is read-only', ['read-only'], { readOnly: 'user' }, {}],
    ['of a provider that is a standby', ['standby'], {}, { recovery: true, where: '10.0.0.1:5432' }],
    [
      'of a receiver whose table is locked',
      ['unread'],
      { table: null, unread: { table: 'canceling statement due to lock timeout' } },
      {},
    ],
    ['without the table at the provider', ['no-table'], {}, { table: null }],
  ])('a subscription that is %s', (_what, expected, receiver, provider) => {
    const planned = at(receiver, provider);
    expect(codes(planned)).toEqual(expected);
    expect(planned.steps).toEqual([]);
  });

  test('by a provider that cannot be read', () => {
    const planned = planChange(request, cluster(down('n1'), node('n2', { table: table() }), node('n3')));
    expect(codes(planned)).toEqual(['unreachable']);
  });
});

test('is not refused for what does not hold a copy up', () => {
  // A copy that has failed for good (status f) is what the plan is for.
  expect(codes(tables({}, { syncs: [{ subscription: 'sub_n2n1', status: 'f', state: 'failed' }] }))).toEqual(
    [],
  );
  expect(codes(tables({ columns: [column('v')] }, { columns: [column('v', { type: 'bigint' })] }))).toEqual(
    [],
  );
  const same = { rules: [rule('check', 'CHECK ((v < 10))')] };
  expect(codes(tables(same, same))).toEqual([]);
  const key = tables({}, { rules: [rule('foreign key', 'FOREIGN KEY (a) REFERENCES b(c)')] });
  expect(codes(key)).toEqual([]);
  expect(known(key).join()).toContain('copied rows are not checked against it');
  const generated = { columns: [column('g', { filledBy: 'generated' })] };
  for (const engineVersion of ['5.0.12', '6.0.0', '5.1.0']) {
    const on = mesh({ n1: { table: table(generated) }, n2: { table: table(generated), engineVersion } });
    expect(codes(planChange(request, on))).toEqual([]);
  }
});

test('a peer whose changes do not reach the provider is named, with how far that is behind', () => {
  const planned = at(
    {},
    {
      subscriptions: facts('n1').subscriptions.map((each) => ({ ...each, status: 'down' })),
    },
  );
  expect(known(planned)).toContain(
    'n1 Changes of n3: sub_n1n3 on n1 is down, 0 bytes behind: rows that n3 wrote, and that n2 has but n1 does not, are lost on n2',
  );
  expect(planned.steps.map((step) => step.id)).toEqual(['resync']);
});

describe('several tables of one subscription', () => {
  const several = { ...request, schema: undefined, table: undefined } as const;
  const copied = (...names: string[]) => names.map((name) => ({ schema: 's', table: name, found: table() }));
  const facts = (...names: string[]) => ({ copied: copied(...names) });
  const of = (tables: 'all' | string[], n1 = facts('a', 'b'), n2 = facts('a', 'b')) =>
    planChange(
      {
        ...several,
        tables: tables === 'all' ? 'all' : tables.map((name) => ({ schema: 's', table: name })),
      },
      mesh({ n1, n2, n3: {} }),
    );

  test('are copied one after the other, each named in what is said', () => {
    const planned = of(['a', 'b', 'a']);
    expect(codes(planned)).toEqual([]);
    expect(planned.title).toBe('Copy 2 tables again from n1 to n2');
    expect(planned.steps.map(({ id, after }) => [id, after])).toEqual([
      ['settle:n2', []],
      ['settle:n3', []],
      ['resync:s.a', ['settle:n2', 'settle:n3']],
      ['resync:s.b', ['resync:s.a']],
    ]);
    expect(known(planned)).toContain('n2 Rows of s.b: rows that only n2 has are lost: n1 10, n2 10');
    expect(planned.checks.filter(({ name }) => name === 'Subscription')).toHaveLength(1);
  });

  test('all of it; none, and one that may not be copied, block', () => {
    expect(of('all').steps.at(-1)?.id).toBe('resync:s.b');
    expect(codes(of('all', { copied: [] }, { copied: [] }))).toEqual(['no-tables']);
    const referenced = {
      copied: [{ schema: 's', table: 'a', found: table({ referencedBy: ['s.o'] }) }, ...copied('b')],
    };
    const planned = of('all', facts('a', 'b'), referenced);
    expect(codes(planned)).toEqual(['referenced']);
    expect(planned.steps).toEqual([]);
    expect(codes(of(['a', 'z']))).toEqual(['no-table']);
    expect(codes(planChange(several, mesh({})))).toEqual(['no-tables']);
  });

  test('a thousand are a step each, in one row', () => {
    const names = Array.from({ length: 1000 }, (_, index) => `t${index}`);
    const { steps } = of('all', facts(...names), facts(...names));
    expect(steps).toHaveLength(1002);
    expect(steps.at(-1)?.after).toEqual(['resync:s.t998']);
  });
});

function foreign() {
  return { schema: 'public', table: 'f', kind: 'f', memberships: [] };
}
