import { describe, expect, test } from 'vitest';
import type { ObservedFacts } from '#core/model/observed.ts';
import { planChange } from '#core/plan/planners.ts';
import { cluster, codes, down, facts, known, mesh, node, setTable, shown } from '#core/testing/nodes.ts';

const nodes = ['n1', 'n2', 'n3'];
const on = { cluster: 'shop', nodes, set: 'eu' };
const sends = { insert: true, update: true, delete: false, truncate: false };
const withSet = (name: string, change: Partial<ObservedFacts> = {}, set = 'eu') => ({
  sets: [...facts(name).sets, { name: set, ...sends }],
  ...change,
});
const everywhere = (change: Partial<ObservedFacts> = {}) =>
  mesh(Object.fromEntries(nodes.map((name) => [name, withSet(name, change)])));

describe('a set', () => {
  const create = { kind: 'set-create' as const, ...on, ...sends };

  test('is created on every node that lacks it, and dropped again by a rollback', () => {
    const planned = planChange(create, mesh({ n1: withSet('n1') }));
    expect(codes(planned)).toEqual([]);
    expect(planned.steps.map(({ node: of, done }) => [of, done])).toEqual([
      ['n1', true],
      ['n2', false],
      ['n3', false],
    ]);
    expect(shown(create, planned).steps[1]).toMatchObject({
      title: 'Create set eu, which sends INSERT and UPDATE',
      sql: [
        `SELECT spock.repset_create('eu', replicate_insert := true, replicate_update := true, replicate_delete := false, replicate_truncate := false);`,
      ],
      undoSql: [`SELECT spock.repset_drop('eu');`],
    });
    expect(known(planned).join()).toContain('nothing is sent by it until');
  });

  test('that is there and sends something else blocks', () => {
    expect(codes(planChange({ ...create, delete: true }, mesh({ n2: withSet('n2') })))).toEqual([
      'set-exists',
    ]);
  });

  test('is altered with what it sent before as its undo; what sends less is told', () => {
    const request = { kind: 'set-alter' as const, ...on, nodes: ['n1'], update: false };
    const planned = planChange(request, everywhere({ tables: [] }));
    expect(codes(planned)).toEqual([]);
    const step = shown(request, planned).steps[0];
    expect(step?.sql).toEqual([
      `SELECT spock.repset_alter('eu', replicate_insert := true, replicate_update := false, replicate_delete := false, replicate_truncate := false);`,
    ]);
    expect(step?.undoSql).toEqual([
      `SELECT spock.repset_alter('eu', replicate_insert := true, replicate_update := true, replicate_delete := false, replicate_truncate := false);`,
    ]);
    expect(step?.riskText).toContain('UPDATE on tables of eu on n1 is no longer sent');
    expect(codes(planChange(request, mesh()))).toEqual(['no-set']);
    expect(codes(planChange({ kind: 'set-alter', ...on }, everywhere({ tables: [] })))).toEqual([
      'nothing-named',
    ]);
  });

  test('that is to send DELETE can have no table without a key', () => {
    const keyless = setTable({ hasKey: false, memberships: [{ set: 'eu', columns: null, rowFilter: null }] });
    const request = { kind: 'set-alter' as const, ...on, nodes: ['n1'], delete: true };
    expect(codes(planChange(request, everywhere({ tables: [keyless] })))).toEqual(['no-key']);
    expect(codes(planChange({ ...request, delete: false }, everywhere({ tables: [keyless] })))).toEqual([]);
  });
});

describe('a set is dropped', () => {
  const drop = { kind: 'set-drop' as const, ...on };
  const like = { set: 'eu', columns: ['id'], rowFilter: '(id > 5)' };

  test('and comes back with its tables, columns, filters and sequences', () => {
    const change = {
      tables: [setTable({ memberships: [like] })],
      sequences: [{ schema: 's', sequence: 'q', sets: ['eu'] }],
    };
    const request = { ...drop, nodes: ['n1'] };
    const planned = planChange(request, everywhere(change));
    expect(codes(planned)).toEqual([]);
    const step = shown(request, planned).steps[0];
    expect(step?.sql).toEqual([`SELECT spock.repset_drop('eu');`]);
    expect(step?.undoSql).toEqual([
      'BEGIN;',
      `SELECT spock.repset_create('eu', replicate_insert := true, replicate_update := true, replicate_delete := false, replicate_truncate := false);`,
      `SELECT spock.repset_add_table('eu', '"s"."t"'::regclass, synchronize_data := false, columns := ARRAY['id']::text[], row_filter := '(id > 5)');`,
      `SELECT spock.repset_add_seq('eu', '"s"."q"'::regclass, synchronize_data := false);`,
      'COMMIT;',
    ]);
  });

  test('not while a subscription of any node lists it', () => {
    const planned = planChange(
      { ...drop, set: 'default', nodes: ['n1'] },
      everywhere({ tables: [], sequences: [] }),
    );
    expect(planned.problems.map(({ node: of, code }) => [of, code])).toEqual([
      ['n2', 'in-use'],
      ['n3', 'in-use'],
    ]);
    expect(planned.problems[0]?.message).toBe(
      'sub_n2n1 on n2 lists default: without it it goes down for good.',
    );
    expect(known(planned).join()).toContain('Default set');
  });

  test('not while a node cannot be read, nor while one is not watched', () => {
    const change = { tables: [], sequences: [] };
    const silent = cluster(node('n1', withSet('n1', change)), node('n2', withSet('n2', change)), down('n3'));
    expect(codes(planChange({ ...drop, nodes: ['n1'] }, silent))).toEqual(['unreachable']);
    const unwatched = cluster(node('n1', withSet('n1', change)), node('n2', withSet('n2', change)));
    expect(codes(planChange({ ...drop, nodes: ['n1'] }, unwatched))).toEqual(['unwatched']);
    const unread = mesh({ n1: withSet('n1', change), n3: { unread: { subscriptions: 'a lock' } } });
    expect(codes(planChange({ ...drop, nodes: ['n1'] }, unread))).toEqual(['unread']);
  });

  test('what is gone is not dropped', () => {
    const planned = planChange(drop, mesh());
    expect(codes(planned)).toEqual([]);
    expect(planned.steps).toEqual([]);
  });
});
