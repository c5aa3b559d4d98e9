import { QueryClient } from '@tanstack/react-query';
import { describe, expect, it } from 'vitest';
import type { Topic } from '#core/feed/topics.ts';
import type { ClusterEvent } from '#core/model/events.ts';
import type { Snapshot } from '#core/model/snapshot.ts';
import { diffSnapshots } from '#core/snapshot/change.ts';
import { aLink, aNode, aSnapshot, at } from '#core/testing/two-nodes.ts';
import type { Follower, TopicStatus } from './feed/feed.ts';
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
    const before = aSnapshot();
    const change = diffSnapshots(before, after);
    const applied = reduceEvent(before, change);
    // What did not change is the same object, though its node was read again: that, the node says.
    const [changed] = after.links;
    expect(applied).toEqual({ ...after, links: [changed, aLink('n2', 'n1')] });
    expect(applied?.links[1]).toBe(before.links[1]);
    expect(reduceEvent(undefined, change)).toBeUndefined();
  });
});

describe('a cluster that is followed', () => {
  function watch() {
    const cache = new QueryClient();
    const heard: LiveStatus[] = [];
    let followed: { topic: string; follower: Follower } | undefined;
    const stopped: string[] = [];
    const stop = watchCluster({
      cluster: 'orders',
      follow: (topic, follower) => {
        followed = { topic, follower };
        return () => stopped.push(topic);
      },
      cache,
      onStatus: (status) => heard.push(status),
    });
    const { topic, follower } = followed as unknown as { topic: Topic; follower: Follower };
    return {
      stop,
      stopped,
      heard,
      last: () => heard.at(-1),
      event: (event: ClusterEvent) => follower.onEvent(topic, JSON.stringify({ cluster: 'orders', event })),
      status: (status: TopicStatus) => follower.onStatus(topic, status),
      snapshot: () => cache.getQueryData(snapshotQuery('orders').queryKey),
      topic,
    };
  }

  it('is written where the pages read it, and let go in the end', () => {
    const { event, snapshot, last, topic, stop, stopped } = watch();
    expect(topic).toBe('cluster:orders');
    expect(last()?.state).toBe('connecting');
    event(whole(aSnapshot()));
    expect(snapshot()).toEqual(aSnapshot());
    expect(last()?.state).toBe('open');
    const after = aSnapshot({ observedAt: at(1), health: 'warning' });
    event(diffSnapshots(aSnapshot(), after));
    expect(snapshot()?.health).toBe('warning');
    stop();
    expect(stopped).toEqual([topic]);
  });

  it('is old since its last event while the stream is lost, and open only when this tab has heard of it', () => {
    const { event, status, heard, last } = watch();
    status({ state: 'open', lostSince: null, reason: null });
    expect(last()?.state).toBe('connecting');
    event(whole(aSnapshot()));
    const { lastEventAt } = heard.at(-1) as LiveStatus;
    status({ state: 'lost', lostSince: (lastEventAt as number) + 3000, reason: 'cut' });
    expect(last()).toMatchObject({ state: 'lost', lostSince: lastEventAt, reason: 'cut' });
    event(whole(aSnapshot()));
    expect(last()).toMatchObject({ state: 'open', lostSince: null });
  });

  it('that is watched no longer is gone', () => {
    const { status, last } = watch();
    status({ state: 'gone', lostSince: null, reason: 'No cluster is called orders.' });
    expect(last()).toMatchObject({ state: 'gone', reason: 'No cluster is called orders.' });
  });
});
