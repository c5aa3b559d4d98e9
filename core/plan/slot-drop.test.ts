import { describe, expect, test } from 'vitest';
import type { ObservedFacts, ObservedNode, ObservedSlot } from '#core/model/observed.ts';
import { cluster, codes, down, facts, known, node } from '#core/testing/nodes.ts';
import { planChange } from './planners.ts';

const orphan: ObservedSlot = {
  name: 'old',
  plugin: 'spock_output',
  database: 'shop',
  active: false,
  walHeldBytes: 9,
  begun: false,
};
const drop = (slot: string, ...nodes: ObservedNode[]) =>
  planChange({ kind: 'slot-drop', cluster: 'shop', node: 'n1', slot }, cluster(...nodes));
const n1 = (change: Partial<ObservedSlot> = {}, also: Partial<ObservedFacts> = {}) =>
  node('n1', { slots: [{ ...orphan, ...change }], ...also });
const needing = (slot: string) => ({
  subscriptions: [{ ...(facts('n3').subscriptions[0] as object), name: 'sub_n3n1', provider: 'n1', slot }],
});

test('is dropped when all nodes were read and none needs it, and what it holds is told', () => {
  const planned = drop('old', n1(), node('n2'), node('n3'));
  expect(codes(planned)).toEqual([]);
  expect(planned.steps[0]).toMatchObject({ risk: 'data' });
  expect(known(planned).join()).toContain('it holds 9 bytes of WAL');
});

test('one that nobody was ever seen to read is said to be so', () => {
  expect(known(drop('old', n1({ decodedBytes: 0 }), node('n2'), node('n3'))).join()).toContain(
    'nobody has read from old as far as n1 knows',
  );
  expect(known(drop('old', n1({ decodedBytes: 7 }), node('n2'), node('n3'))).join()).not.toContain(
    'nobody has read',
  );
});

describe('is left alone', () => {
  test.each<[string, string[], ObservedNode[], string?]>([
    ['a node that did not answer', ['nodes-unread'], [n1(), node('n2'), down('n3')]],
    ['a node that the console has no DSN for', ['nodes-unread'], [n1(), node('n2')]],
    ['a node that is a standby', ['nodes-unread'], [n1(), node('n2'), node('n3', { recovery: true })]],
    [
      'a node whose subscriptions could not be read',
      ['nodes-unread'],
      [n1(), node('n2'), node('n3', { subscriptions: [], unread: { subscriptions: 'locked' } })],
    ],
    [
      'a subscription that needs it',
      ['slot-needed'],
      [n1(), node('n2'), node('n3', needing('old') as never)],
    ],
    [
      'a subscription whose table it copies',
      ['slot-needed'],
      [n1({ name: 'old_1a2b3c4d' }), node('n2'), node('n3', needing('old') as never)],
      'old_1a2b3c4d',
    ],
    ['a receiver that is connected', ['slot-active'], [n1({ active: true }), node('n2'), node('n3')]],
    [
      'somebody who reads from another node and whom no node knows',
      ['unknown-reader'],
      [
        n1(),
        node('n2', {
          slots: [...facts('n2').slots, { ...orphan, name: 'spk_shop_n2_sub_n4n2', active: true }],
        }),
        node('n3'),
      ],
    ],
    ['another database', ['other-database'], [n1({ database: 'other' }), node('n2'), node('n3')]],
    [
      'a physical standby',
      ['other-database'],
      [n1({ database: null, plugin: null, physical: true }), node('n2'), node('n3')],
    ],
    [
      "a slot of Spock's own for the group",
      ['group-slot'],
      [n1({ name: 'spkgrp_shop_n1' }), node('n2'), node('n3')],
      'spkgrp_shop_n1',
    ],
    [
      "a table's copy by PostgreSQL's own replication",
      ['copying'],
      [n1({ name: 'pg_16400_sync_16390_7712956055756291603' }), node('n2'), node('n3')],
      'pg_16400_sync_16390_7712956055756291603',
    ],
    ['a slot that is being made', ['copying'], [n1({ begun: true }), node('n2'), node('n3')]],
    [
      'a join: a session of a copy',
      ['copying'],
      [n1(), node('n2', { copies: ['sub_n4n2_snap'] }), node('n3')],
    ],
    [
      'a join: a slot elsewhere that is being made',
      ['copying'],
      [n1(), node('n2', { slots: [{ ...orphan, name: 'x', begun: true }] }), node('n3')],
    ],
  ])('%s', (_why, expected, nodes, slot = 'old') => {
    expect(codes(drop(slot, ...nodes))).toEqual(expected);
  });
});

test('says which subscriptions have to go first, when a node is gone for good', () => {
  const planned = drop('old', n1(), node('n2'));
  expect(planned.problems[0]?.remedy).toContain('drop sub_n1n3 on n1 and sub_n2n3 on n2 first');
});
