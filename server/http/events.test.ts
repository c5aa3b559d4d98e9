/** The stream, read as a browser reads it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FeedFrame } from '#core/feed/frame.ts';
import { ClusterEvent } from '#core/model/events.ts';
import type { Snapshot } from '#core/model/snapshot.ts';
import { startApp, type TestApp } from '#server/testing/app.ts';
import { type Mesh, startMesh } from '#server/testing/mesh.ts';
import { until } from '#server/testing/servers.ts';

let mesh: Mesh;
let app: TestApp;

beforeAll(async () => {
  mesh = await startMesh(2);
  app = await startApp();
  await app.json('POST', '/clusters', { name: 'demo', nodes: mesh.nodes.map(({ dsn }) => ({ dsn })) });
  await until('both are up', async () => {
    const { body } = await app.json('GET', '/clusters/demo/snapshot');
    return (body as Snapshot).nodes.filter(({ state }) => state === 'up').length === 2;
  });
});
afterAll(async () => {
  await app?.stop();
  await mesh?.stop();
});

interface Sent {
  id: string;
  data: ClusterEvent;
}

/** The next `count` events; then the browser goes. */
const listen = (count: number, lastEventId?: string): Promise<Sent[]> =>
  listenAt<ClusterEvent>('/api/v1/clusters/demo/events', count, lastEventId);

async function listenAt<T>(
  path: string,
  count: number,
  lastEventId?: string,
): Promise<{ id: string; data: T }[]> {
  const response = await app.request(path, {
    headers: lastEventId === undefined ? {} : { 'last-event-id': lastEventId },
  });
  expect([
    response.status,
    response.headers.get('content-type'),
    response.headers.get('cache-control'),
  ]).toEqual([200, 'text/event-stream', 'no-store']);
  const events: { id: string; data: T }[] = [];
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true });
    const parts = text.split('\n\n');
    text = parts.pop() ?? '';
    for (const part of parts) {
      const fields = new Map(
        part.split('\n').map((line) => [line.split(': ')[0], line.slice(line.indexOf(': ') + 2)]),
      );
      if (fields.get('event') !== 'message') continue;
      events.push({ id: fields.get('id') ?? '', data: JSON.parse(fields.get('data') ?? '') });
    }
    if (events.length >= count) break;
  }
  return events.slice(0, count);
}

it('sends the snapshot, then changes, as the contract has them', async () => {
  const events = await listen(3);
  expect(events.map(({ data }) => data.type)).toEqual(['snapshot', 'change', 'change']);
  for (const { data } of events) expect(ClusterEvent.parse(data)).toEqual(data);
  expect(new Set(events.map(({ id }) => id)).size).toBe(3);
});

it('picks up after Last-Event-ID', async () => {
  const [first, second] = await listen(2);
  const [resumed] = await listen(1, first?.id);
  expect(resumed?.data).toEqual(second?.data);
  const [anew] = await listen(1, 'of-another-console-7');
  expect(anew?.data.type).toBe('snapshot');
});

describe('one stream of many', () => {
  const follow = (count: number, lastEventId?: string) =>
    listenAt<FeedFrame>('/api/v1/events?clusters=demo,nope,other&runs=77', count, lastEventId);

  it('says of each what its own stream says, and of what is not there that it is not', async () => {
    await app.json('POST', '/clusters', {
      name: 'other',
      unreachable: 'keep',
      nodes: [{ dsn: 'postgres://u:p@127.0.0.1:9/db?connect_timeout=1' }],
    });
    const frames = await follow(8);
    for (const { data } of frames) expect(FeedFrame.parse(data)).toEqual(data);
    const of = (name: string) =>
      frames.flatMap(({ data }) => ('cluster' in data && data.cluster === name ? [data] : []));
    const errors = frames.flatMap(({ data }) => ('error' in data ? [data.error] : []));
    expect(errors.map(({ code, message }) => [code, message])).toEqual([
      ['NOT_FOUND', expect.stringContaining('There is no cluster named nope')],
      ['NOT_FOUND', 'There is no run 77.'],
    ]);
    for (const name of ['demo', 'other']) {
      const [first, second] = of(name).flatMap((frame) => ('event' in frame ? [frame.event.type] : []));
      expect([first, second]).toEqual(['snapshot', 'change']);
    }
  });

  it('picks all of them up after one Last-Event-ID, and sends whole what that leaves out', async () => {
    const frames = await follow(6);
    const last = frames.at(-1)?.id ?? '';
    expect(
      last
        .split(',')
        .map((part) => part.split('@')[0])
        .sort(),
    ).toEqual(['demo', 'other']);
    const types = (resumed: { data: FeedFrame }[], name: string) =>
      resumed.flatMap(({ data }) =>
        'event' in data && 'cluster' in data && data.cluster === name ? [data.event.type] : [],
      );
    const resumed = await follow(6, last);
    expect([...types(resumed, 'demo'), ...types(resumed, 'other')]).not.toContain('snapshot');
    const [demo] = last.split(',').filter((part) => part.startsWith('demo@'));
    const half = await follow(6, demo);
    expect(types(half, 'demo')).not.toContain('snapshot');
    expect(types(half, 'other')[0]).toBe('snapshot');
  });

  it('needs a token, as all else does', async () => {
    expect((await app.request('/api/v1/events?clusters=demo', { as: null })).status).toBe(401);
  });
});

it('sends the same words to many at once, and ends when the cluster is forgotten', async () => {
  const all = await Promise.all(Array.from({ length: 20 }, () => listen(2)));
  const byId = new Map<string, string>();
  for (const { id, data } of all.flat().filter((event) => event.data.type === 'change')) {
    const text = JSON.stringify(data);
    expect(byId.get(id) ?? text).toBe(text);
    byId.set(id, text);
  }
  const response = await app.request('/api/v1/clusters/demo/events');
  const whole = response.text();
  await app.json('DELETE', '/clusters/demo');
  expect(await whole).toContain('"type":"snapshot"');
  expect((await app.request('/api/v1/clusters/demo/events')).status).toBe(404);
});
