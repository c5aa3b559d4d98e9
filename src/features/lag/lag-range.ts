/** The range, measure and scale of the lag page, as they stand on its address. */
import type { LagMetric } from '#src/ui/charts/lag-shape.ts';

export const RANGES = [
  { value: '15m', label: '15 min', seconds: 900 },
  { value: '1h', label: '1 h', seconds: 3600 },
  { value: '6h', label: '6 h', seconds: 6 * 3600 },
  { value: '24h', label: '24 h', seconds: 86_400 },
  { value: '7d', label: '7 d', seconds: 7 * 86_400 },
  { value: '30d', label: '30 d', seconds: 30 * 86_400 },
] as const;
export type RangeName = (typeof RANGES)[number]['value'];

/** `live` follows the clock; a custom range stands still. Ends in ms since 1970. */
export type Range =
  | { kind: 'live'; name: RangeName; seconds: number }
  | { kind: 'custom'; from: number; to: number };

export interface View {
  range: Range;
  metric: LagMetric;
  scale: 'linear' | 'log';
  /** The chosen link, as the API writes it: `n1>n2`. */
  link: string | null;
}

const METRICS: LagMetric[] = ['seconds', 'bytes', 'held'];

/** Reads the address; what is malformed there is as if it were not there. */
export function viewOf(search: URLSearchParams): View {
  const metric = METRICS.find((one) => one === search.get('measure')) ?? 'seconds';
  return {
    range: rangeOf(search),
    metric,
    scale: search.get('scale') === 'log' ? 'log' : 'linear',
    link: search.get('link'),
  };
}

function rangeOf(search: URLSearchParams): Range {
  const from = Date.parse(search.get('from') ?? '');
  const to = Date.parse(search.get('to') ?? '');
  if (from < to) return { kind: 'custom', from, to };
  const named = RANGES.find((one) => one.value === search.get('range')) ?? RANGES[0];
  return { kind: 'live', name: named.value, seconds: named.seconds };
}

/** About so many points a link: more than this a chart cannot show. */
const POINTS = 480;
const STEPS = [1, 2, 5, 10, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200];

/** Seconds between the points to ask for, for a range of so many seconds. */
export const stepFor = (seconds: number): number => STEPS.find((step) => seconds / step <= POINTS) ?? 7200;

/** How often a live range is read again, in ms: as often as it gets a new point, within reason. */
export const refreshFor = (seconds: number): number =>
  Math.min(300_000, Math.max(5_000, stepFor(seconds) * 1000));
