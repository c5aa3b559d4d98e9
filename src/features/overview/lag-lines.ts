/** From the history of lags to the lines of the chart: which is drawn how, what is written at its end. Pure. */
import type { LagHistory, LagSeries } from '#core/contract/history.ts';
import { linkKey } from '#core/model/keys.ts';
import type { LinkSnapshot } from '#core/model/snapshot.ts';
import type { LagRanks } from '#src/api/recent.ts';
import { shownState } from '#src/lib/link-state.ts';
import { bytesText, duration } from '#src/lib/units.ts';

export type Measure = 'time' | 'bytes' | 'held';
/** plain: well; strong: grows without being known to be ill; warn and crit as the link's state. */
export type LineTone = 'plain' | 'strong' | 'warn' | 'crit';

export interface Line {
  key: string;
  name: string;
  tone: LineTone;
  last: number | null;
}

export interface Row {
  at: number;
  values: (number | null)[];
}

export interface EndLabel {
  text: string;
  /** Its value, kept where the text has to be cut. */
  tail: string;
  tone: LineTone;
  /** Where it would stand, on the value axis. */
  value: number;
}

export interface LagModel {
  lines: Line[];
  rows: Row[];
  labels: EndLabel[];
  /** Links of which nothing is known now: hatched under the axis from the first moment. */
  noData: { text: string; from: number } | null;
  max: number;
}

/** Up to so many links each has its own line; beyond, those that are well are put together. */
export const OWN_LINES = 12;

const measured = (point: LagSeries['points'][number], measure: Measure): number | null =>
  measure === 'time' ? point.lagSeconds : measure === 'bytes' ? point.lagBytes : point.walHeldBytes;

export const measureText = (value: number, measure: Measure): string =>
  measure === 'time' ? duration(value) : bytesText(value);

const arrow = (link: { provider: string; receiver: string }): string => `${link.provider} → ${link.receiver}`;

export function lagModel(
  history: LagHistory,
  links: LinkSnapshot[],
  measure: Measure,
  ranks: LagRanks[] = [],
): LagModel {
  const table = rowsOf(history, measure);
  const byKey = new Map(links.map((link) => [linkKey(link), link]));
  const whole = history.series.length >= links.length * 0.9;
  const lines = linesOf(history.series, table.at(-1), byKey);
  const noData = noDataLane(links);
  const own =
    history.series.length <= OWN_LINES
      ? { lines, rows: table, labels: labelsOf(lines, measure) }
      : whole
        ? condensed(lines, table, measure)
        : ranked(lines, table, measure, measure === 'time' ? ranks : []);
  const max = own.rows.reduce(
    (top, row) => row.values.reduce<number>((most, value) => Math.max(most, value ?? 0), top),
    0,
  );
  return { ...own, noData, max };
}

/** All series on one time axis; a stretch without any point becomes a row of nulls, so that no line runs through it. */
function rowsOf(history: LagHistory, measure: Measure): Row[] {
  const stepMs = history.step * 1000;
  const bySlot = new Map<number, Row>();
  history.series.forEach((series, column) => {
    for (const point of series.points) {
      const at = Date.parse(point.at);
      const slot = Math.floor(at / stepMs);
      const row = bySlot.get(slot) ?? {
        at,
        values: new Array<number | null>(history.series.length).fill(null),
      };
      row.at = Math.max(row.at, at);
      row.values[column] = measured(point, measure);
      bySlot.set(slot, row);
    }
  });
  const rows = [...bySlot.values()].sort((a, b) => a.at - b.at);
  return rows.flatMap((row, at) => {
    const next = rows[at + 1];
    const hole = next !== undefined && next.at - row.at > stepMs * 2.5;
    return hole ? [row, { at: row.at + stepMs, values: row.values.map(() => null) }] : [row];
  });
}

function toneOf(link: LinkSnapshot | undefined, last: number | null): LineTone {
  const state = link && shownState(link);
  if (state === 'behind') return 'warn';
  if (state === 'down') return 'crit';
  return state === 'unknown' && last !== null ? 'strong' : 'plain';
}

function linesOf(series: LagSeries[], newest: Row | undefined, links: Map<string, LinkSnapshot>): Line[] {
  return series.map((one, column) => {
    const last = newest?.values[column] ?? null;
    return { key: linkKey(one), name: arrow(one), tone: toneOf(links.get(linkKey(one)), last), last };
  });
}

const sorted = (values: (number | null)[]): number[] =>
  values.filter((value) => value !== null).sort((a, b) => b - a);

/** Those that are not well keep their own lines, the worst of them; of all others stand the worst and the median. */
function condensed(
  lines: Line[],
  rows: Row[],
  measure: Measure,
): Pick<LagModel, 'lines' | 'rows' | 'labels'> {
  const ill = lines
    .map((line, column) => ({ line, column }))
    .filter(({ line }) => line.tone !== 'plain' && line.last !== null)
    .sort((a, b) => (b.line.last ?? 0) - (a.line.last ?? 0))
    .slice(0, OWN_LINES / 2);
  const own = new Set(ill.map(({ column }) => column));
  const all = rows.map((row) => {
    const rest = sorted(row.values.filter((_, column) => !own.has(column)));
    return {
      at: row.at,
      values: [
        ...ill.map(({ column }) => row.values[column] ?? null),
        rest[0] ?? null,
        rest[Math.floor(rest.length / 2)] ?? null,
      ],
    };
  });
  const newest = all.at(-1)?.values ?? [];
  const others = lines.length - ill.length;
  const worst: Line = {
    key: 'worst',
    name: ill.length > 0 ? `worst of ${others} others` : 'worst',
    tone: 'plain',
    last: newest.at(-2) ?? null,
  };
  const half: Line = { key: 'half', name: 'half of them', tone: 'plain', last: newest.at(-1) ?? null };
  const named = ill.map(({ line }) => line);
  const labels = labelsOf(named, measure);
  if (worst.last !== null)
    labels.push({
      text: `${others} ${ill.length > 0 ? 'others' : 'links'} ≤`,
      tail: measureText(worst.last, measure),
      tone: 'plain',
      value: worst.last,
    });
  return { lines: [...named, worst, half], rows: all, labels };
}

