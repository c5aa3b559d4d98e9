import { afterEach, describe, expect, it, vi } from 'vitest';
import { Feed, type FeedOptions, type Follower, type TopicStatus } from './feed.ts';
import { openFeed } from './open.ts';

/** One connection of the stream, driven by the test, spoken as the server speaks it. */
class Connection {
  readonly clusters: string | null;
  readonly runs: string | null;
  readonly lastEventId: string | null;
  readonly body: ReadableStream<Uint8Array>;
  readonly signal: AbortSignal;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  constructor(url: string, init: RequestInit) {
    const query = new URL(url).searchParams;
    this.clusters = query.get('clusters');
    this.runs = query.get('runs');
    this.lastEventId = new Headers(init.headers).get('last-event-id');
    this.signal = init.signal as AbortSignal;
    this.body = new ReadableStream({
      start: (controller) => {
        this.#controller = controller;
      },
    });
    // As fetch does: who gives the request up gives its body up.
    this.signal.addEventListener('abort', () => this.cut());
  }
  #write(text: string) {
    if (this.signal.aborted) return;
    this.#controller?.enqueue(new TextEncoder().encode(text));
  }
  send(id: string, frame: object) {
    this.#write(`event: message\nid: ${id}\ndata: ${JSON.stringify(frame)}\n\n`);
  }
  comment() {
    this.#write(': \n\n');
  }
  cut() {
    this.#controller?.error(new TypeError('network error'));
  }
}

/** A console that hands every connection to the test in turn; `open`: those that nobody has given up. */
function consoleOf() {
  const all: Connection[] = [];
  const waiting: ((connection: Connection) => void)[] = [];
  let taken = 0;
  let refusal: Response | Error | null = null;
  const open = openFeed('http://console.test/api/v1', async (url, init) => {
    if (refusal instanceof Error) throw refusal;
    if (refusal !== null) return refusal.clone() as Response;
    const connection = new Connection(String(url), init ?? {});
    all.push(connection);
    waiting.shift()?.(connection);
    return new Response(connection.body, { headers: { 'content-type': 'text/event-stream' } });
  });
  return {
    open,
    opened: () => all.filter(({ signal }) => !signal.aborted).length,
    next: (): Promise<Connection> => {
      const there = all[taken++];
      return there ? Promise.resolve(there) : new Promise((resolve) => waiting.push(resolve));
    },
    refuse: (how: Response | Error | null) => {
      refusal = how;
    },
  };
}

/** A feed that somebody follows goes on, also when its test is over and the page is gone. */
const stops = new Set<() => void>();
afterEach(() => {
  for (const stop of stops) stop();
  stops.clear();
});

function aFeed(options: Partial<FeedOptions> = {}) {
  const server = consoleOf();
  const feed = new Feed({ open: server.open, backoff: () => 0, settle: 0, ...options });
  const follow: Feed['follow'] = (topic, of) => {
    const stop = feed.follow(topic, of);
    stops.add(stop);
    return stop;
  };
  return { server, feed: { follow } };
}

/** Notes what it hears. */
function follower() {
  const events: unknown[] = [];
  const statuses: TopicStatus[] = [];
  const of: Follower = {
    onEvent: (_topic, data) => events.push(JSON.parse(data).event),
    onStatus: (_topic, status) => statuses.push(status),
  };
  return { ...of, events, statuses, last: () => statuses.at(-1) };
}

const on = (cluster: string, event: unknown) => ({ cluster, event });

