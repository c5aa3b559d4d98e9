/** What pages read. Under `/clusters/:cluster` the loader has fetched snapshot and cluster, so these never wait there. */
import { useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { useCallback, useEffect } from 'react';
import { useParams } from 'react-router';
import type { Cluster } from '#core/contract/clusters.ts';
import type { LagHistory } from '#core/contract/history.ts';
import type { EngineWords } from '#core/engines/engine-words.ts';
import { wordsOf } from '#core/engines/words.ts';
import type { Run } from '#core/model/plan.ts';
import type { Snapshot } from '#core/model/snapshot.ts';
import { isUnderWay } from '#core/run/machine.ts';
import { useNow } from '#src/lib/clock.ts';
import { api } from './client.ts';
import { tabFeed } from './feed/tab.ts';
import { ranksKey, recentLagKey } from './live.ts';
import { clusterQuery, pollsQuery, runQuery, snapshotQuery } from './queries.ts';
import { queryClient } from './query-client.ts';
import { type LagRanks, MAX_SERIES, RECENT_MS } from './recent.ts';
import { shareFlat } from './sharing.ts';

/** The cluster on the address. Only for pages under `/clusters/:cluster`. */
export function useClusterName(): string {
  const { cluster } = useParams();
  if (cluster === undefined) throw new Error('This page needs a cluster on its address.');
  return cluster;
}

/** The live snapshot, or what `select` takes from it; drawn again only when that changed. `select` must be stable. */
export function useSnapshot(): Snapshot;
export function useSnapshot<T>(select: (snapshot: Snapshot) => T): T;
export function useSnapshot<T>(select?: (snapshot: Snapshot) => T): T | Snapshot {
  const { data } = useSuspenseQuery({
    ...snapshotQuery(useClusterName()),
    select: select as (snapshot: Snapshot) => T,
  });
  return data;
}

const engineOf = (snapshot: Snapshot) => snapshot.engine;

/** What the things of the cluster's main engine are called. */
export const useEngineWords = (): EngineWords => wordsOf(useSnapshot(engineOf));

/** The registry's view: DSNs, discovered nodes, thresholds, sandbox. */
export function useCluster(): Cluster {
  return useSuspenseQuery(clusterQuery(useClusterName())).data;
}

/** The last 60 polls of each node, oldest first; undefined until fetched. */
export function usePolls() {
  return useQuery(pollsQuery(useClusterName())).data?.nodes;
}

/** Options of the last 15 minutes for so many links: every link up to 12 nodes, else the worst. */
export function recentLagQuery(cluster: string, links: number) {
  const many = links > MAX_SERIES;
  return {
    queryKey: recentLagKey(cluster),
    queryFn: ({ signal }: { signal: AbortSignal }): Promise<LagHistory> =>
      api.history.lag(
        {
          cluster,
          from: new Date(Date.now() - RECENT_MS).toISOString(),
          step: links > 30 ? 10 : 5,
          ...(many ? { worst: 24 } : {}),
        },
        { signal },
      ),
    staleTime: Number.POSITIVE_INFINITY,
    structuralSharing: shareFlat,
    // The stream carries it on; a fetch now and then mends what a lost stream left out, and finds new worst links.
    refetchInterval: 120_000,
  };
}

/** Lag of the last 15 minutes, carried on by the event stream; undefined until fetched. */
export function useRecentLag(): LagHistory | undefined {
  const cluster = useClusterName();
  const links = useSnapshot(countLinks);
  return useQuery(recentLagQuery(cluster, links)).data;
}
/** Ranks of the lags of many links since the page was opened; empty for a cluster whose links all have their own series. */
export function useLagRanks(): LagRanks[] {
  const queryKey = ranksKey(useClusterName());
  return useQuery({
    queryKey,
    queryFn: (): LagRanks[] => [],
    enabled: false,
    initialData: NO_RANKS,
    structuralSharing: shareFlat,
  }).data;
}
const NO_RANKS: LagRanks[] = [];

const countLinks = (snapshot: Snapshot): number => snapshot.links.length;

/** Facts older than three polls are old: they are shown underlined, with their time. */
export function isOld(
  observedAt: string | null,
  snapshot: Pick<Snapshot, 'pollSeconds'>,
  now: number,
): boolean {
  return observedAt === null || now - Date.parse(observedAt) > Math.max(3 * snapshot.pollSeconds, 3) * 1000;
}

/** When a node was last read; null: never, or there is none of that name. All that is read from a node is as old as that. */
export function useReadAt(node: string | undefined): string | null {
  return useSnapshot(
    useCallback(({ nodes }: Snapshot) => nodes.find(({ name }) => name === node)?.observedAt ?? null, [node]),
  );
}

/** Whether facts read at an instant are old by now; ticks by itself. */
export function useIsOld(observedAt: string | null): boolean {
  const pollSeconds = useSnapshot(pollSecondsOf);
  return isOld(observedAt, { pollSeconds }, useNow(1000));
}
const pollSecondsOf = (snapshot: Snapshot): number => snapshot.pollSeconds;

export const hasEnded = (run: Run): boolean => !isUnderWay(run);

/** Follows a run while it goes on: every event is the whole run, written over the query `runQuery(id)`. */
export function useRunEvents(id: string, active: boolean): void {
  useEffect(() => {
    if (!active) return;
    return tabFeed.follow(`run:${id}`, {
      onEvent: (_topic, data) => {
        const { event }: { event: Run } = JSON.parse(data);
        queryClient.setQueryData(runQuery(id).queryKey, event);
      },
      // While the stream is lost the query keeps the last state; it begins with the whole run again.
      onStatus: () => {},
    });
  }, [id, active]);
}
