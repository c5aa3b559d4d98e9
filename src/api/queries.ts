/**
 * Every reading endpoint as query options: loaders prefetch them, pages read them with `useQuery` or the hooks beside.
 * Only what changes with a filter takes the signal: a query that does is cancelled when its last reader leaves, and a
 * loader that waits for it would fail.
 */
import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import { isPolledAfter } from '#core/model/read-nodes.ts';
import { api } from './client.ts';
import { shareFlat } from './sharing.ts';

type Input<Procedure extends (...args: never[]) => unknown> = Parameters<Procedure>[0];

export const clustersQuery = () =>
  queryOptions({
    queryKey: ['clusters'],
    queryFn: () => api.clusters.list(),
  });

export const clusterQuery = (cluster: string) =>
  queryOptions({
    queryKey: ['cluster', cluster],
    queryFn: () => api.clusters.get({ cluster }),
    refetchInterval: 15_000,
  });

/** Kept fresh by the event stream (see live.ts): it is never fetched again by age. */
export const snapshotQuery = (cluster: string) =>
  queryOptions({
    queryKey: ['snapshot', cluster],
    queryFn: () => api.clusters.snapshot({ cluster }),
    staleTime: Number.POSITIVE_INFINITY,
    structuralSharing: shareFlat,
  });

/**
 * What is so of a cluster after a moment, for pages that do not follow its stream: null until every node was polled since, so that
 * nothing from before is shown as what came of it.
 */
export const snapshotAfterQuery = (cluster: string, moment: string) =>
  queryOptions({
    queryKey: ['snapshot-after', cluster, moment],
    queryFn: async ({ signal }) => {
      const snapshot = await api.clusters.snapshot({ cluster }, { signal });
      return isPolledAfter(snapshot, moment) ? snapshot : null;
    },
    refetchInterval: ({ state }) => (state.data ? 5000 : 500),
    retry: false,
  });

/** The last polls of each node; the event stream adds to it. */
export const pollsQuery = (cluster: string) =>
  queryOptions({
    queryKey: ['polls', cluster],
    queryFn: () => api.clusters.polls({ cluster }),
    staleTime: Number.POSITIVE_INFINITY,
    structuralSharing: shareFlat,
  });

export type LagInput = Omit<Input<typeof api.history.lag>, 'cluster'>;
/** A range of the lag history as it is kept; for the last 15 minutes, live, see `useRecentLag`. */
export const lagQuery = (cluster: string, input: LagInput) =>
  queryOptions({
    queryKey: ['lag', cluster, input],
    queryFn: ({ signal }) => api.history.lag({ cluster, ...input }, { signal }),
    placeholderData: keepPreviousData,
  });

export const activityQuery = (cluster: string, limit = 100) =>
  queryOptions({
    queryKey: ['activity', cluster, limit],
    queryFn: ({ signal }) => api.history.activity({ cluster, limit }, { signal }),
    refetchInterval: 5_000,
  });

/** What happened in a range, the newest 500; `from` and `to` as instants, so that they should not change each second. */
export const activityBetweenQuery = (cluster: string, range: { from: string; to?: string }) =>
  queryOptions({
    queryKey: ['activity', cluster, range],
    queryFn: ({ signal }) => api.history.activity({ cluster, limit: 500, ...range }, { signal }),
    refetchInterval: 5_000,
    placeholderData: keepPreviousData,
  });

export type SeenInput = Omit<Input<typeof api.history.conflicts>, 'cluster' | 'cursor'>;
export const conflictsQuery = (cluster: string, input: SeenInput = {}) =>
  infiniteQueryOptions({
    queryKey: ['conflicts', cluster, input],
    queryFn: ({ signal, pageParam }) =>
      api.history.conflicts({ cluster, ...input, cursor: pageParam }, { signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor ?? undefined,
  });

export const exceptionsQuery = (cluster: string, input: SeenInput = {}) =>
  infiniteQueryOptions({
    queryKey: ['exceptions', cluster, input],
    queryFn: ({ signal, pageParam }) =>
      api.history.exceptions({ cluster, ...input, cursor: pageParam }, { signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor ?? undefined,
  });

export type TablesInput = Omit<Input<typeof api.tables.list>, 'cluster' | 'cursor'>;
export const tablesQuery = (cluster: string, input: TablesInput = {}) =>
  infiniteQueryOptions({
    queryKey: ['tables', cluster, input],
    queryFn: ({ signal, pageParam }) => api.tables.list({ cluster, ...input, cursor: pageParam }, { signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor ?? undefined,
    placeholderData: keepPreviousData,
    refetchInterval: 15_000,
  });

/** Deploys being prepared. */
export const draftsQuery = () => queryOptions({ queryKey: ['drafts'], queryFn: () => api.deploys.list() });

export const draftQuery = (id: string) =>
  queryOptions({ queryKey: ['draft', id], queryFn: () => api.deploys.get({ id }), retry: false });

/** One server of a draft, read anew whenever its address was changed: `edit` counts those changes. */
export const lookQuery = (id: string, position: number, edit: number) =>
  queryOptions({
    queryKey: ['draft-look', id, edit],
    queryFn: () => api.deploys.look({ id, position }),
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });

/** Tables of all servers of a draft, compared; `nodes` names the addresses that are compared. */
export const draftTablesQuery = (id: string, nodes: string) =>
  queryOptions({
    queryKey: ['draft-tables', id, nodes],
    queryFn: () => api.deploys.tables({ id }),
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });

export const planQuery = (id: string) =>
  queryOptions({
    queryKey: ['plan', id],
    queryFn: () => api.plans.get({ id }),
    staleTime: Number.POSITIVE_INFINITY,
  });

/** The runs of one plan, newest first. */
export const planRunsQuery = (plan: string) =>
  queryOptions({ queryKey: ['runs', plan], queryFn: () => api.runs.list({ plan }) });

export const runsQuery = () => queryOptions({ queryKey: ['runs'], queryFn: () => api.runs.list({}) });

/** Kept fresh by `useRunEvents` while the run goes on. */
export const runQuery = (id: string) =>
  queryOptions({ queryKey: ['run', id], queryFn: () => api.runs.get({ id }) });

export const machineQuery = () =>
  queryOptions({
    queryKey: ['machine'],
    queryFn: () => api.system.machine(),
    staleTime: 30_000,
  });

/** How the console runs, and whether it can keep what it sees. */
export const consoleQuery = () =>
  queryOptions({
    queryKey: ['console'],
    queryFn: () => api.system.console(),
    refetchInterval: 10_000,
  });

/** Browsers that are let in. */
export const sessionsQuery = () =>
  queryOptions({ queryKey: ['sessions'], queryFn: () => api.access.sessions(), refetchInterval: 10_000 });