describe('the one stream', () => {
  it('carries what all follow, each what is its own', async () => {
    const { server, feed } = aFeed();
    const [a, b, run] = [follower(), follower(), follower()];
    feed.follow('cluster:läger 1', a);
    feed.follow('cluster:demo', b);
    feed.follow('run:4', run);
    const connection = await server.next();
    expect([connection.clusters, connection.runs]).toEqual(['läger 1,demo', '4']);
    connection.send('l%C3%A4ger%201@e-1', on('läger 1', 'A1'));
    connection.send('l%C3%A4ger%201@e-1,demo@e-5', on('demo', { text: '"error":' }));
    connection.send('x', { run: '4', event: 'R' });
    await vi.waitFor(() => expect(run.events).toEqual(['R']));
    expect([a.events, b.events]).toEqual([['A1'], [{ text: '"error":' }]]);
    expect(a.last()?.state).toBe('open');
    expect(server.opened()).toBe(1);
  });

  it('is opened once for many that come together, and not held when all have gone', async () => {
    const { server, feed } = aFeed({ settle: 5 });
    const eight = Array.from({ length: 8 }, (_, n) => feed.follow(`cluster:c${n}`, follower()));
    const connection = await server.next();
    expect(connection.clusters?.split(',')).toHaveLength(8);
    for (const stop of eight) stop();
    await vi.waitFor(() => expect(server.opened()).toBe(0));
    feed.follow('cluster:c1', follower());
    expect((await server.next()).clusters).toBe('c1');
  });

  it('goes on where it was for those that have it, and is whole for who comes', async () => {
    const { server, feed } = aFeed();
    const [a, b] = [follower(), follower()];
    feed.follow('cluster:a', a);
    const first = await server.next();
    first.send('a@e-1', on('a', 'A1'));
    await vi.waitFor(() => expect(a.events).toEqual(['A1']));
    feed.follow('cluster:b', b);
    // What comes on the old stream meanwhile is not what the new one has asked for.
    const second = await server.next();
    expect([second.clusters, second.lastEventId]).toEqual(['a,b', 'a@e-1']);
    expect(server.opened()).toBe(1);
    second.send('a@e-1,b@e-3', on('b', 'B3'));
    await vi.waitFor(() => expect(b.events).toEqual(['B3']));

    const late = follower();
    feed.follow('cluster:a', late);
    second.send('a@e-2,b@e-3', on('a', 'A2'));
    const third = await server.next();
    expect(third.lastEventId).toBe('b@e-3');
    third.send('a@e-2,b@e-3', on('a', 'A2 whole'));
    await vi.waitFor(() => expect(late.events.at(-1)).toBe('A2 whole'));
    expect(a.events.at(-1)).toBe('A2 whole');
  });

  it('comes back after a break where it left off, and says since when it is lost', async () => {
    const { server, feed } = aFeed();
    const a = follower();
    feed.follow('cluster:a', a);
    const first = await server.next();
    expect(first.lastEventId).toBeNull();
    first.send('a@e-7', on('a', 'A7'));
    await vi.waitFor(() => expect(a.last()?.state).toBe('open'));
    first.cut();
    const second = await server.next();
    expect(a.last()?.state).toBe('lost');
    expect(a.last()?.lostSince).toBeLessThanOrEqual(Date.now());
    expect(second.lastEventId).toBe('a@e-7');
    second.send('a@e-8', on('a', 'A8'));
    await vi.waitFor(() => expect(a.last()).toEqual({ state: 'open', lostSince: null, reason: null }));
  });

  it('says why, waits longer each time, and asks for all again, where the console refuses', async () => {
    const tries: number[] = [];
    const { server, feed } = aFeed({
      backoff: (count) => {
        tries.push(count);
        return 0;
      },
    });
    const a = follower();
    server.refuse(Response.json({ message: 'This token is not valid.' }, { status: 401 }));
    feed.follow('cluster:a', a);
    await vi.waitFor(() => expect(tries.length).toBeGreaterThan(2));
    expect(tries.slice(0, 3)).toEqual([1, 2, 3]);
    expect(a.last()).toMatchObject({ state: 'lost', reason: 'This token is not valid.' });
    server.refuse(new TypeError('Failed to fetch'));
    await vi.waitFor(() => expect(a.last()?.reason).toContain('The console did not answer'));
    server.refuse(null);
    expect((await server.next()).lastEventId).toBeNull();
  });

  it('is given up where a cluster says nothing, though others do and it is open', async () => {
    const { server, feed } = aFeed({ silence: 40 });
    const [a, b] = [follower(), follower()];
    feed.follow('cluster:a', a);
    feed.follow('cluster:b', b);
    const first = await server.next();
    const speaking = setInterval(() => first.send('b@e-1', on('b', 'B')), 5);
    await server.next();
    clearInterval(speaking);
    expect(first.signal.aborted).toBe(true);
    expect(a.last()?.state).toBe('lost');
  });

  it('is kept while a run waits for somebody, as long as the console shows that it lives', async () => {
    const { server, feed } = aFeed({ silence: 500 });
    const run = follower();
    feed.follow('run:4', run);
    const first = await server.next();
    first.send('', { run: '4', event: 'R' });
    // A busy machine lets a timer come late, by far less than the silence that is meant.
    const alive = setInterval(() => first.comment(), 5);
    await new Promise((resolve) => setTimeout(resolve, 1200));
    expect([first.signal.aborted, run.last()?.state]).toEqual([false, 'open']);
    clearInterval(alive);
    await server.next();
    expect(first.signal.aborted).toBe(true);
  });

  it('leaves out what is gone, goes on with the rest, and tries it again for who asks anew', async () => {
    const { server, feed } = aFeed();
    const [a, b] = [follower(), follower()];
    feed.follow('cluster:a', a);
    feed.follow('cluster:b', b);
    const first = await server.next();
    const error = { code: 'NOT_FOUND', message: 'There is no cluster named a.' };
    first.send('', { cluster: 'a', error });
    first.send('b@e-1', on('b', 'B'));
    await vi.waitFor(() => expect(b.events).toEqual(['B']));
    expect(a.last()).toEqual({ state: 'gone', lostSince: null, reason: error.message });
    first.cut();
    expect((await server.next()).clusters).toBe('b');
    feed.follow('cluster:a', follower());
    expect((await server.next()).clusters).toBe('a,b');
  });
});
