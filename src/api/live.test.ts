import { ORPCError } from '@orpc/client';
import { QueryClient } from '@tanstack/react-query';
import { afterEach, describe, expect, it } from 'vitest';
import { diffSnapshots } from '#core/model/change.ts';
import type { ClusterEvent } from '#core/model/events.ts';
import type { Snapshot } from '#core/model/snapshot.ts';
import { aLink, aNode, aSnapshot, at } from './fixture.ts';
import { JsonLink } from './link.ts';
import { type LiveStatus, reduceEvent, watchCluster } from './live.ts';
import { snapshotQuery } from './queries.ts';

const whole = (snapshot: Snapshot): ClusterEvent => ({ ...snapshot, type: 'snapshot' });

describe('an event', () => {
  it('that is whole replaces what was there', () => {
    expect(reduceEvent(aSnapshot({ health: 'critical' }), whole(aSnapshot()))).toEqual(aSnapshot());
  });
  it('that changes is applied to what was there, and says nothing without it', () => {
    const after = aSnapshot({
      observedAt: at(1),
      nodes: [aNode('n1', { observedAt: at(1) }), aNode('n2', { observedAt: at(1) })],
      links: [
        aLink('n1', 'n2', { observedAt: at(1), lagSeconds: 14.2 }),
        aLink('n2', 'n1', { observedAt: at(1) }),
      ],
    });
    const change = diffSnapshots(aSnapshot(), after);
    expect(reduceEvent(aSnapshot(), change)).toEqual(after);
    expect(reduceEvent(undefined, change)).toBeUndefined();
  });
});

/** One connection of the stream, driven by the test, spoken as the server speaks it. */
class Connection {
  readonly lastEventId: string | null;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  readonly body: ReadableStream<Uint8Array>;
  constructor(lastEventId: string | null) {
    this.lastEventId = lastEventId;
    this.body = new ReadableStream({
      start: (controller) => {
        this.#controller = controller;
      },
    });
  }
  send(id: string, event: ClusterEvent) {
    this.#controller?.enqueue(
      new TextEncoder().encode(`event: message\nid: ${id}\ndata: ${JSON.stringify(event)}\n\n`),
    );
  }
  cut() {
    this.#controller?.error(new TypeError('network error'));
  }
}

/** A server that hands every connection, or its refusal, to the test in turn. */
function server() {
  const waiting: ((connection: Connection) => void)[] = [];
  const come: Connection[] = [];
  let refusal: Error | null = null;
  const link = new JsonLink(
    { clusters: { events: ['GET', '/clusters/{cluster}/events'] } },
    {
      base: () => 'http://console.test',
      fetch: async (_url, init) => {
        if (refusal) throw refusal;
        const connection = new Connection(new Headers(init?.headers).get('last-event-id'));
        // As fetch does: who gives the request up gives its body up.
        init?.signal?.addEventListener('abort', () => connection.cut());
        const next = waiting.shift();
        if (next) next(connection);
        else come.push(connection);
        return new Response(connection.body, { headers: { 'content-type': 'text/event-stream' } });
      },
    },
  );
  return {
    source: (cluster: string, options: { signal: AbortSignal; lastEventId: string | undefined }) =>
      link.call(['clusters', 'events'], { cluster }, { ...options, context: {} }) as Promise<
        AsyncIterable<ClusterEvent>
      >,
    connection: () =>
      new Promise<Connection>((resolve) => {
        const ready = come.shift();
        if (ready) resolve(ready);
        else waiting.push(resolve);
      }),
    refuse: (error: Error | null) => {
      refusal = error;
    },
  };
}

describe('the stream', () => {
  let stop = () => {};
  afterEach(() => stop());

  function watch(silence = 10_000) {
    const cache = new QueryClient();
    const backend = server();
    const heard: LiveStatus[] = [];
    const ears: { want: LiveStatus['state']; tell: (status: LiveStatus) => void }[] = [];
    stop = watchCluster({
      cluster: 'orders',
      source: backend.source,
      cache,
      backoff: () => 0,
      silence,
      onStatus: (status) => {
        heard.push(status);
        for (const ear of ears.splice(0)) {
          if (ear.want === status.state) ear.tell(status);
          else ears.push(ear);
        }
      },
    });
    const until = (want: LiveStatus['state']) => new Promise<LiveStatus>((tell) => ears.push({ want, tell }));
    return {
      backend,
      cache,
      until,
      heard,
      snapshot: () => cache.getQueryData(snapshotQuery('orders').queryKey),
    };
  }

  it('writes what it hears where the pages read it', async () => {
    const { backend, until, snapshot } = watch();
    const open = until('open');
    (await backend.connection()).send('1', whole(aSnapshot()));
    await open;
    expect(snapshot()).toEqual(aSnapshot());
  });

  it('comes back after a break where it left off, and says since when it is lost', async () => {
    const { backend, until, snapshot } = watch();
    const opened = until('open');
    const first = await backend.connection();
    expect(first.lastEventId).toBeNull();
    first.send('7', whole(aSnapshot()));
    const { lastEventAt } = await opened;
    const lost = until('lost');
    first.cut();
    expect(await lost).toMatchObject({ lostSince: lastEventAt });
    const again = until('open');
    const second = await backend.connection();
    expect(second.lastEventId).toBe('7');
    const after = aSnapshot({ observedAt: at(1), health: 'warning' });
    second.send('8', diffSnapshots(aSnapshot(), after));
    expect(await again).toMatchObject({ lostSince: null });
    expect(snapshot()?.health).toBe('warning');
  });

  it('gives a silent connection up, though it is open', async () => {
    const { backend, until } = watch(20);
    const lost = until('lost');
    await backend.connection();
    await lost;
    expect(await backend.connection()).toBeDefined();
  });

  it('stops where the cluster is no longer watched', async () => {
    const { backend, until } = watch();
    const gone = until('gone');
    backend.refuse(new ORPCError('NOT_FOUND', { status: 404, message: 'No cluster is called orders.' }));
    (await backend.connection()).cut();
    expect(await gone).toMatchObject({ reason: 'No cluster is called orders.' });
  });
});
