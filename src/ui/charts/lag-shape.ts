/**
 * From the history of some links to what a chart draws: rows on one time axis, gaps that stay gaps, stretches in which
 * a link is unknown, and where each line ends. No drawing and no units here, so all of it is tested.
 */
import type { LagSeries } from '#core/contract/history.ts';
import { pairKey } from '#core/model/keys.ts';
import { timeOf } from '#src/lib/point-time.ts';

/** What the chart measures: seconds behind, bytes behind, or bytes of WAL that the provider holds. */
export type LagMetric = 'seconds' | 'bytes' | 'held';

/** A stretch of time, both ends in ms since 1970. */
export interface Stretch {
  from: number;
  to: number;
}

/** One link as it is drawn. `last` is its last known value; `open` says that the link has been unknown since. */
export interface ShapedLine {
  key: string;
  provider: string;
  receiver: string;
  /** Of a line that is no link's own; null: the link is its name. */
  name: string | null;
  last: { t: number; v: number } | null;
  open: boolean;
  /** The largest value in the range, for an axis that shows all of it; null: nothing was measured. */
  max: number | null;
}

/** `v[i]` is the value of line `i` at `t`; null is a gap, never 0. */
export interface ShapedRow {
  t: number;
  v: (number | null)[];
}

/** From when to when links could not be read although the console was sampling. */
export interface UnknownLane extends Stretch {
  links: { provider: string; receiver: string }[];
  /** The stretch reaches the right end: the links are unknown now. */
  now: boolean;
}

export interface Shaped {
  rows: ShapedRow[];
  lines: ShapedLine[];
  lanes: UnknownLane[];
}

export const FIELD = { seconds: 'lagSeconds', bytes: 'lagBytes', held: 'walHeldBytes' } as const;

/** More columns than this are more than a screen has; buckets then keep their largest value, so that no peak is lost. */
const MAX_COLUMNS = 720;

/** Samples come a little early or late; only what is missing for longer is a gap. */
const JITTER_STEPS = 2.5;

export interface ShapeOptions extends Stretch {
  metric: LagMetric;
  /** Seconds between samples, as the history says. */
  step: number;
  notSampled: Stretch[];
}

/**
 * Puts the series on one axis. A sample that is missing for up to 2.5 steps is jitter and is bridged; a sample that is
 * null, or missing for longer, breaks the line.
 */
export function shapeLag(series: readonly DrawnSeries[], options: ShapeOptions): Shaped {
  const stepMs = Math.max(1, options.step * 1000);
  const bucket = stepMs * Math.max(1, Math.ceil((options.to - options.from) / stepMs / MAX_COLUMNS));
  const first = Math.floor(options.from / bucket);
  const count = Math.max(1, Math.floor(options.to / bucket) - first + 1);
  const jitter = Math.max(bucket, JITTER_STEPS * stepMs);

  const columns = series.map((one) => bucketed(one, options, first, count, bucket));
  for (const column of columns) bridge(column, Math.floor(jitter / bucket));

  const unsampled = new Array<boolean>(count).fill(false);
  for (const gap of options.notSampled) {
    for (let i = 0; i < count; i++) {
      const t = (first + i) * bucket;
      if (t > gap.from && t < gap.to) unsampled[i] = true;
    }
  }
  const rows: ShapedRow[] = [];
  for (let i = 0; i < count; i++) {
    rows.push({
      t: (first + i) * bucket,
      v: columns.map((column) => (unsampled[i] ? null : (column[i] ?? null))),
    });
  }
  const at = (i: number) => (first + i) * bucket;
  const lines = series.map((one, index) =>
    lineOf(one, columns[index] ?? [], at, options.to - jitter - bucket),
  );
  const lanes = mergeLanes(
    series.flatMap((one, index) =>
      one.name !== undefined ? [] : stretchesOf(one, columns[index] ?? [], unsampled, at, jitter, options),
    ),
    jitter,
  );
  return { rows, lines, lanes };
}

/** A link's own, or under a name that stands for several. */
type DrawnSeries = LagSeries & { name?: string };

type Cell = number | null | undefined;

