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
  Play,
  Server,
  TriangleAlert,
} from 'lucide-react';
import { Fragment, useMemo } from 'react';
import { Link, useSearchParams } from 'react-router';
import type { ActivityItem } from '#core/contract/history.ts';
import { api } from '#src/api/client.ts';
import { tell } from '#src/api/errors.ts';
import { clustersQuery } from '#src/api/queries.ts';
import { useNow, useZone } from '#src/lib/clock.ts';
import { paths, subjectPath } from '#src/lib/paths.ts';
import { moveRow } from '#src/lib/row-keys.ts';
import { clock, exactTime } from '#src/lib/time.ts';
import { plural } from '#src/lib/units.ts';
import { Button } from '#src/ui/button.tsx';
import { Icon } from '#src/ui/icon.tsx';
import { ArrowText } from '#src/ui/link-name.tsx';
import { Empty, Notice, SkeletonRows } from '#src/ui/notice.tsx';
import { Segmented } from '#src/ui/segmented.tsx';
import { Say } from '#src/ui/sentence.tsx';
import { Table } from '#src/ui/table.tsx';
import './activity.css';
import { daysOf, dayText, type Entry } from './days.ts';

const KINDS: Record<ActivityItem['kind'], { icon: LucideIcon; word: string }> = {
  node: { icon: Server, word: 'node' },
  link: { icon: ArrowRightLeft, word: 'link' },
  finding: { icon: Info, word: 'finding' },
  run: { icon: Play, word: 'run' },
  console: { icon: Monitor, word: 'console' },
  cluster: { icon: Boxes, word: 'cluster' },
  conflict: { icon: GitCompareArrows, word: 'conflict' },
  exception: { icon: FileWarning, word: 'exception' },
};

const SHOWS = ['all', 'serious', 'runs', 'console'] as const;
type Show = (typeof SHOWS)[number];

function isShown(item: ActivityItem, show: Show): boolean {
  if (show === 'serious') return item.severity === 'warning' || item.severity === 'critical';
  if (show === 'runs') return item.kind === 'run';
  if (show === 'console') return item.kind === 'console' || item.kind === 'cluster';
  return true;
}

