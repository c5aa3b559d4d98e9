import { describe, expect, it, vi } from 'vitest';
import type { Topic } from '#core/feed/topics.ts';
import { Feed, type Follower } from './feed.ts';
import type { FeedRequest } from './open.ts';
import { Ports, type ToTab, type ToWorker } from './ports.ts';
import { TabFeed } from './tab.ts';

/** A browser: one worker, any number of tabs, and what its one stream was asked for last. */
function browser() {
  const requests: FeedRequest[] = [];
  const feed = new Feed({
    settle: 0,
    backoff: () => 0,
    open: async (request) => {
      requests.push(request);
      return pending(request.signal);
    },
  });
  let now = 0;
  const ports = new Ports(feed, () => now);
  const streams = () => requests.filter(({ signal }) => !signal.aborted);
  const tab = ({ answers = true, fails = false } = {}) => {
    const state = { answers, connected: 0 };
    const own: FeedRequest[] = [];
    const ownFeed = new Feed({
      settle: 0,
      open: async (request) => {
        own.push(request);
        return pending(request.signal);
      },
    });
    const tabFeed = new TabFeed((hear, onFailed) => {
      state.connected++;
      if (fails) {
        queueMicrotask(onFailed);
        return { postMessage: () => {}, close: () => {} };
      }
      const toTab = {
        postMessage: (message: ToTab) => queueMicrotask(() => state.answers && hear(message)),
        close: () => {},
      };
      return { postMessage: (message: ToWorker) => ports.hear(toTab, message), close: () => {} };
    }, ownFeed);
    return { feed: tabFeed, state, own: () => own.filter(({ signal }) => !signal.aborted) };
  };
  return {
    tab,
    streams,
    ask: (after: number) => {
      now += after;
      ports.ask();
    },
    followed: () => {
      const [only] = streams();
      return only === undefined ? '' : [only.clusters, only.runs].filter((text) => text !== '').join(' ');
    },
  };
}

/** Nothing ever comes, until it is given up. */
async function* pending(signal: AbortSignal) {
  await new Promise((resolve) => signal.addEventListener('abort', resolve));
  yield* [];
}

const deaf: Follower = { onEvent: () => {}, onStatus: () => {} };

describe('tabs of one browser', () => {
  it('share one stream, eight of them, each on another cluster and two on runs', async () => {
    const { tab, streams, followed } = browser();
    for (let n = 1; n <= 6; n++) tab().feed.follow(`cluster:c${n}`, deaf);
    for (const run of ['4', '5']) {
      const { feed } = tab();
      feed.follow('cluster:c1', deaf);
      feed.follow(`run:${run}`, deaf);
    }
    await vi.waitFor(() => expect(followed()).toBe('c1,c2,c3,c4,c5,c6 4,5'));
    expect(streams()).toHaveLength(1);
  });

  it('hold nothing while they are put away, and ask again when they come back', async () => {
    const { tab, streams, followed } = browser();
    const [one, two] = [tab(), tab()];
    one.feed.follow('cluster:a', deaf);
    two.feed.follow('cluster:b', deaf);
    await vi.waitFor(() => expect(followed()).toBe('a,b'));
    one.feed.putAway();
    await vi.waitFor(() => expect(followed()).toBe('b'));
    two.feed.putAway();
    await vi.waitFor(() => expect(streams()).toHaveLength(0));
    one.feed.comeBack();
    await vi.waitFor(() => expect(followed()).toBe('a'));
  });

  it('that do not answer are let go, and are served again when they wake', async () => {
    const { tab, streams, followed, ask } = browser();
    const frozen = tab();
    frozen.feed.follow('cluster:a', deaf);
    await vi.waitFor(() => expect(followed()).toBe('a'));
    ask(15_000);
    await Promise.resolve();
    ask(50_000);
    expect(followed()).toBe('a');
    await Promise.resolve();
    frozen.state.answers = false;
    ask(61_000);
    await vi.waitFor(() => expect(streams()).toHaveLength(0));
    // It wakes, finds that nothing came for long, and asks for another worker.
    frozen.state.answers = true;
    frozen.feed.look(Date.now() + 100_000);
    await vi.waitFor(() => expect(followed()).toBe('a'));
    expect(frozen.state.connected).toBe(2);
  });

  it('have a stream of their own where there is no worker to be had, and only while they are seen', async () => {
    const { tab } = browser();
    const { feed, own } = tab({ fails: true });
    feed.follow('cluster:a', deaf);
    await vi.waitFor(() => expect(own().map(({ clusters }) => clusters)).toEqual(['a']));
    expect(feed.isOwn).toBe(true);
    feed.putAway();
    await vi.waitFor(() => expect(own()).toHaveLength(0));
    feed.comeBack();
    await vi.waitFor(() => expect(own()).toHaveLength(1));
  });

  it('leave what they no longer look at, and get all of a cluster that a second part of the page follows', async () => {
    const { tab, followed, streams } = browser();
    const { feed } = tab();
    const heard: Topic[] = [];
    const stop = feed.follow('cluster:a', { ...deaf, onStatus: (topic) => heard.push(topic) });
    feed.follow('run:4', deaf);
    await vi.waitFor(() => expect(followed()).toBe('a 4'));
    const [before] = streams();
    feed.follow('cluster:a', deaf);
    await vi.waitFor(() => expect(streams()[0]).not.toBe(before));
    expect(streams()[0]?.lastEventId).toBeNull();
    stop();
    feed.follow('run:5', deaf);
    await vi.waitFor(() => expect(followed()).toBe('a 4,5'));
    expect(heard.length).toBeGreaterThan(0);
  });
});
