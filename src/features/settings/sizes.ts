/** Sizes as one types them: `1 GB`, `512MB`, `40 gb`, 1024-based as PostgreSQL's settings are. */
const UNITS: Record<string, number> = { b: 1, kb: 1024, mb: 1024 ** 2, gb: 1024 ** 3, tb: 1024 ** 4 };

/** Bytes; null when the text is no size above 0. Without a unit it is refused: nobody means bytes. */
export function parseSize(text: string): number | null {
  const match = /^\s*(\d+(?:[.,]\d+)?)\s*([a-z]+)\s*$/i.exec(text);
  const unit = match ? UNITS[(match[2] ?? '').toLowerCase()] : undefined;
  if (!match || unit === undefined) return null;
  const bytes = Math.round(Number((match[1] ?? '').replace(',', '.')) * unit);
  return bytes > 0 ? bytes : null;
}

/** The largest unit in which the size is written with at most two decimals: `1 GB`, `1.5 GB`, `700 MB`. */
export function sizeText(bytes: number): string {
  for (const unit of ['TB', 'GB', 'MB', 'kB']) {
    const value = bytes / (UNITS[unit.toLowerCase()] ?? 1);
    if (value >= 1 && Number.isInteger(value * 100)) return `${value} ${unit}`;
  }
  return `${bytes} B`;
}

/** Seconds: `10`, `10 s`, `2.5`, `5 min`. Null when it is none above 0. */
export function parseSeconds(text: string): number | null {
  const match = /^\s*(\d+(?:[.,]\d+)?)\s*(ms|s|m|min|h)?\s*$/i.exec(text);
  if (!match) return null;
  const unit = { ms: 0.001, s: 1, m: 60, min: 60, h: 3600 }[(match[2] ?? 's').toLowerCase()] ?? 1;
  const seconds = Number((match[1] ?? '').replace(',', '.')) * unit;
  return seconds > 0 ? seconds : null;
}
