/** Lag over time: one line a link, what happened on the same axis, and link by link in numbers. */
import { useQuery } from '@tanstack/react-query';
import { Suspense, useCallback, useMemo, useRef } from 'react';
import { Link, useLocation, useNavigate } from 'react-router';
import { linkKey, pairKey } from '#core/model/keys.ts';
import type { LinkSnapshot, Snapshot } from '#core/model/snapshot.ts';
import { useClusterName, useSnapshot } from '#src/api/hooks.ts';
import { activityBetweenQuery } from '#src/api/queries.ts';
import { paths } from '#src/lib/paths.ts';
import { plural } from '#src/lib/units.ts';
import { QueryFault } from '#src/parts/query-fault.tsx';
import { useSearchState, withSearch } from '#src/parts/search-state.ts';
import { Button } from '#src/ui/button.tsx';
import { ChartFrame } from '#src/ui/charts/chart-frame.tsx';
import type { LineTone } from '#src/ui/charts/end-labels.ts';
import { eventMarks } from '#src/ui/charts/event-marks.ts';
import { ownLines } from '#src/ui/charts/few-lines.ts';
import { linkTone } from '#src/ui/charts/link-tone.ts';
import { lazyPart } from '#src/ui/lazy-part.tsx';
import { SectionHead } from '#src/ui/section.tsx';
import { LagControls, type SetView } from './lag-controls.tsx';
import { RANGES, viewOf } from './lag-range.ts';
import { LagSay } from './lag-say.tsx';
import { type LinkStats, statsOf, worstFirst } from './link-stats.ts';
import { LinksTable, nameOf } from './links-table.tsx';
import { useHistory } from './use-history.ts';

const LagChart = lazyPart(() => import('#src/ui/charts/lag-chart.tsx'));

const findingsOf = (snapshot: Snapshot) => snapshot.findings;
const linksOf = (snapshot: Snapshot): LinkSnapshot[] => snapshot.links;

const WORDS = { seconds: 'time behind', bytes: 'bytes behind', held: 'WAL that providers hold' };