/** Of thousands only the worst have a history: the worst and the 20th worst, and the median from the moment on at which the page was opened. */
function ranked(
  lines: Line[],
  rows: Row[],
  measure: Measure,
  live: LagRanks[],
): Pick<LagModel, 'lines' | 'rows' | 'labels'> {
  const first = live[0]?.at ?? Number.POSITIVE_INFINITY;
  const before = rows
    .filter((row) => row.at < first)
    .map((row) => {
      const known = sorted(row.values);
      return { at: row.at, values: [known[0] ?? null, known[19] ?? null, null] };
    });
  const all = [
    ...before,
    ...live.map((one) => ({ at: one.at, values: [one.worst, one.twentieth, one.half] })),
  ];
  const newest = all.at(-1)?.values ?? [];
  const tones = lines.map((line) => line.tone);
  const worst: LineTone = tones.includes('crit') ? 'crit' : tones.includes('warn') ? 'warn' : 'plain';
  const drawn: Line[] = [
    { key: 'worst', name: 'worst', tone: worst, last: newest[0] ?? null },
    { key: 'twentieth', name: '20th worst', tone: 'strong', last: newest[1] ?? null },
    { key: 'half', name: 'half under', tone: 'plain', last: newest[2] ?? null },
  ];
  const labels = drawn.flatMap((line) =>
    line.last === null
      ? []
      : [{ text: line.name, tail: measureText(line.last, measure), tone: line.tone, value: line.last }],
  );
  return { lines: drawn, rows: all, labels };
}

/** Lines that are not well are named one by one, worst first; those that are well share one label. */
function labelsOf(lines: Line[], measure: Measure): EndLabel[] {
  const known = lines.filter((line): line is Line & { last: number } => line.last !== null);
  const ill = known.filter((line) => line.tone !== 'plain').sort((a, b) => b.last - a.last);
  const well = known.filter((line) => line.tone === 'plain');
  const labels: EndLabel[] = ill.slice(0, 4).map((line) => ({
    text: line.name,
    tail: measureText(line.last, measure),
    tone: line.tone,
    value: line.last,
  }));
  if (ill.length > 4)
    labels.push({ text: `${ill.length - 4} more`, tail: '', tone: 'strong', value: ill[4]?.last ?? 0 });
  const only = well[0];
  if (well.length === 1 && only)
    labels.push({ text: only.name, tail: measureText(only.last, measure), tone: 'plain', value: only.last });
  if (well.length > 1) {
    const top = Math.max(...well.map((line) => line.last));
    labels.push({
      text: `${well.length} ${ill.length > 0 ? 'others' : 'links'} ≤`,
      tail: measureText(top, measure),
      tone: 'plain',
      value: top,
    });
  }
  return labels;
}

function noDataLane(links: LinkSnapshot[]): LagModel['noData'] {
  const dark = links.filter((link) => link.state === 'unknown' && link.lagSeconds === null);
  const first = dark[0];
  if (first === undefined) return null;
  const from = Math.min(
    ...dark.map((link) => Date.parse(link.since ?? link.observedAt ?? '1970-01-01T00:00:00Z')),
  );
  return { text: dark.length === 1 ? `${arrow(first)} no data` : `${dark.length} links no data`, from };
}

const SECOND_STEPS = [
  0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200, 86_400,
];

/** Three or four steps from 0 that hold `max`, in steps that a clock or PostgreSQL would use. */
export function ticksFor(max: number, measure: Measure): number[] {
  const step =
    measure === 'time'
      ? (SECOND_STEPS.find((one) => one * 4 >= max) ?? Math.ceil(max / 4 / 86_400) * 86_400)
      : 2 ** Math.max(10, Math.ceil(Math.log2(Math.max(max, 1) / 4)));
  const count = Math.max(2, Math.ceil(max / step));
  return Array.from({ length: count + 1 }, (_, at) => at * step);
}

/** The floor of a log axis, and its ticks: powers of ten from it to the one that holds `max`. */
export const LOG_FLOOR: Record<Measure, number> = { time: 0.1, bytes: 1024, held: 1024 };
const LOG_SECONDS = [0.1, 1, 10, 60, 600, 3600, 36_000, 360_000, 3_600_000];
export function logTicks(max: number, measure: Measure): number[] {
  const all =
    measure === 'time' ? LOG_SECONDS : Array.from({ length: 9 }, (_, at) => LOG_FLOOR[measure] * 32 ** at);
  const holds = all.findIndex((tick) => tick >= max);
  return all.slice(0, Math.max(3, (holds < 0 ? all.length : holds) + 1));
}

/** Text of a tick: `15 s`, `2 m`, `0`. */
export function tickText(value: number, measure: Measure): string {
  if (value === 0) return '0';
  if (measure !== 'time') return bytesText(value);
  return value < 60 ? `${Number(value.toFixed(1))}\u00a0s` : duration(value);
}
