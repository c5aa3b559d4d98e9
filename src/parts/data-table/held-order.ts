import { useMemo, useRef } from 'react';
import { type Grouping, type Line, linesOf } from '#src/ui/table/lines.ts';

interface Kept {
  moves: string;
  places: Map<string, { place: number; group: string | null }>;
}

/**
 * The lines of a table, in the order that its rows had when nobody pointed at them: one who is about to press a row presses that
 * one. Values are the present ones; what came since stands last.
 * @param moves the order that was asked for; another one is shown at once. Null: rows keep their places by themselves.
 */
export function useLines<R>(
  rows: readonly R[],
  keyOf: (row: R) => string,
  grouping: Grouping<R> | null,
  moves: string | null,
  held: boolean,
): Line<R>[] {
  const kept = useRef<Kept | null>(null);
  return useMemo(() => {
    if (moves === null) return linesOf(rows, keyOf, grouping);
    if (!held || kept.current?.moves !== moves) {
      const places = new Map(
        rows.map((row, place) => [keyOf(row), { place, group: grouping?.of(row) ?? null }]),
      );
      kept.current = { moves, places };
      return linesOf(rows, keyOf, grouping);
    }
    const { places } = kept.current;
    const placed = rows
      .map((row) => ({ row, place: places.get(keyOf(row))?.place ?? places.size }))
      .sort((a, b) => a.place - b.place)
      .map(({ row }) => row);
    const groupOf = (row: R) => places.get(keyOf(row))?.group ?? grouping?.of(row) ?? '';
    return linesOf(placed, keyOf, grouping && { of: groupOf });
  }, [rows, keyOf, grouping, moves, held]);
}
