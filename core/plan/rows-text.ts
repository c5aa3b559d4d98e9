/** Numbers of rows in words: `n1 10, n2 about 3,400,000`. */
import { formatCount } from '#core/model/format.ts';
import type { ObservedRows } from '#core/model/observed.ts';

export function rowsText(rows: ObservedRows | null | undefined): string {
  if (rows == null) return 'not counted';
  if (rows.how === 'counted') return formatCount(rows.rows);
  return rows.how === 'estimated'
    ? `about ${formatCount(Math.round(rows.rows))} (estimated)`
    : `more than ${formatCount(rows.rows)}`;
}
