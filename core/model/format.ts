/**
 * Sizes, durations, counts and names as they are written everywhere: sentence, table and chart. 1024-based sizes with PostgreSQL's
 * names of units, two units of time at most. Parts come first (`Quantity`), so that a page can set a unit smaller; text is made
 * of them. No zod here: the page imports it.
 */

/** A number and its unit; `unit` may be empty. */
export interface Quantity {
  value: string;
  unit: string;
}

/** `3.1 GB`, `3 m 41 s`. `space`: between a value and its unit, and between units. */
export const quantityText = (parts: Quantity | readonly Quantity[], space = ' '): string =>
  [parts]
    .flat()
    .map(({ value, unit }) => (unit === '' ? value : value + space + unit))
    .join(space);

const BYTE_UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** `104 bytes`, `46.6 MB`, `3.1 GB`, `212 GB`. */
export function bytesIn(bytes: number): Quantity {
  let value = Math.abs(bytes);
  let unit = 0;
  // What would be rounded up to 1024 belongs to the next unit.
  while (unit < BYTE_UNITS.length - 1 && Math.round(value) >= 1024) {
    value /= 1024;
    unit += 1;
  }
  const written = unit === 0 || value >= 99.95 ? Math.round(value) : oneDecimal(value);
  return { value: `${signOf(bytes)}${written}`, unit: BYTE_UNITS[unit] ?? 'bytes' };
}

/** `3.3 MB/s`. */
export function rateIn(bytesPerSecond: number): Quantity {
  const { value, unit } = bytesIn(bytesPerSecond);
  return { value, unit: `${unit}/s` };
}

/** Two units at most: `4 ms`, `14.2 s`, `38 s`, `3 m 41 s`, `3 h 12 m`, `2 d 4 h`. Whole numbers have no tenths. */
export function secondsIn(seconds: number): Quantity[] {
  const [first, ...rest] = durationIn(Math.abs(seconds));
  return first === undefined ? [] : [{ ...first, value: signOf(seconds) + first.value }, ...rest];
}

/** Seconds below which no whole millisecond is left. */
const BELOW_ONE_MS = 0.00095;

/** Of something that came after so many seconds: `after 4 ms`, `within 1 ms`. */
export const formatAfter = (seconds: number): string =>
  seconds < BELOW_ONE_MS ? 'within 1 ms' : `after ${formatSeconds(seconds)}`;

function durationIn(seconds: number): Quantity[] {
  if (seconds === 0) return [{ value: '0', unit: 's' }];
  if (seconds < 0.0995) {
    return [{ value: seconds < BELOW_ONE_MS ? '< 1' : String(Math.round(seconds * 1000)), unit: 'ms' }];
  }
  if (seconds < 59.95) {
    return [{ value: Number.isInteger(seconds) ? String(seconds) : seconds.toFixed(1), unit: 's' }];
  }
  const whole = Math.round(seconds);
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return twoUnits(minutes, 'm', whole % 60, 's');
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return twoUnits(hours, 'h', minutes % 60, 'm');
  return twoUnits(Math.floor(hours / 24), 'd', hours % 24, 'h');
}

function twoUnits(big: number, bigUnit: string, small: number, smallUnit: string): Quantity[] {
  const first = { value: String(big), unit: bigUnit };
  return small === 0 ? [first] : [first, { value: String(small), unit: smallUnit }];
}

/** What is measured in milliseconds, below 10 with one decimal: `0.7 ms`, `142 ms`, then `1.2 s`. */
export function millisecondsIn(ms: number): Quantity {
  if (ms >= 9_999.5) return { value: (ms / 1000).toFixed(0), unit: 's' };
  if (ms >= 999.5) return { value: (ms / 1000).toFixed(1), unit: 's' };
  return { value: ms < 9.95 ? ms.toFixed(1) : ms.toFixed(0), unit: 'ms' };
}

/** An estimate, short: `612`, `9.8 k`, `1.2 M`, `26 M`. */
export function shortCountIn(count: number): Quantity {
  for (const [size, unit] of SHORT_COUNTS) {
    if (count < size * 0.9995) continue;
    const rest = count / size;
    return { value: rest.toFixed(rest < 9.95 ? 1 : 0), unit };
  }
  return { value: count.toFixed(0), unit: '' };
}

const SHORT_COUNTS: [number, string][] = [
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
];

const signOf = (value: number): string => (value < 0 ? '−' : '');
const oneDecimal = (value: number) => value.toFixed(1).replace(/\.0$/, '');

/** `46.6 MB`. */
export const formatBytes = (bytes: number): string => quantityText(bytesIn(bytes));
/** `3.3 MB/s`. */
export const formatRate = (bytesPerSecond: number): string => quantityText(rateIn(bytesPerSecond));
/** `3 m 41 s`. */
export const formatSeconds = (seconds: number): string => quantityText(secondsIn(seconds));

/** `4,118`. */
export function formatCount(count: number): string {
  return String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `1 table`, `4,118 tables`. */
export function countOf(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** `n1`, `n1 and n2`, `n1, n2 and n3`, `n1, n2 and 61 others`. */
export function formatNames(names: readonly string[], most = 4): string {
  if (names.length > most)
    return `${names.slice(0, 2).join(', ')} and ${formatCount(names.length - 2)} others`;
  const last = names.at(-1) ?? '';
  return names.length < 2 ? last : `${names.slice(0, -1).join(', ')} and ${last}`;
}

/** `acct`, or `sales.acct` outside schema public; as it stands where the schema is not known. Not for SQL. */
export const formatTable = (schema: string | null, table: string): string =>
  schema === null || schema === 'public' ? table : `${schema}.${table}`;

/** A link in plain text; a page draws the arrow as an icon. */
export const formatLink = (provider: string, receiver: string): string => `${provider} → ${receiver}`;