/** undefined: no sample fell in the bucket; null: one did, and the value was not known. */
function bucketed(
  series: LagSeries,
  options: ShapeOptions,
  first: number,
  count: number,
  bucket: number,
): Cell[] {
  const column = new Array<Cell>(count).fill(undefined);
  const field = FIELD[options.metric];
  for (const point of series.points) {
    const i = Math.floor(timeOf(point) / bucket) - first;
    if (i < 0 || i >= count) continue;
    const value = point[field];
    const was = column[i];
    if (value === null) column[i] = was ?? null;
    else column[i] = was === null || was === undefined ? value : Math.max(was, value);
  }
  return column;
}

/** Fills holes without a sample (not those with an unknown value) that are no wider than `width`. */
function bridge(column: Cell[], width: number): void {
  let known = -1;
  for (let i = 0; i < column.length; i++) {
    const value = column[i];
    if (value === undefined) continue;
    const before = known >= 0 ? column[known] : undefined;
    if (typeof value === 'number' && typeof before === 'number' && i - known > 1 && i - known <= width + 1) {
      for (let hole = known + 1; hole < i; hole++) column[hole] = before;
    }
    known = i;
  }
}

function lineOf(series: DrawnSeries, column: Cell[], at: (i: number) => number, fresh: number): ShapedLine {
  let last: ShapedLine['last'] = null;
  let max: number | null = null;
  column.forEach((value, i) => {
    if (typeof value !== 'number') return;
    last = { t: at(i), v: value };
    max = max === null ? value : Math.max(max, value);
  });
  const end = last as ShapedLine['last'];
  return {
    key: series.name ?? pairKey(series.provider, series.receiver),
    name: series.name ?? null,
    provider: series.provider,
    receiver: series.receiver,
    last: end,
    open: end === null || end.t < fresh,
    max,
  };
}

function stretchesOf(
  series: LagSeries,
  column: Cell[],
  unsampled: boolean[],
  at: (i: number) => number,
  jitter: number,
  range: Stretch,
): UnknownLane[] {
  const found: UnknownLane[] = [];
  let start: number | null = null;
  const close = (end: number, now: boolean) => {
    if (start !== null && end - start > jitter) {
      found.push({
        from: start,
        to: end,
        now,
        links: [{ provider: series.provider, receiver: series.receiver }],
      });
    }
    start = null;
  };
  for (let i = 0; i < column.length; i++) {
    const missing = typeof column[i] !== 'number' && !unsampled[i];
    if (missing && start === null) start = Math.max(range.from, i === 0 ? range.from : at(i - 1));
    if (!missing) close(at(i), false);
  }
  close(range.to, true);
  return found;
}

/** Links that became unknown together, and came back together, share one stretch and one label. */
function mergeLanes(lanes: UnknownLane[], tolerance: number): UnknownLane[] {
  const merged: UnknownLane[] = [];
  for (const lane of lanes) {
    const same = merged.find(
      (other) =>
        other.now === lane.now &&
        Math.abs(other.from - lane.from) <= tolerance &&
        Math.abs(other.to - lane.to) <= tolerance,
    );
    if (same) {
      same.links.push(...lane.links);
      same.from = Math.min(same.from, lane.from);
      same.to = Math.max(same.to, lane.to);
    } else merged.push(lane);
  }
  return merged.sort((a, b) => a.from - b.from);
}

// One for all: `localeCompare` makes its own each time, and a hundred names are sorted each second.
const { compare: byName } = new Intl.Collator('en', { numeric: true });

/**
 * The links of a label: `n1 → n3`, `n1, n2 → n3` when they share an end, `18 nodes → n41` when those are many; null when
 * they share none and have to be counted.
 */
export function linksInWords(links: { provider: string; receiver: string }[]): string | null {
  const providers = [...new Set(links.map((link) => link.provider))];
  const receivers = [...new Set(links.map((link) => link.receiver))];
  if (links.length === 0 || (providers.length > 1 && receivers.length > 1)) return null;
  const side = (names: string[]) =>
    names.length > 2 ? `${names.length} nodes` : [...names].sort(byName).join(', ');
  return `${side(providers)} → ${side(receivers)}`;
}
