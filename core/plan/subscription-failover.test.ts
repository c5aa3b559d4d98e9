import { expect, test } from 'vitest';
import type { ObservedFacts } from '#core/model/observed.ts';
import { cluster, codes, down, facts, known, mesh, node, shown } from '#core/testing/nodes.ts';
import { planChange } from './planners.ts';

const request = {
  kind: 'subscription-failover',
  cluster: 'shop',
  receiver: 'n2',
  subscription: 'sub_n2n1',
} as const;
const able = { serverVersion: 170_010, marksFailover: true, engineVersion: '6.0.0' };
const n1 = (marked: string[] = [], change: Partial<ObservedFacts> = {}): Partial<ObservedFacts> => ({
  ...able,
  slots: facts('n1').slots.map((slot) => ({ ...slot, failover: marked.includes(slot.name) })),
  ...change,
});

test('marks the slots of the provider, and says whose else', () => {
  const planned = planChange(request, mesh({ n1: n1() }));
  expect(codes(planned)).toEqual([]);
  expect(shown(request, planned).steps.map(({ node: on, sql }) => [on, sql])).toEqual([
    ['n1', ['SELECT spock.slot_enable_failover();']],
  ]);
  expect(known(planned).join()).toContain('marks all of its slots on n1: spk_shop_n1_sub_n3n1 too');
  const marked = planChange(request, mesh({ n1: n1(['spk_shop_n1_sub_n2n1']) }));
  expect(marked.steps.map(({ done }) => done)).toEqual([true]);
});

test('several of one provider are one step', () => {
  const both = { ...request, subscriptions: [{ receiver: 'n3', subscription: 'sub_n3n1' }] };
  expect(planChange(both, mesh({ n1: n1() })).steps).toHaveLength(1);
});

test('is blocked before PostgreSQL 17, by Spock 5, on the stand-in, and where the slot is gone', () => {
  const of = (change: Partial<ObservedFacts>) => planChange(request, mesh({ n1: n1([], change) }));
  const old = of({ serverVersion: 150_018 });
  expect(codes(old)).toEqual(['version']);
  expect(old.problems[0]?.message).toContain('n1 runs PostgreSQL 15');
  const five = of({ marksFailover: false, engineVersion: '5.0.11' });
  expect(codes(five)).toEqual(['version']);
  expect(five.problems[0]?.remedy).toContain('spock.use_native_failover_slots');
  expect(codes(of({ standin: true }))).toEqual(['version']);
  expect(codes(of({ slots: [] }))).toEqual(['slot-gone']);
  expect(codes(planChange(request, cluster(down('n1'), node('n2'))))).toEqual(['unreachable']);
  for (const planned of [old, five]) expect(planned.steps).toEqual([]);
});
