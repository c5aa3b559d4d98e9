/** Many links as few lines: what is not well by name, of all others the worst and the median. Pure. */
import type { LagSeries } from '#core/contract/history.ts';
import { timeOf } from '#src/lib/point-time.ts';
import type { LineTone } from './end-labels.ts';
import { FIELD, type LagMetric } from './lag-shape.ts';

/** What a chart draws as one line. */
export interface ChartSeries extends LagSeries {
  /** Of a line that is no link's own: `median`. */
  name?: string;
  tone: LineTone;
}

type Points = LagSeries['points'];
type ToneOf = (provider: string, receiver: string) => LineTone;

/** Up to so many links each has its own line. */
export const OWN_LINES = 12;

export const ownLines = (series: readonly LagSeries[], toneOf: ToneOf): ChartSeries[] =>
  series.map((one) => ({ ...one, tone: toneOf(one.provider, one.receiver) }));

/** A moment of a cluster of many links: the worst, the 20th worst and the median of all that could be read. */
export interface RankedMoment {
  /** ms since 1970. */
  at: number;
  worst: number | null;
  twentieth: number | null;
  half: number | null;
}

/** The links that are not well keep their own lines, the worst of them; of all others stand the worst and the median. */
export function condensed(
  series: readonly LagSeries[],
  stepSeconds: number,
  metric: LagMetric,
  toneOf: ToneOf,
): ChartSeries[] {
  const last = ({ points }: LagSeries) => points.at(-1)?.[FIELD[metric]] ?? null;
  const ill = ownLines(series, toneOf)
    .filter((one) => one.tone !== 'quiet' && last(one) !== null)
    .sort((a, b) => (last(b) ?? 0) - (last(a) ?? 0))
    .slice(0, OWN_LINES / 2);
  const own = new Set(ill.map(({ points }) => points));
  const others = series.filter(({ points }) => !own.has(points));
  const moments = momentsOf(others, stepSeconds, metric);
  const worst = ill.length > 0 ? `worst of ${others.length} others` : `worst of ${others.length} links`;
  return [
    ...ill,
    summary(worst, 'quiet', metric, moments, (values) => values[0]),
    summary('median', 'quiet', metric, moments, (values) => values[Math.floor(values.length / 2)]),
  ];
}

/**
 * Of thousands of links only the worst (`series`) have a history: the worst, the 20th worst, and the median from the moment on
 * at which it was measured.
 */
export function ranked(
  series: readonly LagSeries[],
  stepSeconds: number,
  metric: LagMetric,
  toneOf: ToneOf,
  live: readonly RankedMoment[],
): ChartSeries[] {
  const first = live[0]?.at ?? Number.POSITIVE_INFINITY;
  const before = momentsOf(series, stepSeconds, metric).filter(({ at }) => at < first);
  const tones = series.map(({ provider, receiver }) => toneOf(provider, receiver));
  const worst = tones.includes('crit') ? 'crit' : tones.includes('warn') ? 'warn' : 'quiet';
  const line = (
    name: string,
    tone: LineTone,
    rank: number | null,
    of: (now: RankedMoment) => number | null,
  ) => {
    const past = summary(name, tone, metric, before, (values) => (rank === null ? null : values[rank]));
    return { ...past, points: [...past.points, ...live.map((now) => pointOf(now.at, of(now), metric))] };
  };
  return [
    line('worst', worst, 0, (now) => now.worst),
    line('20th worst', 'strong', 19, (now) => now.twentieth),
    line('median', 'quiet', null, (now) => now.half),
  ];
}

interface Moment {
  at: number;
  /** Those that are known, the largest first. */
  values: number[];
}

/** One for each step in which anything was sampled, at its latest sample. */
function momentsOf(series: readonly LagSeries[], stepSeconds: number, metric: LagMetric): Moment[] {
  const stepMs = Math.max(1, stepSeconds * 1000);
  const field = FIELD[metric];
  const bySlot = new Map<number, Moment>();
  for (const { points } of series) {
    for (const point of points) {
      const at = timeOf(point);
      const slot = Math.floor(at / stepMs);
      const moment = bySlot.get(slot) ?? { at, values: [] };
      moment.at = Math.max(moment.at, at);
      const value = point[field];
      if (value !== null) moment.values.push(value);
      bySlot.set(slot, moment);
    }
  }
  const moments = [...bySlot.values()].sort((a, b) => a.at - b.at);
  for (const { values } of moments) values.sort((a, b) => b - a);
  return moments;
}

function summary(
  name: string,
  tone: LineTone,
  metric: LagMetric,
  moments: readonly Moment[],
  of: (values: number[]) => number | null | undefined,
): ChartSeries {
  const points = moments.map(({ at, values }) => pointOf(at, of(values) ?? null, metric));
  return { provider: '', receiver: '', name, tone, points };
}

const NOTHING = { lagSeconds: null, lagBytes: null, walHeldBytes: null };

const pointOf = (at: number, value: number | null, metric: LagMetric): Points[number] => ({
  at: new Date(at).toISOString(),
  ...NOTHING,
  [FIELD[metric]]: value,
});
