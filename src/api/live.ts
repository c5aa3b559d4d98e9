/**
 * The stream of the cluster that is on the screen (feed/tab.ts). It is written into the query cache, so that pages read the
 * snapshot as any other query, and it says since when what is shown is old.
 */

import { notifyManager, type QueryClient } from '@tanstack/react-query';
import type { LagHistory } from '#core/contract/history.ts';
import type { ClusterEvent } from '#core/model/events.ts';
import type { Snapshot } from '#core/model/snapshot.ts';
import { applyFacts } from '#core/snapshot/change.ts';
import { noteConsoleTime } from '#src/lib/clock.ts';
import type { TabFeed } from './feed/tab.ts';
import { pollsQuery, snapshotQuery } from './queries.ts';
import { appendLag, appendPolls, appendRanks, type LagRanks, MAX_SERIES, type PollList } from './recent.ts';

export interface LiveStatus {
  cluster: string | null;
  /** gone: the cluster is not in the registry any more. */
  state: 'idle' | 'connecting' | 'open' | 'lost' | 'gone';
  /** Milliseconds since the epoch, of the last event; null: none yet. */
  lastEventAt: number | null;
  /** Since when the stream is lost; null while it is not. */
  lostSince: number | null;
  /** Why, in the API's or the browser's words. */
  reason: string | null;
}

export const IDLE: LiveStatus = {
  cluster: null,
  state: 'idle',
  lastEventAt: null,
  lostSince: null,
  reason: null,
};

/**
 * The snapshot after an event. A change without a snapshot before it says nothing. When something was read, its node says: the
 * `observedAt` of links, subscriptions and sets stands still while they do not change.
 */
export function reduceEvent(before: Snapshot | undefined, event: ClusterEvent): Snapshot | undefined {
  if (event.type === 'change') return before && applyFacts(before, event);
  const { type: _type, ...snapshot } = event;
  return snapshot;
}

interface Watch {
  cluster: string;
  follow: TabFeed['follow'];
  cache: QueryClient;
  onStatus: (status: LiveStatus) => void;
}

/** Follows the cluster; the answer stops it. */
export function watchCluster({ cluster, follow, cache, onStatus }: Watch): () => void {
  let status: LiveStatus = { ...IDLE, cluster, state: 'connecting' };
  const report = (next: Partial<LiveStatus>) => {
    status = { ...status, ...next };
    onStatus(status);
  };
  report({});
  return follow(`cluster:${cluster}`, {
    onEvent: (_topic, data) => {
      const { event }: { event: ClusterEvent } = JSON.parse(data);
      // Together, so that what reads several of them is drawn once.
      notifyManager.batch(() => {
        write(cache, cluster, event);
        report({ state: 'open', lastEventAt: Date.now(), lostSince: null, reason: null });
      });
    },
    onStatus: (_topic, { state, lostSince, reason }) => {
      // What came from another tab's beginning says nothing here before this one has its own snapshot.
      if (state === 'open') return;
      report({ state, lostSince: lostSince === null ? null : (status.lastEventAt ?? lostSince), reason });
    },
  });
}

export const recentLagKey = (cluster: string) => ['recent-lag', cluster] as const;
export const ranksKey = (cluster: string) => ['lag-ranks', cluster] as const;
const RANK_STEP_MS = 10_000;

/** Writes one event into the cache: the snapshot, and what is remembered beside it. */
export function write(cache: QueryClient, cluster: string, event: ClusterEvent): void {
  const key = snapshotQuery(cluster).queryKey;
  const before = cache.getQueryData(key);
  const after = reduceEvent(before, event);
  if (after === undefined) return;
  noteConsoleTime(after.observedAt);
  cache.setQueryData(key, after);
  cache.setQueryData<PollList>(
    pollsQuery(cluster).queryKey,
    (polls) => polls && appendPolls(polls, before, after),
  );
  cache.setQueryData<LagHistory>(recentLagKey(cluster), (history) => history && appendLag(history, after));
  if (after.links.length > MAX_SERIES) {
    cache.setQueryData<LagRanks[]>(ranksKey(cluster), (ranks) =>
      appendRanks(ranks ?? [], after, RANK_STEP_MS),
    );
  }
}
