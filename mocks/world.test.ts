import { expect, test, vi } from 'vitest';
import { applyChange, diffSnapshots } from '#core/model/change.ts';
import { Snapshot } from '#core/model/snapshot.ts';
import { mockWorld } from './node.ts';

// A world is lived through for a quarter of an hour before it answers.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

test('a healthy world answers a snapshot with numbers that move', async () => {
  const { world, fetch } = mockWorld('healthy');
  const read = async () => {
    const response = await fetch('http://mock/api/v1/clusters/orders/snapshot');
    expect(response.status).toBe(200);
    return Snapshot.parse(await response.json());
  };
  const first = await read();
  expect(first.nodes.map((node) => node.state)).toEqual(['up', 'up', 'up']);
  expect(first.links).toHaveLength(6);
  world.advance(3000);
  const later = await read();
  expect(later.nodes.map((node) => node.walLsn)).not.toEqual(first.nodes.map((node) => node.walLsn));
  expect(applyChange(first, diffSnapshots(first, later))).toEqual(later);
});
