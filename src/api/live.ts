/**
 * One event stream for the cluster that is on the screen. It writes into the query cache, so that pages read the snapshot
 * as any other query; it comes back after a break where it left off, and says since when what is shown is old.
 */

import type { QueryClient } from '@tanstack/react-query';
import type { LagHistory } from '#core/contract/history.ts';
import { applyChange } from '#core/model/change.ts';
import type { ClusterEvent } from '#core/model/events.ts';
import type { Snapshot } from '#core/model/snapshot.ts';
import { noteConsoleTime } from '#src/lib/clock.ts';
import { tell } from './errors.ts';
import { eventId } from './link.ts';
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

/** The snapshot after an event. A change without a snapshot before it says nothing. */
export function reduceEvent(before: Snapshot | undefined, event: ClusterEvent): Snapshot | undefined {
  if (event.type === 'change') return before && applyChange(before, event);
  const { type: _type, ...snapshot } = event;
  return snapshot;
}

export type Source = (
  cluster: string,
  options: { signal: AbortSignal; lastEventId: string | undefined },
) => Promise<AsyncIterable<ClusterEvent>>;

interface Watch {
  cluster: string;
  source: Source;
  cache: QueryClient;
  onStatus: (status: LiveStatus) => void;
  /** Milliseconds to wait before the n-th try in a row (from 1). */
  backoff?: (tries: number) => number;
  /** Milliseconds without an event after which the stream counts as broken, though it is still open. */
  silence?: number;
}

const defaultBackoff = (tries: number): number => Math.min(10_000, 500 * 2 ** (tries - 1));

/** Starts the stream; the answer stops it. */
export function watchCluster({
  cluster,
  source,
  cache,
  onStatus,
  backoff = defaultBackoff,
  silence = 10_000,
}: Watch): () => void {
  const stop = new AbortController();
  let status: LiveStatus = { ...IDLE, cluster, state: 'connecting' };
  let lastEventId: string | undefined;
  const report = (next: Partial<LiveStatus>) => {
    status = { ...status, ...next };
    if (!stop.signal.aborted) onStatus(status);
  };

  const receive = async (): Promise<void> => {
    const attempt = new AbortController();
    const abort = () => attempt.abort();
    stop.signal.addEventListener('abort', abort);
    let watchdog = setTimeout(abort, silence);
    try {
      const events = await source(cluster, { signal: attempt.signal, lastEventId });
      for await (const event of events) {
        if (stop.signal.aborted) return;
        clearTimeout(watchdog);
        watchdog = setTimeout(abort, silence);
        lastEventId = eventId(event) ?? lastEventId;
        write(cache, cluster, event);
        report({ state: 'open', lastEventAt: Date.now(), lostSince: null, reason: null });
      }
    } finally {
      clearTimeout(watchdog);
      stop.signal.removeEventListener('abort', abort);
    }
  };

  const run = async () => {
    let tries = 0;
    while (!stop.signal.aborted) {
      const seen = status.lastEventAt;
      let reason = 'The console ended the stream.';
      try {
        await receive();
      } catch (error) {
        const told = tell(error);
        reason = told.message;
        if (told.status === 404) return report({ state: 'gone', reason });
        // What was kept for resuming may be gone: the next try asks for a whole snapshot.
        if (told.status !== null && told.status < 500) lastEventId = undefined;
      }
      if (stop.signal.aborted) return;
      tries = status.lastEventAt === seen ? tries + 1 : 1;
      report({ state: 'lost', lostSince: status.lostSince ?? status.lastEventAt ?? Date.now(), reason });
      await pause(backoff(tries), stop.signal);
    }
  };

  report({});
  void run();
  return () => stop.abort();
}

/** Waits, or until the network or the tab comes back, or until stopped. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      removeEventListener('online', done);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    addEventListener('online', done);
    signal.addEventListener('abort', done);
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
