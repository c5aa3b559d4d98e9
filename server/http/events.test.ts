/** The stream, read as a browser reads it. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ClusterEvent } from '#core/model/events.ts';
import type { Snapshot } from '#core/model/snapshot.ts';
import { type Mesh, startMesh } from '#server/observe/test-mesh.ts';
import { until } from '#server/sandbox/standin/test-servers.ts';
import { startApp, type TestApp } from './test-app.ts';

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
async function listen(count: number, lastEventId?: string): Promise<Sent[]> {
  const response = await app.request('/api/v1/clusters/demo/events', {
    headers: lastEventId === undefined ? {} : { 'last-event-id': lastEventId },
  });
  expect([
    response.status,
    response.headers.get('content-type'),
    response.headers.get('cache-control'),
  ]).toEqual([200, 'text/event-stream', 'no-store']);
  const events: Sent[] = [];
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
