/** Words of a chart's axes and labels. */
import { clock, clockMinutes, type Zone } from '#src/lib/time.ts';
import { bytesText, duration, NBSP, wholeDuration } from '#src/lib/units.ts';
import type { LagMetric } from './lag-shape.ts';

const trim = (words: string): string => words.replace(/\.0(?=\D)/, '');

/** A tick: `15 s`, `0.5 s`, `10 ms`, `2 GB`. `floor`: the bottom of a log axis, which also holds what is smaller. */
export function axisText(value: number, metric: LagMetric, floor = false): string {
  if (value === 0) return '0';
  return (floor ? `≤${NBSP}` : '') + (metric === 'seconds' ? secondsText(value) : trim(bytesText(value)));
}

function secondsText(value: number): string {
  if (value < 0.0995) return `${Math.round(value * 1000)}${NBSP}ms`;
  return value < 1 ? trim(duration(value)) : wholeDuration(value);
}

/** A value of a line: `14.2 s`, `46 MB`. */
export function valueText(value: number, metric: LagMetric): string {
  return metric === 'seconds' ? duration(value) : bytesText(value);
}

const DAY = 86_400_000;

/** A tick of time: the clock for a day, with seconds for short ranges; the day for longer ones. */
export function timeText(t: number, range: number, zone: Zone): string {
  if (range <= 5 * 60_000) return clock(t, zone);
  if (range <= 2 * DAY) return clockMinutes(t, zone);
  const date = new Date(t);
  const [day, month] =
    zone === 'utc' ? [date.getUTCDate(), date.getUTCMonth()] : [date.getDate(), date.getMonth()];
  const name = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'][month];
  const time = clockMinutes(t, zone);
  return time === '00:00' ? `${day} ${name}` : `${day} ${name} ${time}`;
}

/** Minutes east of UTC at `t`. */
export const zoneOffset = (zone: Zone, t: number): number =>
  zone === 'utc' ? 0 : -new Date(t).getTimezoneOffset();
