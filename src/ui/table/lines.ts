/** What stands under each other in a table: rows, and heads of groups between them. */

export type Line<R> =
  | { kind: 'group'; key: string; rows: readonly R[]; isLast: boolean }
  | { kind: 'row'; key: string; row: R };

export interface Grouping<R> {
  of: (row: R) => string;
}

/** Rows of one group have to follow each other. `of` null: no groups. */
export function linesOf<R>(
  rows: readonly R[],
  keyOf: (row: R) => string,
  grouping: Grouping<R> | null,
): Line<R>[] {
  if (grouping === null) return rows.map((row) => ({ kind: 'row', key: keyOf(row), row }));
  const lines: Line<R>[] = [];
  let start = 0;
  while (start < rows.length) {
    const group = grouping.of(rows[start] as R);
    let end = start + 1;
    while (end < rows.length && grouping.of(rows[end] as R) === group) end += 1;
    const own = rows.slice(start, end);
    lines.push({ kind: 'group', key: group, rows: own, isLast: end === rows.length });
    for (const row of own) lines.push({ kind: 'row', key: keyOf(row), row });
    start = end;
  }
  return lines;
}

/** The next row from `at` in a direction, heads of groups passed over; null at the end. `at` may lie outside. */
export function nextRow<R>(lines: readonly Line<R>[], at: number, step: number): number | null {
  const way = Math.sign(step);
  let to = Math.max(0, Math.min(lines.length - 1, at + step));
  while (lines[to]?.kind === 'group') to += way;
  if (lines[to] === undefined) {
    // Nothing but a head stands that way: the row nearest to it.
    to -= way;
    while (lines[to]?.kind === 'group') to -= way;
  }
  return lines[to] === undefined || to === at ? null : to;
}

/** Two rows whose parts are the same are drawn the same. */
export function sameParts(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  const left = a as Record<string, unknown>;
  const right = b as Record<string, unknown>;
  const names = Object.keys(left);
  return (
    names.length === Object.keys(right).length && names.every((name) => Object.is(left[name], right[name]))
  );
}
