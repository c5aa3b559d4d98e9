/** What a link's history says in numbers: now, at most, in the middle, and for how long it was not known. */
import type { LagSeries } from '#core/contract/history.ts';
import { linkKey } from '#core/model/keys.ts';
import type { LagMetric } from '#src/ui/charts/lag-shape.ts';

const FIELD = { seconds: 'lagSeconds', bytes: 'lagBytes', held: 'walHeldBytes' } as const;

export interface LinkStats {
  key: string;
  provider: string;
  receiver: string;
  max: number | null;
  maxAt: string | null;
  median: number | null;
  /** Share of the samples without a value, 0 to 1. */
  unknown: number;
}

/** Null, never 0, where nothing was measured in the range. */
export function statsOf(series: LagSeries, metric: LagMetric, from = Number.NEGATIVE_INFINITY): LinkStats {
  const known: number[] = [];
  let max: number | null = null;
  let maxAt: string | null = null;
  let samples = 0;
  for (const point of series.points) {
    if (Date.parse(point.at) < from) continue;
    samples += 1;
    const value = point[FIELD[metric]];
    if (value === null) continue;
    known.push(value);
    if (max === null || value > max) {
      max = value;
      maxAt = point.at;
    }
  }
  known.sort((a, b) => a - b);
  return {
    key: linkKey(series),
    provider: series.provider,
    receiver: series.receiver,
    max,
    maxAt,
    median: known.length === 0 ? null : (known[Math.floor((known.length - 1) / 2)] ?? null),
    unknown: samples === 0 ? 1 : 1 - known.length / samples,
  };
}

/** The links that were furthest behind in the range first; those that were never known last. */
export function worstFirst(stats: LinkStats[]): LinkStats[] {
  return [...stats].sort((a, b) => (b.max ?? -1) - (a.max ?? -1) || (a.key < b.key ? -1 : 1));
}
