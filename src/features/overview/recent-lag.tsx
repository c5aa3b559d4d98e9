/** The chart of the last 15 minutes. Its library comes in a chunk of its own, after the page shows its data. */
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import type { ActivityItem, LagHistory } from '#core/contract/history.ts';
import type { Finding } from '#core/model/finding.ts';
import { pairKey } from '#core/model/keys.ts';
import type { LinkSnapshot, Snapshot } from '#core/model/snapshot.ts';
import { linkOfKey } from '#core/snapshot/places.ts';
import { useClusterName, useLagRanks, useRecentLag, useSnapshot } from '#src/api/hooks.ts';
import { activityQuery } from '#src/api/queries.ts';
import { type LagRanks, MAX_SERIES, RECENT_MS, stepKey } from '#src/api/recent.ts';
import { plural } from '#src/lib/units.ts';
import { useHeld } from '#src/lib/use-held.ts';
import { ChartFrame } from '#src/ui/charts/chart-frame.tsx';
import { eventMarks } from '#src/ui/charts/event-marks.ts';
import { type ChartSeries, condensed, OWN_LINES, ownLines, ranked } from '#src/ui/charts/few-lines.ts';
import type { LagMetric, UnknownLane } from '#src/ui/charts/lag-shape.ts';
import { linkTone } from '#src/ui/charts/link-tone.ts';
import { lazyPart } from '#src/ui/lazy-part.tsx';
import { EVENTS } from './events-shown.ts';

const LagChart = lazyPart(() => import('#src/ui/charts/lag-chart.tsx'));

/** Drawn when a point of a new step has come or its marks have changed, not with each poll: it would be most of what a poll costs. */
export function RecentLag({ metric, height }: { metric: LagMetric; height: number }) {
  const cluster = useClusterName();
  const now = {
    history: useRecentLag(),
    links: useSnapshot(linksOf),
    findings: useSnapshot(findingsOf),
    ranks: useLagRanks(),
    events: useQuery(activityQuery(cluster, EVENTS)).data?.items,
  };
  const { events: latest, findings: open } = now;
  const key = [stepKey(now.history), latest?.[0]?.id, open.map(({ id }) => id).join()].join(' ');
  const held = useHeld(key, now);
  return useMemo(() => <Chart {...held} metric={metric} height={height} />, [held, metric, height]);
}

const linksOf = (snapshot: Snapshot) => snapshot.links;
const findingsOf = (snapshot: Snapshot) => snapshot.findings;

interface ChartProps {
  history: LagHistory | undefined;
  links: LinkSnapshot[];
  findings: Finding[];
  ranks: LagRanks[];
  events: ActivityItem[] | undefined;
  metric: LagMetric;
  height: number;
}

/** What is drawn, with its right edge at the newest point. */
function Chart({ history, links, findings, ranks, events, metric, height }: ChartProps) {
  const series = useMemo(
    () => (history === undefined ? [] : drawnLines(history, links, metric, ranks)),
    [history, links, metric, ranks],
  );
  if (history === undefined) return <ChartFrame height={height} />;
  const to = Date.parse(history.to);
  const from = to - RECENT_MS;
  const marks = eventMarks(events ?? [], findings, from, to).filter(
    ({ tone, kind }) => tone !== 'plain' || kind === 'console' || kind === 'node',
  );
  return (
    <LagChart
      series={series}
      unknown={history.series.length > OWN_LINES ? unknownNow(links, to) : NO_LANES}
      from={from}
      to={to}
      step={history.step}
      metric={metric}
      // Over twelve nodes seconds stand beside hours.
      scale={links.length > MAX_SERIES ? 'log' : 'linear'}
      notSampled={history.notSampled}
      marks={marks}
      label={`Lag of ${plural(links.length, 'link')} over 15 minutes`}
      height={height}
    />
  );
}

const NO_LANES: UnknownLane[] = [];

/** Each link by itself while they are few; of many those that are not well, or only ranks where not all have a history. */
export function drawnLines(
  history: Pick<LagHistory, 'series' | 'step'>,
  links: readonly LinkSnapshot[],
  metric: LagMetric,
  ranks: readonly LagRanks[] = [],
): ChartSeries[] {
  const { series, step } = history;
  const toneOf = (provider: string, receiver: string) =>
    linkTone(linkOfKey(links, pairKey(provider, receiver)));
  if (series.length <= OWN_LINES) return ownLines(series, toneOf);
  if (series.length >= links.length * 0.9) return condensed(series, step, metric, toneOf);
  return ranked(series, step, metric, toneOf, metric === 'seconds' ? ranks : []);
}

/** Links of which nothing is known now: under the axis from the first moment on, though no line of theirs is drawn. */
export function unknownNow(links: readonly LinkSnapshot[], to: number): UnknownLane[] {
  const dark = links.filter((link) => link.state === 'unknown' && link.lagSeconds === null);
  if (dark.length === 0) return [];
  const since = dark.map((link) => Date.parse(link.since ?? link.observedAt ?? '1970-01-01T00:00:00Z'));
  return [{ from: Math.min(...since), to, links: dark, now: true }];
}
