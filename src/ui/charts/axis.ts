/** Axes: round steps for seconds, bytes and clock times, and a top that does not jump. */
import type { LagMetric } from './lag-shape.ts';

const SECONDS = [
  0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800,
  3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800,
];

/** The largest of three to five equal steps from 0 that show `max`; sizes go by 1024. */
function stepFor(max: number, metric: LagMetric): number {
  const wanted = max / 4;
  if (metric === 'seconds')
    return SECONDS.find((step) => step >= wanted) ?? 604800 * Math.ceil(wanted / 604800);
  let unit = 1;
  while (wanted > unit * 512 && unit < 1024 ** 5) unit *= 1024;
  const round = [1, 2, 5, 10, 20, 50, 100, 200, 250, 500, 1024].find((step) => step * unit >= wanted) ?? 1024;
  return round * unit;
}

/** Ticks from 0 up; the last one is the top of the axis. `max` in seconds or bytes. */
export function linearTicks(max: number, metric: LagMetric): number[] {
  const least = metric === 'seconds' ? 1 : 64 * 1024;
  const top = Math.max(max, least);
  const step = stepFor(top, metric);
  const count = Math.max(2, Math.ceil(top / step - 1e-9));
  return Array.from({ length: count + 1 }, (_, i) => i * step);
}

/** Where a log axis begins: what is smaller is drawn on it, and the axis says "or less". */
export const logFloor = (metric: LagMetric): number => (metric === 'seconds' ? 0.01 : 1024);

/** Powers from the floor to above `max`: of ten for seconds, of 32 for bytes. */
export function logTicks(max: number, metric: LagMetric): number[] {
  const factor = metric === 'seconds' ? 10 : 32;
  const ticks = [logFloor(metric)];
  while ((ticks.at(-1) ?? 1) < max || ticks.length < 3) ticks.push((ticks.at(-1) ?? 1) * factor);
  return ticks;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const TIME_STEPS = [
  1_000,
  5_000,
  10_000,
  30_000,
  MINUTE,
  2 * MINUTE,
  3 * MINUTE,
  5 * MINUTE,
  10 * MINUTE,
  15 * MINUTE,
  30 * MINUTE,
  HOUR,
  2 * HOUR,
  3 * HOUR,
  6 * HOUR,
  12 * HOUR,
  DAY,
  2 * DAY,
  5 * DAY,
  7 * DAY,
];

/** Round clock times in `from..to` (ms), about `count` of them; `offset` is the zone's minutes east of UTC. */
export function timeTicks(from: number, to: number, count: number, offset = 0): number[] {
  const wanted = (to - from) / Math.max(1, count);
  const step = TIME_STEPS.find((one) => one >= wanted) ?? 7 * DAY;
  const shift = offset * MINUTE;
  const ticks: number[] = [];
  for (let t = Math.ceil((from + shift) / step) * step - shift; t <= to; t += step) ticks.push(t);
  return ticks;
}

/** How long an axis stays wide after the peak that widened it has left, in ms. */
const NARROW_AFTER = 60_000;

/** The top of an axis over time: it widens at once and narrows only when it has been too wide for a minute. */
export class SteadyTop {
  #top = 0;
  #tooWideSince: number | null = null;

  /** `wanted` is the top that the data asks for now, `now` in ms. */
  next(wanted: number, now: number): number {
    if (wanted >= this.#top) {
      this.#top = wanted;
      this.#tooWideSince = null;
      return wanted;
    }
    this.#tooWideSince ??= now;
    if (now - this.#tooWideSince >= NARROW_AFTER) {
      this.#top = wanted;
      this.#tooWideSince = null;
    }
    return this.#top;
  }

  /** Another unit or range was chosen: what was wide there says nothing here. */
  reset(): void {
    this.#top = 0;
    this.#tooWideSince = null;
  }
}