/** A cluster's own activity, or that of all. */
function activityOf(cluster: string | null) {
  return infiniteQueryOptions({
    queryKey: ['activity-pages', cluster],
    queryFn: ({ signal, pageParam }) => {
      const page = { limit: 100, cursor: pageParam };
      return cluster === null
        ? api.history.allActivity(page, { signal })
        : api.history.activity({ cluster, ...page }, { signal });
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor ?? undefined,
  });
}

export function Component() {
  const [search, setSearch] = useSearchParams();
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
  const set = (name: string, value: string | null) =>
    setSearch(
      (before) => {
        const next = new URLSearchParams(before);
        if (value === null) next.delete(name);
        else next.set(name, value);
        return next;
      },
      { replace: true },
    );
  return (
    <>
      <title>Activity · Tricorder</title>
      <Say
        top={
          <span className="f">{cluster === null ? 'all clusters and the console' : cluster}, last 24 h</span>
        }
      >
        {query.data === undefined
          ? 'Activity'
          : today.length === 0
            ? 'Nothing happened.'
            : `${query.hasNextPage && today.length === items.length ? 'At least ' : ''}${plural(today.length, 'event')}${serious > 0 ? `, ${serious} of them ${serious === 1 ? 'a warning or worse' : 'warnings or worse'}` : ', none of them a warning'}.`}
      </Say>
      <section className="sec">
        <div className="tools pt-3!">
          <Segmented
            label="Show"
            value={show}
            onChange={(value) => set('show', value === 'all' ? null : value)}
            options={[
              { value: 'all', label: 'All' },
              { value: 'serious', label: 'Warnings' },
              { value: 'runs', label: 'Runs' },
              { value: 'console', label: 'Console' },
            ]}
          />
          {clusters.length > 0 && (
            <label className="pick">
              <span className="vh">Cluster</span>
              <select value={cluster ?? ''} onChange={(event) => set('cluster', event.target.value || null)}>
                <option value="">All clusters</option>
                {clusters.map(({ name }) => (
                  <option key={name} value={name}>
                    {name}
                  </option>
                ))}
              </select>
            </label>
          )}
        </div>
        {query.error && (
          <Notice
            state="critical"
            title={tell(query.error).message}
            actions={<Button onClick={() => query.refetch()}>Try again</Button>}
          >
            {tell(query.error).remedy}
          </Notice>
        )}
        {query.data && days.length === 0 ? (
          <Empty
            title={show === 'all' ? 'Nothing has happened yet' : 'Nothing of this kind has happened'}
            actions={show !== 'all' && <Button onClick={() => set('show', null)}>Show all</Button>}
          >
            Nodes that stop answering, links that fall behind, findings, conflicts and runs are kept here.
          </Empty>
        ) : (
          // biome-ignore lint/a11y/noStaticElementInteractions: arrow keys move between the rows' links
          <div onKeyDown={moveRow}>
            <Table
              label="Activity"
              className="happened"
              head={
                <>
                  <th>Time</th>
                  <th>Kind</th>
                  <th>What happened</th>
                  {cluster === null && <th className="wid">Cluster</th>}
                </>
              }
            >
              {query.data ? (
                days.map((day) => (
                  <Fragment key={day.key}>
                    <tr className="grp">
                      <th colSpan={4} scope="rowgroup">
                        {dayText(day.key, zone, now)}
                      </th>
                    </tr>
                    {day.entries.map((entry) => (
                      <EntryRow key={entry.item.id} entry={entry} zone={zone} all={cluster === null} />
                    ))}
                  </Fragment>
                ))
              ) : (
                <SkeletonRows rows={12} columns={4} />
              )}
            </Table>
          </div>
        )}
        {query.hasNextPage && (
          <div className="older">
            <Button size="sm" busy={query.isFetchingNextPage} onClick={() => query.fetchNextPage()}>
              Show older
            </Button>
          </div>
        )}
      </section>
    </>
  );
}

function EntryRow({ entry, zone, all }: { entry: Entry; zone: 'utc' | 'local'; all: boolean }) {
  const { item, times, firstAt } = entry;
  const to = targetOf(item);
  const text = <ArrowText>{item.text}</ArrowText>;
  return (
    <tr>
      <td className="f">
        <time dateTime={item.at} title={exactTime(item.at, zone)}>
          {clock(item.at, zone)}
        </time>
      </td>
      <td>
        <Kind item={item} />
      </td>
      <td className="what">
        {to === null ? (
          text
        ) : (
          <Link to={to} data-row>
            {text}
          </Link>
        )}
        {times > 1 && (
          <span className="f" title={`first at ${exactTime(firstAt, zone)}`}>
            {' '}
            {times} times since {clock(firstAt, zone)}
          </span>
        )}
      </td>
      {all && (
        <td className="wid">
          {item.cluster === null ? (
            <span className="f">console</span>
          ) : (
            <Link className="q" to={paths.overview(item.cluster)}>
              {item.cluster}
            </Link>
          )}
        </td>
      )}
    </tr>
  );
}

/** Icon and word of the kind; the colour is the severity's, with the severity's own icon. */
function Kind({ item }: { item: ActivityItem }) {
  const { icon, word } = KINDS[item.kind];
  const tone = item.severity === 'critical' ? 'crit' : item.severity === 'warning' ? 'warn' : 'note';
  const shown = item.severity === 'critical' ? OctagonX : item.severity === 'warning' ? TriangleAlert : icon;
  return (
    <span className={`st ${tone}`}>
      <Icon of={shown} size={12} />
      <span>
        {word}
        {tone !== 'note' && <span className="vh">, {item.severity}</span>}
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
