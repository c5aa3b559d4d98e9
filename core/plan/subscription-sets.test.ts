import { describe, expect, test } from 'vitest';
import type { ObservedFacts } from '#core/model/observed.ts';
import type { PlanRequest } from '#core/model/plan.ts';
import { cluster, codes, down, facts, known, mesh, node, shown } from '#core/testing/nodes.ts';
import { planChange } from './planners.ts';

type SetsRequest = Extract<PlanRequest, { kind: 'subscription-sets' }>;
const change = (fields: Partial<SetsRequest>): SetsRequest => ({
  kind: 'subscription-sets',
  cluster: 'shop',
  receiver: 'n2',
  subscription: 'sub_n2n1',
  add: [],
  remove: [],
  ...fields,
});
const withSet = (name: string): Partial<ObservedFacts> => ({
  sets: [...facts('n1').sets, { name, insert: true, update: true, delete: true, tables: 12 }],
});
const own = (fields: object): Partial<ObservedFacts> => ({
  subscriptions: facts('n2').subscriptions.map((each) => ({ ...each, ...fields })),
});

test('sets are taken and left in one transaction, and taken back by the opposite', () => {
  const request = change({ add: ['audit'], remove: ['ddl_sql'] });
  const planned = planChange(request, mesh({ n1: withSet('audit') }));
  expect(codes(planned)).toEqual([]);
  const [sets, wait] = shown(request, planned).steps;
  expect(sets?.sql).toEqual([
    'BEGIN;',
    "SELECT spock.sub_add_repset('sub_n2n1', 'audit');",
    "SELECT spock.sub_remove_repset('sub_n2n1', 'ddl_sql');",
    'COMMIT;',
  ]);
  expect(sets?.undoSql).toEqual([
    'BEGIN;',
    "SELECT spock.sub_add_repset('sub_n2n1', 'ddl_sql');",
    "SELECT spock.sub_remove_repset('sub_n2n1', 'audit');",
    'COMMIT;',
  ]);
  expect(wait).toMatchObject({ id: 'wait:n2', after: ['sets:n2'] });
  expect(known(planned)).toEqual([
    'n2 Rows: sub_n2n1 receives audit (12 tables) from n1 from then on; existing rows are not copied',
    'n2 Removed: changes of n1 to the tables of ddl_sql no longer reach n2, unless a table is in another set of sub_n2n1',
  ]);
});

test('a set that the provider lacks is refused once, however many subscriptions would take it', () => {
  const planned = planChange(
    change({ add: ['audit'], subscriptions: [{ receiver: 'n3', subscription: 'sub_n3n1' }] }),
    mesh(),
  );
  expect(codes(planned)).toEqual(['no-set']);
  expect(planned.problems[0]).toMatchObject({ node: 'n1', message: expect.stringContaining('audit') });
  expect(planned.steps).toEqual([]);
});

describe('only', () => {
  test.each<[string, string[], Partial<SetsRequest>, Partial<Record<string, Partial<ObservedFacts>>>]>([
    ['where a set is named', ['no-change'], {}, {}],
    ['where none is named twice', ['contradiction'], { add: ['default'], remove: ['default'] }, {}],
    ['where the sets could be read', ['unread'], { add: ['a'] }, { n1: { unread: { sets: 'locked' } } }],
    [
      'when no copy is under way',
      ['copying'],
      { remove: ['ddl_sql'] },
      { n2: own({ status: 'initializing' }) },
    ],
    [
      'where the provider is watched',
      ['provider-unwatched'],
      { add: ['a'] },
      { n2: own({ provider: 'n9' }) },
    ],
    ['of a subscription that is there', ['no-subscription'], { subscription: 'other' }, {}],
  ])('%s', (_what, expected, fields, nodes) => {
    const request = change({ ...(fields.subscription && { remove: ['ddl_sql'] }), ...fields });
    expect(codes(planChange(request, mesh(nodes)))).toEqual(expected);
  });
});

test('a set can be left while the provider is away: that needs nothing of it', () => {
  const request = change({ remove: ['ddl_sql'] });
  const planned = planChange(request, cluster(down('n1'), node('n2')));
  expect(codes(planned)).toEqual([]);
});

test('what is so already is done; that no set is left is said', () => {
  const so = planChange(change({ add: ['default'] }), mesh());
  expect(so.steps.map(({ done }) => done)).toEqual([true]);
  const none = planChange(change({ remove: ['default', 'default_insert_only', 'ddl_sql'] }), mesh());
  expect(known(none).join()).toContain('has no set left');
});

test('a disabled one is changed, and not waited for', () => {
  const planned = planChange(change({ remove: ['ddl_sql'] }), mesh({ n2: own({ enabled: false }) }));
  expect(planned.steps.map(({ id }) => id)).toEqual(['sets:n2']);
  expect(known(planned).join()).toContain('takes effect when it is enabled');
});

test('several of one node are one step of it', () => {
  const subscriptions = [
    { receiver: 'n2', subscription: 'sub_n2n3' },
    { receiver: 'n3', subscription: 'sub_n3n1' },
    { receiver: 'n2', subscription: 'sub_n2n1' },
  ];
  const planned = planChange(change({ remove: ['ddl_sql'], subscriptions }), mesh());
  expect(planned.title).toBe('Change the sets of 3 subscriptions');
  expect(planned.steps.map(({ id }) => id)).toEqual(['sets:n2', 'sets:n3', 'wait:n2', 'wait:n3']);
  expect(planned.steps[0]?.action).toMatchObject({ units: [{}, {}] });
});
