import { expect, test } from 'vitest';
import { diffSnapshots } from '#core/snapshot/change.ts';
import { fillWorld } from '#mocks/scenarios.ts';
import { fillWithTables, SteadyWorld } from './steady.ts';

const NOW = Date.UTC(2026, 2, 10, 12);

test.each([0, 4, 100])(
  'with each beat no other links change than %d, as far as there are so many',
  (changing) => {
    const world = new SteadyWorld({ now: NOW, changing });
    fillWorld(world, 'healthy');
    const before = world.snapshot('orders');
    world.beat(NOW + 1000);
    const after = world.snapshot('orders');
    if (before === undefined || after === undefined) throw new Error('the world has no such cluster');
    const { links, subscriptions, removed } = diffSnapshots(before, after);
    expect(links).toHaveLength(Math.min(changing, before.links.length));
    expect(subscriptions).toEqual([]);
    expect(removed.links).toEqual([]);
    expect(after.observedAt).not.toBe(before.observedAt);
  },
);

test('every node has as many tables as were asked for, and they have been read', () => {
  const world = new SteadyWorld({ now: NOW, changing: 0 });
  fillWorld(world, 'healthy');
  fillWithTables(world, 300);
  const [watch] = world.clusters.values();
  expect(watch?.tables.rows).toHaveLength(300);
  expect(watch?.tables.rows.every(({ nodes }) => Object.keys(nodes).length === 3)).toBe(true);
});
