import { afterEach, expect, test, vi } from 'vitest';
import type { Feed, Follower } from './feed.ts';
import { LateFeed } from './late-feed.ts';

const follower: Follower = { onEvent: () => {}, onStatus: () => {} };

afterEach(() => vi.useRealTimers());

test('loads the feed once, when it is first followed, and stops what it has begun', async () => {
  const stop = vi.fn();
  const follow = vi.fn<Feed['follow']>(() => stop);
  const load = vi.fn(async () => ({ follow }));
  const late = new LateFeed(load);
  expect(load).not.toHaveBeenCalled();
  const end = late.follow('cluster:a', follower);
  late.follow('run:1', follower);
  await vi.waitFor(() => expect(follow).toHaveBeenCalledTimes(2));
  expect(load).toHaveBeenCalledTimes(1);
  end();
  expect(stop).toHaveBeenCalledTimes(1);
});

test('what is stopped before the feed is there never begins', async () => {
  const follow = vi.fn<Feed['follow']>(() => () => {});
  const late = new LateFeed(async () => ({ follow }));
  late.follow('cluster:a', follower)();
  late.follow('cluster:b', follower);
  await vi.waitFor(() => expect(follow).toHaveBeenCalledTimes(1));
  expect(follow.mock.calls[0]?.[0]).toBe('cluster:b');
});

test('a file that cannot be had is asked for again', async () => {
  vi.useFakeTimers();
  const follow = vi.fn<Feed['follow']>(() => () => {});
  const load = vi.fn(async () => ({ follow })).mockRejectedValueOnce(new Error('gone'));
  new LateFeed(load).follow('cluster:a', follower);
  await vi.advanceTimersByTimeAsync(1999);
  expect(load).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(follow).toHaveBeenCalledTimes(1);
});
