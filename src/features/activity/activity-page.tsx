/** What happened: on all clusters and to the console itself, newest first, by day. */

import { infiniteQueryOptions, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import {
  ArrowRightLeft,
  Boxes,
  FileWarning,
  GitCompareArrows,
  Info,
  type LucideIcon,
  Monitor,
  OctagonX,
  PencilLine,
  Play,
  Server,
  TriangleAlert,
} from 'lucide-react';
import { useMemo } from 'react';
import { Link } from 'react-router';
import type { ActivityItem } from '#core/contract/history.ts';
import { api } from '#src/api/client.ts';
import { clustersQuery } from '#src/api/queries.ts';
import { useNow, useZone } from '#src/lib/clock.ts';
import { paths, subjectPath } from '#src/lib/paths.ts';
import { clock, exactTime } from '#src/lib/time.ts';
import { plural } from '#src/lib/units.ts';
import { allItems } from '#src/parts/data-table/all-items.ts';
import { DataTable } from '#src/parts/data-table/data-table.tsx';
import type { Group } from '#src/parts/data-table/groups.ts';
import { Older } from '#src/parts/query-fault.tsx';
import { useSearchState } from '#src/parts/search-state.ts';
import { Button } from '#src/ui/button.tsx';
import { Icon } from '#src/ui/icon.tsx';
import { ArrowText } from '#src/ui/link-name.tsx';
import { Empty } from '#src/ui/notice.tsx';
import { Segmented } from '#src/ui/segmented.tsx';
import { Say } from '#src/ui/sentence.tsx';
import type { Column } from '#src/ui/table/column.ts';
import { tip } from '#src/ui/tooltip.ts';
import { dayOf, daysOf, dayText, type Entry } from './days.ts';

const KINDS: Record<ActivityItem['kind'], { icon: LucideIcon; word: string }> = {
  node: { icon: Server, word: 'node' },
  link: { icon: ArrowRightLeft, word: 'link' },
  finding: { icon: Info, word: 'finding' },
  run: { icon: Play, word: 'run' },
  console: { icon: Monitor, word: 'console' },
  cluster: { icon: Boxes, word: 'cluster' },
  conflict: { icon: GitCompareArrows, word: 'conflict' },
  exception: { icon: FileWarning, word: 'exception' },
  change: { icon: PencilLine, word: 'change' },
};

const SHOWS = ['all', 'serious', 'runs', 'changes', 'console'] as const;
type Show = (typeof SHOWS)[number];

function isShown(item: ActivityItem, show: Show): boolean {
  if (show === 'serious') return item.severity === 'warning' || item.severity === 'critical';
  if (show === 'runs') return item.kind === 'run';
  if (show === 'changes') return item.kind === 'change' || item.kind === 'run';
  if (show === 'console') return item.kind === 'console' || item.kind === 'cluster';
  return true;
}

type PageInput = Parameters<typeof api.history.allActivity>[0];

const pageOf = (cluster: string | null, page: PageInput, signal?: AbortSignal) =>
  cluster === null
    ? api.history.allActivity(page, { signal })
    : api.history.activity({ cluster, ...page }, { signal });

/** A cluster's own activity, or that of all. */
function activityOf(cluster: string | null) {
  return infiniteQueryOptions({
    queryKey: ['activity-pages', cluster],
    queryFn: ({ signal, pageParam }) => pageOf(cluster, { limit: 100, cursor: pageParam }, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor ?? undefined,
  });
}

export function Component() {
  const [search, set] = useSearchState();
  const cluster = search.get('cluster');
  const show: Show = SHOWS.find((one) => one === search.get('show')) ?? 'all';
  const clusters = useQuery(clustersQuery()).data?.items ?? [];
  // Pages that were fetched are fetched again together: with many of them the list would cost more than it tells.
  const query = useInfiniteQuery({
    ...activityOf(cluster),
    refetchInterval: ({ state }) => ((state.data?.pages.length ?? 1) <= 3 ? 5_000 : false),
  });
  const zone = useZone();
  const now = useNow(60_000);
  const items = useMemo(
    () => (query.data?.pages.flatMap((page) => page.items) ?? []).filter((item) => isShown(item, show)),
    [query.data, show],
  );
  const days = useMemo(() => daysOf(items, zone), [items, zone]);
  const today = items.filter((item) => now - Date.parse(item.at) < 86_400_000);
  const serious = today.filter((item) => isShown(item, 'serious')).length;
  const entries = useMemo(() => days.flatMap((day) => day.entries), [days]);
  const shownColumns = useMemo(() => columnsOf(zone, cluster === null), [zone, cluster]);
  const byDay = useMemo(
    (): Group<Entry> => ({
      of: (entry) => dayOf(entry.item.at, zone),
      head: (day) => dayText(day, zone, now),
    }),
    [zone, now],
  );
  return (
    <>
      <Say
        top={
          <span className="faint">
            {cluster === null ? 'all clusters and the console' : cluster}, last 24 h
          </span>
        }
      >
        {query.data === undefined
          ? 'Activity'
          : today.length === 0
            ? 'Nothing happened.'
            : `${query.hasNextPage && today.length === items.length ? 'At least ' : ''}${plural(today.length, 'event')}${serious > 0 ? `, ${serious} of them ${serious === 1 ? 'a warning or worse' : 'warnings or worse'}` : ', none of them a warning'}.`}
      </Say>
      <section className="section">
        <DataTable
          label="Activity"
          className="happened"
          columns={shownColumns}
          rows={query.data && entries}
          keyOf={keyOf}
          group={byDay}
          query={query}
          skeletonRows={12}
          allRows={async () => {
            const all = await allItems((cursor) => pageOf(cluster, { limit: 500, cursor }));
            return daysOf(
              all.filter((item) => isShown(item, show)),
              zone,
            ).flatMap((day) => day.entries);
          }}
          empty={
            <Empty
              title={show === 'all' ? 'Nothing has happened yet' : 'Nothing of this kind has happened'}
              actions={show !== 'all' && <Button onClick={() => set({ show: null })}>Show all</Button>}
            >
              Nodes that stop answering, links that fall behind, findings, conflicts and runs are kept here.
            </Empty>
          }
          above={(menu) => (
            <div className="tools pt-3">
              <Segmented
                label="Show"
                value={show}
                onChange={(value) => set({ show: value === 'all' ? null : value })}
                options={[
                  { value: 'all', label: 'All' },
                  { value: 'serious', label: 'Warnings' },
                  { value: 'runs', label: 'Runs' },
                  { value: 'changes', label: 'Changes' },
                  { value: 'console', label: 'Console' },
                ]}
              />
              {clusters.length > 0 && (
                <label className="pick">
                  <span className="sr-only">Cluster</span>
                  <select value={cluster ?? ''} onChange={(event) => set({ cluster: event.target.value })}>
                    <option value="">All clusters</option>
                    {clusters.map(({ name }) => (
                      <option key={name} value={name}>
                        {name}
                      </option>
                    ))}
                  </select>
                </label>
              )}
              <span className="ml-auto">{menu}</span>
            </div>
          )}
        />
        <Older query={query} />
      </section>
    </>
  );
}

const keyOf = (entry: Entry): string => entry.item.id;

/** Newest first, as the console keeps them: a list that goes on can be in no other order. */
const columnsOf = (zone: 'utc' | 'local', all: boolean): Column<Entry>[] => [
  {
    id: 'time',
    head: 'Time',
    className: 'faint',
    cell: ({ item }) => (
      <time dateTime={item.at} {...tip(exactTime(item.at, zone))}>
        {clock(item.at, zone)}
      </time>
    ),
    value: ({ item }) => item.at,
    fixedOrder: true,
  },
  {
    id: 'kind',
    head: 'Kind',
    cell: ({ item }) => <Kind item={item} />,
    value: ({ item }) => item.kind,
    fixedOrder: true,
  },
  {
    id: 'what',
    head: 'What happened',
    className: 'what',
    cell: (entry) => <What entry={entry} zone={zone} />,
    value: ({ item }) => item.text,
    fixedOrder: true,
  },
  ...(all ? [CLUSTER] : []),
];

const CLUSTER: Column<Entry> = {
  id: 'cluster',
  head: 'Cluster',
  wideOnly: true,
  cell: ({ item }) =>
    item.cluster === null ? (
      <span className="faint">console</span>
    ) : (
      <Link className="muted" to={paths.overview(item.cluster)}>
        {item.cluster}
      </Link>
    ),
  value: ({ item }) => item.cluster,
  fixedOrder: true,
};

function What({ entry, zone }: { entry: Entry; zone: 'utc' | 'local' }) {
  const { item, times, firstAt } = entry;
  const to = targetOf(item);
  const text = <ArrowText>{item.text}</ArrowText>;
  return (
    <>
      {to === null ? (
        text
      ) : (
        <Link to={to} data-row>
          {text}
        </Link>
      )}
      {times > 1 && (
        <span className="faint" {...tip(`first at ${exactTime(firstAt, zone)}`)}>
          {' '}
          {times} times since {clock(firstAt, zone)}
        </span>
      )}
    </>
  );
}

/** Icon and word of the kind; the colour is the severity's, with the severity's own icon. */
function Kind({ item }: { item: ActivityItem }) {
  const { icon, word } = KINDS[item.kind];
  const tone = item.severity === 'critical' ? 'crit' : item.severity === 'warning' ? 'warn' : 'note';
  const shown = item.severity === 'critical' ? OctagonX : item.severity === 'warning' ? TriangleAlert : icon;
  return (
    <span className={`state ${tone}`}>
      <Icon of={shown} size={12} />
      <span>
        {word}
        {tone !== 'note' && <span className="sr-only">, {item.severity}</span>}
      </span>
    </span>
  );
}

function targetOf(item: ActivityItem): string | null {
  if (item.run !== null) return paths.run(item.run);
  if (item.cluster === null) return null;
  if (item.kind === 'conflict') return paths.conflicts(item.cluster);
  if (item.kind === 'exception') return paths.exceptions(item.cluster);
  return item.subject === null ? null : subjectPath(item.cluster, item.subject);
}
