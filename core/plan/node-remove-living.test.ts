import { describe, expect, test } from 'vitest';
import type { ObservedFacts, ObservedNode } from '#core/model/observed.ts';
import { Plan } from '#core/model/plan.ts';
import { cluster, codes, down, facts, known, mesh, node, shown } from '#core/testing/nodes.ts';
import { planChange } from './planners.ts';

const request = { kind: 'node-remove', cluster: 'shop', node: 'n3' } as const;
const remove = (change: Partial<Record<string, Partial<ObservedFacts>>> = {}) =>
  planChange(request, mesh(change));
const subscriptionOf = (receiver: string, change: object) => ({
  subscriptions: facts(receiver).subscriptions.map((each) =>
    each.provider === 'n3' ? { ...each, ...change } : each,
  ),
});

test('is drained, then let go by the others, then lets go of them', () => {
  const planned = remove({
    n1: { keepsProgress: true, nodeIds: { n3: '9057' } },
    n3: {
      slots: facts('n3').slots.map((slot) =>
        slot.name.includes('sub_n1') ? { ...slot, unconfirmedBytes: 5 * 1024 * 1024 } : slot,
      ),
    },
  });
  expect(codes(planned)).toEqual([]);
  expect(planned.title).toBe('Remove n3');
  const { steps, checks } = Plan.parse(shown(request, planned));
  expect(steps.map(({ id }) => id)).toEqual([
    'read-only:set',
    'read-only:wait',
    'writers',
    'drain',
    'drop:n1:sub_n1n3',
    'drop:n2:sub_n2n3',
    'drop:n3:sub_n3n1',
    'drop:n3:sub_n3n2',
    'node',
    'node:n1',
    'node:n2',
    'forget',
  ]);
  const byId = new Map(steps.map((step) => [step.id, step]));
  expect(byId.get('read-only:set')?.sql[0]).toBe("ALTER SYSTEM SET spock.readonly = 'user';");
  expect(byId.get('read-only:wait')?.after).toEqual(['read-only:set']);
  expect(byId.get('writers')?.after).toEqual(['read-only:wait']);
  expect(byId.get('drop:n3:sub_n3n1')?.after).toEqual(['drop:n1:sub_n1n3', 'drop:n2:sub_n2n3']);
  expect(byId.get('node')?.sql).toEqual(["SELECT spock.node_drop('n3');"]);
  expect(byId.get('node:n1')?.sql.join()).toContain('DELETE FROM spock.progress');
  expect(checks.find(({ node: at, name }) => at === 'n1' && name === 'Changes of n3')).toMatchObject({
    result: 'todo',
    value: '5 MB of WAL to come by sub_n1n3',
    step: 'drain',
  });
  expect(known(planned).join('\n')).toContain('stays read-only afterwards');
});

test('where nothing keeps applications from writing, that is said, and the rest is the same', () => {
  const planned = remove({ n3: { standin: true } });
  expect(codes(planned)).toEqual([]);
  expect(planned.steps[0]?.id).toBe('writers');
  expect(known(planned).join('\n')).toContain('stop them before the run');
});

describe('is not removed', () => {
  const idle = facts('n3').slots.map((slot) => ({ ...slot, active: false }));
  const lost = facts('n3').slots.map((slot) => ({ ...slot, walStatus: 'lost' }));
  const odd = { ...(facts('n3').slots[0] as ObservedFacts['slots'][number]), name: 'spk_shop_n3_odd' };
  test.each<[string, string, Partial<Record<string, Partial<ObservedFacts>>>]>([
    [
      'while a subscription to it is disabled',
      'not-draining',
      { n1: subscriptionOf('n1', { enabled: false }) },
    ],
    ['while one is down', 'not-draining', { n1: subscriptionOf('n1', { status: 'down' }) }],
    ['while one has no worker', 'not-draining', { n1: subscriptionOf('n1', { worker: 'none' }) }],
    ['while nobody reads its slots', 'not-draining', { n3: { slots: idle } }],
    ['while a slot of it is lost', 'not-draining', { n3: { slots: lost } }],
    ['while a slot of it is gone', 'not-draining', { n3: { slots: [] } }],
    [
      'while somebody unknown reads from it',
      'unknown-reader',
      { n3: { slots: [...facts('n3').slots, odd] } },
    ],
    ['while a copy is under way', 'copying', { n1: { copies: ['sub_n1n3_copy'] } }],
    ['where no node was created', 'no-node', { n3: { nodeName: null } }],
    ['where its slots could not be read', 'unread', { n3: { unread: { slots: 'permission denied' } } }],
    ['where it is a standby', 'standby', { n3: { recovery: true } }],
  ])('%s', (_, code, change) => {
    const planned = remove(change);
    expect(codes(planned)).toContain(code);
    expect(planned.steps).toEqual([]);
    for (const problem of planned.problems) expect(problem.remedy).not.toBe('');
  });

  test.each<[string, string, ObservedNode[]]>([
    ['while another node does not answer', 'unreachable', [node('n1'), down('n2'), node('n3')]],
    ['as the only one', 'no-survivors', [node('n3')]],
  ])('%s', (_, code, nodes) => {
    expect(codes(planChange(request, cluster(...nodes)))).toContain(code);
  });
});

test('who hears of another node only by it is named', () => {
  const forwards = {
    subscriptions: facts('n1').subscriptions.flatMap((each) =>
      each.provider === 'n3' ? [{ ...each, forwardOrigins: ['all'] }] : [],
    ),
  };
  expect(known(remove({ n1: forwards }))).toContain(
    'n1 Forwarding: n1 receives what n2 writes by n3 only: that ends. Create the missing links first',
  );
});

test('a slot that nobody reads goes with it, and is named', () => {
  const odd = {
    ...(facts('n3').slots[0] as ObservedFacts['slots'][number]),
    name: 'spk_shop_n3_odd',
    active: false,
  };
  expect(known(remove({ n3: { slots: [...facts('n3').slots, odd] } }))).toContain(
    'n3 Slot: no node of this cluster reads spk_shop_n3_odd: it is dropped with n3',
  );
});
