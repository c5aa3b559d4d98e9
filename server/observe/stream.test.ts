import { expect, it } from 'vitest';
import type { Snapshot } from '#core/model/snapshot.ts';
import { applyChange } from '#core/snapshot/change.ts';
import { iso, START, snapshotOf, withLink } from '#core/testing/snapshots.ts';
import { SnapshotStream, type StreamedEvent } from './stream.ts';

const at = (second: number): Snapshot =>
  withLink(
    {
      ...snapshotOf(START + second * 1000),
      nodes: snapshotOf(START).nodes.map((node) => ({ ...node, observedAt: iso(START + second * 1000) })),
    },
    'n1',
    'n2',
    { lagBytes: second, observedAt: iso(START + second * 1000) },
  );

async function take(events: AsyncGenerator<StreamedEvent>, count: number): Promise<StreamedEvent[]> {
  const taken: StreamedEvent[] = [];
  while (taken.length < count) {
    const next = await events.next();
    if (next.done) break;
    taken.push(next.value);
  }
  return taken;
}

function streamOf(seconds: number): SnapshotStream {
  const stream = new SnapshotStream();
  for (let second = 0; second < seconds; second++) stream.push(at(second));
  return stream;
}

it('gives the snapshot first, then each change; both together are the newest snapshot', async () => {
  const stream = streamOf(3);
  const reader = stream.read(undefined);
  const [first] = await take(reader, 1);
  stream.push(at(3));
  stream.push(at(4));
  const changes = await take(reader, 2);
  if (first?.event.type !== 'snapshot') throw new Error('no snapshot first');
  const { type: _type, ...snapshot } = first.event;
  let mine: Snapshot = snapshot;
  for (const { event, json } of changes) {
    if (event.type !== 'change') throw new Error('no change');
    expect(JSON.parse(json)).toEqual(event);
    mine = applyChange(mine, event);
  }
  const links = (of: Snapshot) => of.links.find((link) => link.provider === 'n1' && link.receiver === 'n2');
  expect(links(mine)).toEqual(links(at(4)));
  expect(mine.observedAt).toBe(at(4).observedAt);
});

it('waits for the first snapshot, and for changes', async () => {
  const stream = new SnapshotStream();
  const reader = stream.read(undefined);
  const pending = reader.next();
  stream.push(at(0));
  expect((await pending).value?.event.type).toBe('snapshot');
  const next = reader.next();
  stream.push(at(1));
  expect((await next).value?.event.type).toBe('change');
});

it('picks up after the last event that was read', async () => {
  const stream = streamOf(1);
  const reader = stream.read(undefined);
  const [first] = await take(reader, 1);
  for (let second = 1; second <= 5; second++) stream.push(at(second));
  const missed = await take(stream.read(first?.id), 5);
  expect(missed.map(({ event }) => [event.type, event.observedAt])).toEqual(
    [1, 2, 3, 4, 5].map((second) => ['change', iso(START + second * 1000)]),
  );
  const upToDate = stream.read(missed.at(-1)?.id).next();
  stream.push(at(6));
  expect((await upToDate).value?.event).toMatchObject({ type: 'change', observedAt: iso(START + 6000) });
});

it('gives a snapshot where it cannot pick up: too old, of another run, of the future, nonsense', async () => {
  const stream = streamOf(1);
  const [old] = await take(stream.read(undefined), 1);
  for (let second = 1; second <= 130; second++) stream.push(at(second));
  const epoch = old?.id.split('-').slice(0, -1).join('-');
  for (const id of [old?.id, `other-5`, `${epoch}-9999`, 'nonsense', '']) {
    const [event] = await take(stream.read(id), 1);
    expect(event?.event, id).toMatchObject({ type: 'snapshot', observedAt: iso(START + 130_000) });
  }
});

it('gives a slow reader a snapshot when it fell out of the ring, and goes on', async () => {
  const stream = streamOf(1);
  const reader = stream.read(undefined);
  await take(reader, 1);
  for (let second = 1; second <= 200; second++) stream.push(at(second));
  const [whole] = await take(reader, 1);
  expect(whole?.event).toMatchObject({ type: 'snapshot', observedAt: iso(START + 200_000) });
  stream.push(at(201));
  const [change] = await take(reader, 1);
  expect(change?.event).toMatchObject({ type: 'change', observedAt: iso(START + 201_000) });
});

it('ends with its reader or with the cluster', async () => {
  const stream = streamOf(1);
  const abort = new AbortController();
  const left = stream.read(undefined, abort.signal);
  const stays = stream.read(undefined);
  await take(left, 1);
  await take(stays, 1);
  const waiting = left.next();
  abort.abort();
  expect((await waiting).done).toBe(true);
  const last = stays.next();
  stream.push(at(1));
  expect((await last).done).toBe(false);
  stream.end();
  expect((await stays.next()).done).toBe(true);
});

it('makes an event JSON once for all readers', async () => {
  const stream = streamOf(2);
  const [[a], [b]] = await Promise.all([take(stream.read(undefined), 1), take(stream.read(undefined), 1)]);
  expect(a?.json).toBe(b?.json);
  expect(a?.event).toBe(b?.event);
});
