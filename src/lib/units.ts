/**
 * Numbers as PostgreSQL and a DBA write them: 1024-based sizes, a space before the unit, two units of time at most.
 * Every function answers in parts, so that a page can set the unit smaller; `text` joins them.
 */

/** A number and its unit; `unit` may be empty. */
export interface Quantity {
  value: string;
  unit: string;
}

/** A no-break space: a value never stands on another line than its unit. */
export const NBSP = '\u00a0';

/** Joins a quantity into one text: `14.2 s`. */
export function text(quantity: Quantity): string {
  return quantity.unit === '' ? quantity.value : quantity.value + NBSP + quantity.unit;
}

const SIZES = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** Bytes as `pg_size_pretty` counts them (1024), with one decimal below 10: `3.1 GB`, `46 MB`, `812 B`. */
export function bytes(count: number): Quantity {
  const sign = count < 0 ? '−' : '';
  let rest = Math.abs(count);
  let step = 0;
  while (rest >= 1000 && step < SIZES.length - 1) {
    rest /= 1024;
    step += 1;
  }
  const digits = step > 0 && rest < 9.95 ? 1 : 0;
  return { value: sign + rest.toFixed(digits), unit: SIZES[step] ?? 'B' };
}

export function bytesText(count: number): string {
  return text(bytes(count));
}

/** Bytes a second: `3.3 MB/s`. */
export function rate(bytesPerSecond: number): Quantity {
  const size = bytes(bytesPerSecond);
  return { value: size.value, unit: `${size.unit}/s` };
}

export function rateText(bytesPerSecond: number): string {
  return text(rate(bytesPerSecond));
}

const whole = (value: number, unit: string): string => `${value}${NBSP}${unit}`;

/**
 * A stretch of time in seconds, in two units at most: `0.2 s`, `14.2 s`, `3 m 41 s`, `3 h 12 m`, `2 d 4 h`.
 * Below a minute it keeps one decimal, so that a running value keeps its width.
 */
export function duration(seconds: number): string {
  const sign = seconds < 0 ? '−' : '';
  const all = Math.abs(seconds);
  if (all < 59.95) return `${sign}${all.toFixed(1)}${NBSP}s`;
  return sign + longDuration(Math.round(all));
}

/** As `duration`, in whole seconds: for ages and uptimes, where a tenth says nothing. */
export function wholeDuration(seconds: number): string {
  const sign = seconds < 0 ? '−' : '';
  const all = Math.round(Math.abs(seconds));
  return sign + (all < 60 ? whole(all, 's') : longDuration(all));
}

function longDuration(all: number): string {
  const units: [number, string][] = [
    [86_400, 'd'],
    [3600, 'h'],
    [60, 'm'],
    [1, 's'],
  ];
  const first = units.findIndex(([size]) => all >= size);
  const [size, unit] = units[first] ?? [1, 's'];
  const next = units[first + 1];
  const head = whole(Math.floor(all / size), unit);
  if (next === undefined) return head;
  const rest = Math.floor((all % size) / next[0]);
  return rest === 0 ? head : `${head}${NBSP}${whole(rest, next[1])}`;
}

/** A lag: `0.2 s`; at least that when `atLeast`. */
export function lagText(seconds: number, atLeast = false): string {
  return atLeast ? `at least${NBSP}${duration(seconds)}` : duration(seconds);
}

/** A lag where there is no room for words: `52.2 s`, `≥ 52.2 s`. */
export function shortLag(seconds: number, atLeast = false): string {
  return atLeast ? `≥${NBSP}${duration(seconds)}` : duration(seconds);
}

/** Milliseconds: below 10 with one decimal, `0.7 ms`, `142 ms`, then `1.2 s`. */
export function milliseconds(ms: number): Quantity {
  if (ms >= 9_999.5) return { value: (ms / 1000).toFixed(0), unit: 's' };
  if (ms >= 999.5) return { value: (ms / 1000).toFixed(1), unit: 's' };
  return { value: ms < 9.95 ? ms.toFixed(1) : ms.toFixed(0), unit: 'ms' };
}

/** A count with thousands set apart: `4,118`. */
export function count(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 0 });
}

/** An estimate of rows, short: `612`, `9.8 k`, `1.2 M`, `26 M`. */
export function shortCount(value: number): Quantity {
  const steps: [number, string][] = [
    [1e9, 'G'],
    [1e6, 'M'],
    [1e3, 'k'],
  ];
  for (const [size, unit] of steps) {
    if (value >= size * 0.9995) {
      const rest = value / size;
      return { value: rest.toFixed(rest < 9.95 ? 1 : 0), unit };
    }
  }
  return { value: value.toFixed(0), unit: '' };
}

/** `1 node`, `3 nodes`. `many` is given where the plural is not the singular with an s. */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}
