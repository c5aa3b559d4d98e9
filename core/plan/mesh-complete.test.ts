import { expect, test } from 'vitest';
import type { ObservedFacts } from '#core/model/observed.ts';
import { cluster, codes, down, facts, known, mesh, NODES, node } from '#core/testing/nodes.ts';
import { planChange } from './planners.ts';

const request = { kind: 'mesh-complete', cluster: 'shop' } as const;
const bare = (change: Partial<ObservedFacts> = {}): Partial<ObservedFacts> => ({
  subscriptions: [],
  slots: [],
  ...change,
});
const none = { n1: bare(), n2: bare(), n3: bare() };
const limits = (max: number) => {
  const limit = { setting: 'max_of_it', used: 0, max };
  return { slots: limit, senders: limit, workers: limit, origins: limit };
};

test('all links of nodes without any, one after the other on each receiver', () => {
  const planned = planChange(request, mesh(none));
  expect(codes(planned)).toEqual([]);
  expect(planned.title).toBe('Create 6 missing links of shop');
  const created = planned.steps.filter(({ id }) => id.startsWith('create:'));
  expect(created.map(({ id, after }) => [id, ...after])).toEqual([
    ['create:n1:n2'],
    ['create:n1:n3', 'create:n1:n2'],
    ['create:n2:n1'],
    ['create:n2:n3', 'create:n2:n1'],
    ['create:n3:n1'],
    ['create:n3:n2', 'create:n3:n1'],
  ]);
  expect(planned.steps.filter(({ id }) => id.startsWith('wait:'))).toHaveLength(3);
});

test('only what is missing; nothing, where nothing is', () => {
  const one = {
    n2: { subscriptions: facts('n2').subscriptions.filter(({ provider }) => provider !== 'n3') },
    n3: { slots: facts('n3').slots.filter(({ name }) => !name.includes('sub_n2n3')) },
  };
  expect(planChange(request, mesh(one)).steps.map(({ id }) => id)).toEqual(['create:n2:n3', 'wait:n2']);
  expect(planChange(request, mesh()).steps).toEqual([]);
});

test('room is needed for all of them together', () => {
  const room = (max: number) =>
    mesh(Object.fromEntries(NODES.map((name) => [name, bare({ room: limits(max) })])));
  expect(codes(planChange(request, room(2)))).toEqual([]);
  const planned = planChange(request, room(1));
  expect(new Set(codes(planned))).toEqual(new Set(['no-room']));
  expect(planned.problems[0]?.message).toContain('2 more are needed');
});

test('no two get one name or one slot', () => {
  const names = (provider: string, slot: string) => ({ [provider]: [{ subscription: 'same', slot }] });
  const planned = planChange(
    request,
    mesh({
      n1: { ...facts('n1'), slots: [] },
      n2: bare({ slotNames: names('n1', 'a') }),
      n3: bare({ slotNames: names('n1', 'b') }),
    }),
  );
  expect(codes(planned)).toContain('no-name');
});

test('a node that does not answer is left out, and that is said', () => {
  const planned = planChange(request, cluster(node('n1', bare()), node('n2', bare()), down('n3')));
  expect(codes(planned)).toEqual([]);
  expect(planned.steps.map(({ id }) => id)).toEqual(['create:n1:n2', 'create:n2:n1', 'wait:n1', 'wait:n2']);
  expect(known(planned).join()).toContain('no link of n3 is in this plan: refused the connection');
});

test('64 nodes without a link are planned in about a second of processor time', () => {
  const names = Array.from({ length: 64 }, (_, index) => `m${index}`);
  const slotNames = (receiver: string) =>
    Object.fromEntries(
      names.map((provider) => [
        provider,
        [{ subscription: `sub_${receiver}${provider}`, slot: `spk_shop_${provider}_${receiver}` }],
      ]),
    );
  const nodes = names.map((name) => node(name, bare({ slotNames: slotNames(name) })));
  // Not by the clock: others may use the processor meanwhile.
  const before = process.cpuUsage();
  const planned = planChange(request, cluster(...nodes));
  const { user, system } = process.cpuUsage(before);
  expect(planned.steps.length).toBe(64 * 63 + 64);
  expect((user + system) / 1e6).toBeLessThan(3);
});
