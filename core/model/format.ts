/** Sizes, durations and names in words, the same on server and page. No zod here: the page imports it. */

const byteUnits = ['bytes', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** 1024-based with PostgreSQL's unit names: `104 bytes`, `46.6 MB`, `3.1 GB`, `212 GB`. */
export function formatBytes(bytes: number): string {
  const sign = bytes < 0 ? '−' : '';
  let value = Math.abs(bytes);
  let unit = 0;
  // What would be rounded up to 1024 belongs to the next unit.
  while (unit < byteUnits.length - 1 && Math.round(value) >= 1024) {
    value /= 1024;
    unit += 1;
  }
  return `${sign}${unit === 0 || value >= 99.95 ? Math.round(value) : oneDecimal(value)} ${byteUnits[unit]}`;
}

/** `3.3 MB/s`. */
export function formatRate(bytesPerSecond: number): string {
  return `${formatBytes(bytesPerSecond)}/s`;
}

const oneDecimal = (value: number) => value.toFixed(1).replace(/\.0$/, '');

/** Two units at most: `4 ms`, `14.2 s`, `38 s`, `3 m 41 s`, `3 h 12 m`, `2 d 4 h`. */
export function formatSeconds(seconds: number): string {
  const sign = seconds < 0 ? '−' : '';
  return sign + formatDuration(Math.abs(seconds));
}

function formatDuration(seconds: number): string {
  if (seconds === 0) return '0 s';
  if (seconds < 0.0995) return `${seconds < 0.00095 ? '< 1' : Math.round(seconds * 1000)} ms`;
  if (seconds < 59.95) return `${Number.isInteger(seconds) ? seconds : seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return twoUnits(minutes, 'm', whole % 60, 's');
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return twoUnits(hours, 'h', minutes % 60, 'm');
  return twoUnits(Math.floor(hours / 24), 'd', hours % 24, 'h');
}

const twoUnits = (big: number, bigUnit: string, small: number, smallUnit: string) =>
  small === 0 ? `${big} ${bigUnit}` : `${big} ${bigUnit} ${small} ${smallUnit}`;

/** `4,118`. */
export function formatCount(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
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

/** A link in plain text; a page draws the arrow as an icon. */
export const formatLink = (provider: string, receiver: string): string => `${provider} → ${receiver}`;
