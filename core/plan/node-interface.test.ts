import { describe, expect, test } from 'vitest';
import type { ObservedFacts } from '#core/model/observed.ts';
import { cluster, codes, down, known, mesh, NODES, node, shown } from '#core/testing/nodes.ts';
import { planChange } from './planners.ts';

const DSN = 'postgres://replicator:secret@10.0.0.1:5432/shop';
const add = { kind: 'node-interface', cluster: 'shop', node: 'n1', interface: 'private', dsn: DSN } as const;
const drop = { ...add, dsn: null };

/** As a node has all that its peers are called by; `change` by the names of others. */
const has = (on: string, usedBy: string[] = []): Partial<ObservedFacts> => ({
  interfaces: [
    ...NODES.map((each) => ({
      node: each,
      name: each,
      usedBy: each === on || usedBy.length > 0 ? [] : [`sub_${on}${each}`],
      own: each === on,
    })),
  ],
  reach: { n1: { state: 'ok' } },
});
const also = (on: string, usedBy: string[] = []): Partial<ObservedFacts> => ({
  ...has(on),
  interfaces: [...(has(on).interfaces ?? []), { node: 'n1', name: 'private', usedBy, own: false }],
});
const all = (change: Partial<Record<string, Partial<ObservedFacts>>> = {}) =>
  mesh({ n1: has('n1'), n2: has('n2'), n3: has('n3'), ...change });

test('is added in the catalog of each node that knows it, tried from each, and taken out again', () => {
  const planned = planChange(add, all());
  expect(codes(planned)).toEqual([]);
  const asShown = shown(add, planned);
  expect(asShown.steps.map(({ id }) => id)).toEqual(['add:n1', 'add:n2', 'add:n3']);
  expect(asShown.steps[1]?.sql[0]).toMatch(
    /^SELECT spock\.node_add_interface\('n1', 'private', 'host=interface private of n1 /,
  );
  expect(asShown.steps[1]?.undoSql).toEqual([`SELECT spock.node_drop_interface('n1', 'private');`]);
  expect(JSON.stringify(planned)).not.toContain('secret');
  expect(planChange({ ...add, on: ['n3'] }, all()).steps.map(({ id }) => id)).toEqual(['add:n3']);
});

test('is dropped where it stands, and comes back with the address that it had there', () => {
  const planned = planChange(drop, all({ n2: also('n2'), n3: also('n3') }));
  expect(codes(planned)).toEqual([]);
  const [first, ...others] = shown(drop, planned).steps;
  expect(first?.sql).toEqual([`SELECT spock.node_drop_interface('n1', 'private');`]);
  expect(first?.undoSql[0]).toContain('interface private of n1 on n2');
  expect(others.map(({ id }) => id)).toEqual(['drop:n3']);
  const own = planChange({ ...drop, interface: 'n1' }, all({ n2: also('n2', ['sub_n2n1']) }));
  expect(known(own).join()).toContain('n1 knows itself by n1: it is kept there');
});

describe('is refused', () => {
  test.each<[string, string, Partial<Record<string, Partial<ObservedFacts>>>]>([
    ['where the name exists', 'name-exists', { n2: also('n2') }],
    [
      'where nobody is there',
      'peer-unreached',
      { n2: { ...has('n2'), reach: { n1: { state: 'failed', replication: false, error: 'refused' } } } },
    ],
    [
      'where another server is there',
      'other-server',
      { n2: { ...has('n2'), reach: { n1: { state: 'other-server' } } } },
    ],
    ['where the interfaces are not read', 'unread', { n2: { unread: { interfaces: 'locked' } } }],
  ])('%s', (_, code, change) => {
    const planned = planChange(add, all(change));
    expect(codes(planned)).toEqual([code]);
    expect(planned.steps).toEqual([]);
  });

  test.each<[string, string, object]>([
    ['a DSN that nobody can read', 'bad-dsn', { dsn: 'postgres://[' }],
    ['a password that was masked', 'bad-dsn', { dsn: 'host=a user=b password=••••' }],
    ['a node that is not there', 'no-node', { on: ['n9'] }],
  ])('%s', (_, code, change) => {
    expect(codes(planChange({ ...add, ...change }, all()))).toEqual([code]);
  });

  test.each<[string, string, object, Partial<Record<string, Partial<ObservedFacts>>>]>([
    ['a drop while a subscription uses it', 'in-use', {}, { n2: also('n2', ['sub_n2n1']) }],
    ['a drop of what no node has', 'no-interface', {}, {}],
    ["a drop of a node's own", 'own-interface', { interface: 'n1', on: ['n1'] }, { n1: also('n1') }],
    ['a drop of the last', 'last-interface', { interface: 'n1', on: ['n2'] }, { n2: has('n2', ['none']) }],
  ])('%s', (_, code, change, facts) => {
    const planned = planChange({ ...drop, ...change }, all(facts));
    expect(codes(planned)).toEqual([code]);
    expect(planned.steps).toEqual([]);
  });

  test('while a node does not answer, unless it is left out', () => {
    const nodes = cluster(node('n1', has('n1')), node('n2', has('n2')), down('n3'));
    expect(codes(planChange(add, nodes))).toEqual(['unreachable']);
    expect(codes(planChange({ ...add, on: ['n1', 'n2'] }, nodes))).toEqual([]);
  });
});