export function Component() {
  const cluster = useClusterName();
  const links = useSnapshot(linksOf);
  const [search, setSearch] = useSearchState();
  const location = useLocation();
  const navigate = useNavigate();
  const view = useMemo(() => viewOf(search), [search]);
  const { history, error, refetch, from, to, many, waiting } = useHistory(view.range);
  const byKey = useMemo(() => new Map(links.map((link) => [linkKey(link), link])), [links]);
  const activity = useQuery(activityBetweenQuery(cluster, eventRange(from, view.range))).data?.items;
  const findings = useSnapshot(findingsOf);
  const marks = useMemo(() => eventMarks(activity ?? [], findings, from, to), [activity, findings, from, to]);
  const stats = useOrdered(
    useMemo(
      () => (history?.series ?? []).map((series) => statsOf(series, view.metric, from)),
      [history, view.metric, from],
    ),
    `${cluster} ${search.get('range')} ${search.get('from')} ${view.metric}`,
    many,
  );
  const set: SetView = useCallback((changes) => setSearch(changes, 'push'), [setSearch]);
  const toneOf = useCallback(
    (provider: string, receiver: string) =>
      toneOfLink(byKey.get(pairKey(provider, receiver)), view.link === `${provider}>${receiver}`),
    [byKey, view.link],
  );
  const drawn = useMemo(() => ownLines(history?.series ?? [], toneOf), [history, toneOf]);
  const hrefOf = (link: string | null) => {
    const query = withSearch(search, { link }).toString();
    return location.pathname + (query === '' ? '' : `?${query}`);
  };
  const chosen = stats.find((one) => nameOf(one) === view.link);
  const onBrush = useCallback(
    (start: number, end: number) =>
      set({ range: null, from: new Date(start).toISOString(), to: new Date(end).toISOString() }),
    [set],
  );
  const shown = history?.series.length ?? 0;
  return (
    <>
      <LagSay links={links} stats={stats} range={view.range} metric={view.metric} />
      <QueryFault query={{ error, refetch }} />
      <section className="section">
        <LagControls view={view} from={from} to={to} onSet={set} />
        <SectionHead
          title="Lag"
          note={`${WORDS[view.metric]}, ${rangeWords(view.range)}, ${view.scale}${many ? `; the ${shown} worst of ${plural(links.length, 'link')}` : ''}`}
        >
          {chosen && (
            <>
              <Subscriptions cluster={cluster} link={byKey.get(chosen.key)} />
              <Button
                size="sm"
                onClick={() => navigate(hrefOf(null), { replace: true, preventScrollReset: true })}
              >
                Show all alike
              </Button>
            </>
          )}
          {view.range.kind === 'custom' && (
            <Button size="sm" onClick={() => set({ from: null, to: null })}>
              Back to now
            </Button>
          )}
        </SectionHead>
        <div aria-busy={waiting || undefined} className={waiting ? 'lag-waits' : ''}>
          <Suspense fallback={<ChartFrame height={320} />}>
            {history ? (
              <LagChart
                series={drawn}
                from={from}
                to={to}
                step={history.step}
                metric={view.metric}
                scale={view.scale}
                notSampled={history.notSampled}
                marks={marks}
                height={320}
                onBrush={onBrush}
                label={`Lag of ${plural(shown, 'link')}, ${WORDS[view.metric]}, ${rangeWords(view.range)}. The table below has the numbers.`}
              />
            ) : (
              <ChartFrame height={320} />
            )}
          </Suspense>
        </div>
        <p className="faint chart-hint wide-only">Drag over the chart to look closer.</p>
      </section>
      <section className="section">
        <LinksTable
          stats={stats}
          history={history}
          links={byKey}
          metric={view.metric}
          scale={view.scale}
          from={from}
          to={to}
          chosen={view.link}
          hrefOf={hrefOf}
          onChoose={(link) => navigate(hrefOf(link), { replace: true, preventScrollReset: true })}
          above={(menu) => (
            <SectionHead
              title="Link by link"
              count={stats.length}
              note={many ? 'the worst in this range' : `small lines on one ${view.scale} scale`}
            >
              {menu}
            </SectionHead>
          )}
        />
      </section>
    </>
  );
}

function Subscriptions({ cluster, link }: { cluster: string; link: LinkSnapshot | undefined }) {
  return link?.subscriptions.map((name) => (
    <Link key={name} className="text-action" to={paths.subscription(cluster, link.receiver, name)}>
      Open {name}
    </Link>
  ));
}

function toneOfLink(link: LinkSnapshot | undefined, chosen: boolean): LineTone {
  const tone = linkTone(link);
  return chosen && tone === 'quiet' ? 'strong' : tone;
}

/** Of a range that goes on, the begin stays for a minute: what is asked for does not change with every poll. */
function eventRange(from: number, range: ReturnType<typeof viewOf>['range']): { from: string; to?: string } {
  if (range.kind === 'custom')
    return { from: new Date(from).toISOString(), to: new Date(range.to).toISOString() };
  return { from: new Date(Math.floor(from / 60_000) * 60_000).toISOString() };
}

function rangeWords(range: ReturnType<typeof viewOf>['range']): string {
  if (range.kind === 'custom') return 'the range chosen';
  return `last ${RANGES.find((one) => one.value === range.name)?.label ?? ''}`;
}

/** Few links stand by name. Many stand by how bad they were, in an order that keeps while the range does: no row jumps. */
function useOrdered(stats: LinkStats[], key: string, many: boolean): LinkStats[] {
  const kept = useRef<{ key: string; order: string[] }>({ key: '', order: [] });
  if (!many) return [...stats].sort((a, b) => nameOf(a).localeCompare(nameOf(b), 'en', { numeric: true }));
  if (kept.current.key !== key && stats.length > 0) {
    kept.current = { key, order: worstFirst(stats).map((one) => one.key) };
  }
  const { order } = kept.current;
  const place = (one: LinkStats) => (order.includes(one.key) ? order.indexOf(one.key) : order.length);
  return [...stats].sort((a, b) => place(a) - place(b));
}
