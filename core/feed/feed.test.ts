import { describe, expect, it } from 'vitest';
import { type FeedSources, merged, type Part } from './merge.ts';
import { followedBy, listText, namesIn, positionsIn, positionsText, topicsOf } from './topics.ts';

describe('positions', () => {
  it('are the same after a way through a header, whatever the names', () => {
    const positions = new Map([
      ['orders', 'a1_-x-12'],
      ['läger 1.a', '1763820392000.7'],
    ]);
    const text = positionsText(positions);
    expect(text).toMatch(/^[\x20-\x7e]+$/);
    expect(positionsIn(text)).toEqual(positions);
  });

  it('leave out what is none', () => {
    expect(positionsIn('orders@a-1,,@x,y@,%zz@1,a-7')).toEqual(new Map([['orders', 'a-1']]));
    expect(positionsIn(null)).toEqual(new Map());
  });

  it('are of topics that go into a query and come back', () => {
    const followed = { clusters: ['orders', 'läger 1.a'], runs: ['4'] };
    expect(followedBy(topicsOf(followed))).toEqual(followed);
    expect(namesIn(listText([...followed.clusters, 'orders']))).toEqual(followed.clusters);
    expect(namesIn(undefined)).toEqual([]);
  });
});

/** A stream that the test fills: `push` resolves when the event was taken. */
function stream<T>() {
  const waiting: { value: T; taken: () => void }[] = [];
  let wake = () => {};
  let ended: Error | true | null = null;
  const state = { read: 0, closed: false };
  return {
    state,
    push: (value: T) =>
      new Promise<void>((taken) => {
        waiting.push({ value, taken });
        wake();
      }),
    end: (how: Error | true = true) => {
      ended = how;
      wake();
    },
    async *events(signal: AbortSignal): AsyncGenerator<T> {
      signal.addEventListener('abort', () => wake());
      try {
        for (;;) {
          const next = waiting.shift();
          if (signal.aborted) return;
          if (next !== undefined) {
            state.read++;
            yield next.value;
            next.taken();
          } else if (ended instanceof Error) throw ended;
          else if (ended) return;
          else
            await new Promise<void>((resolve) => {
              wake = resolve;
            });
        }
      } finally {
        state.closed = true;
      }
    },
  };
}

type Said = { id: string; event: string };

function setUp(followed: { clusters: string[]; runs: string[] }, lastEventId?: string) {
  const clusters = new Map(followed.clusters.map((name) => [name, stream<Said>()]));
  const runs = new Map(followed.runs.map((id) => [id, stream<string>()]));
  const asked: (string | undefined)[] = [];
  const sources: FeedSources<string> = {
    cluster: (name, after, signal) => {
      asked.push(after);
      const of = clusters.get(name);
      if (of === undefined || name === 'nope') throw new Error('No cluster is called nope.');
      return of.events(signal);
    },
    run: (id, signal) => (runs.get(id) as ReturnType<typeof stream<string>>).events(signal),
    told: (error) => ({ code: 'NOT_FOUND', message: (error as Error).message }),
  };
  const abort = new AbortController();
  const parts = merged(followed, lastEventId, sources, abort.signal);
  const next = async (): Promise<Part<string> | undefined> => (await parts.next()).value ?? undefined;
  return { clusters, runs, asked, abort, parts, next };
}

describe('many streams as one', () => {
  it('give what comes first, with the positions of all', async () => {
    const { clusters, runs, next, abort } = setUp({ clusters: ['a', 'b'], runs: ['4'] }, 'b@e-1,z@e-9');
    void clusters.get('a')?.push({ id: 'e-7', event: 'A7' });
    expect(await next()).toEqual({ topic: 'cluster:a', id: 'b@e-1,a@e-7', event: 'A7' });
    void runs.get('4')?.push('R');
    expect(await next()).toEqual({ topic: 'run:4', id: 'b@e-1,a@e-7', event: 'R' });
    void clusters.get('b')?.push({ id: 'e-2', event: 'B2' });
    expect(await next()).toEqual({ topic: 'cluster:b', id: 'b@e-2,a@e-7', event: 'B2' });
    abort.abort();
    expect(await next()).toBeUndefined();
  });

  it('ask each for what came after its own position', async () => {
    const { asked, next, abort } = setUp({ clusters: ['a', 'b'], runs: [] }, 'b@e-1,z@e-9');
    const ended = next();
    abort.abort();
    await ended;
    expect(asked).toEqual([undefined, 'e-1']);
  });

  it('tell of one that is not there, and go on with the others', async () => {
    const { clusters, next, abort } = setUp({ clusters: ['nope', 'b'], runs: [] }, 'nope@e-1');
    expect(await next()).toEqual({
      topic: 'cluster:nope',
      id: '',
      error: { code: 'NOT_FOUND', message: 'No cluster is called nope.' },
    });
    void clusters.get('b')?.push({ id: 'e-2', event: 'B2' });
    expect(await next()).toMatchObject({ topic: 'cluster:b', event: 'B2' });
    abort.abort();
  });

  it('read none further than its last event was taken', async () => {
    const { clusters, next, abort } = setUp({ clusters: ['a'], runs: [] });
    const a = clusters.get('a');
    for (const n of [1, 2, 3]) void a?.push({ id: `e-${n}`, event: `A${n}` });
    await next();
    await next();
    expect(a?.state.read).toBe(2);
    abort.abort();
  });

  it('end with the last of them, or when a cluster has ended, since it may have been forgotten', async () => {
    const one = setUp({ clusters: [], runs: ['4'] });
    void one.runs.get('4')?.push('R');
    await one.next();
    one.runs.get('4')?.end();
    expect(await one.next()).toBeUndefined();

    const two = setUp({ clusters: ['a', 'b'], runs: [] });
    two.clusters.get('a')?.end();
    expect(await two.next()).toBeUndefined();
    expect(two.clusters.get('b')?.state.closed).toBe(true);
  });

  it('close all that they read from when the reader goes, in the midst of an event too', async () => {
    const { clusters, runs, next, parts } = setUp({ clusters: ['a'], runs: ['4'] });
    const taken = clusters.get('a')?.push({ id: 'e-1', event: 'A1' });
    await next();
    await parts.return();
    await taken;
    await new Promise((resolve) => setImmediate(resolve));
    expect([clusters.get('a')?.state.closed, runs.get('4')?.state.closed]).toEqual([true, true]);
  });
});
