import { getEventMeta } from '@orpc/client';
import { expect, test, vi } from 'vitest';
import { Snapshot } from '#core/model/snapshot.ts';
import { applyChange, diffSnapshots } from '#core/snapshot/change.ts';
import { mockClient, mockWorld } from './node.ts';

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

test('a stream that broke goes on where its reader was; one of another world begins anew', async () => {
  const mock = mockWorld('healthy');
  const client = mockClient(mock);
  const open = async (lastEventId?: string) => {
    const events = await client.clusters.events({ cluster: 'orders' }, lastEventId ? { lastEventId } : {});
    const { value, done } = await events.next();
    await events.return();
    if (done) throw new Error('the stream gave nothing');
    return { type: value.type, id: getEventMeta(value)?.id };
  };
  const { id } = await open();
  mock.world.advance(3000);
  expect(await open(id)).toMatchObject({ type: 'change' });
  expect(await open('1.2')).toMatchObject({ type: 'snapshot' });
});
