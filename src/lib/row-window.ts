/**
 * Which rows of a long table are in sight of the window, so that only those are drawn. Our own, since rows here have known
 * heights: a general virtualizer weighs 10 kB.
 */
import { type RefObject, useCallback, useLayoutEffect, useMemo, useState } from 'react';

/** Rows drawn beyond either edge, so that scrolling shows no gap. */
const OVERSCAN = 24;
/** Before the first layout, and where there is none, as much as a tall window shows. */
const FIRST = 40;

export interface RowWindow {
  /** Indexes of the rows to draw. */
  indexes: number[];
  /** Heights in px that stand for the rows before and after them. */
  before: number;
  after: number;
  /** Scrolls the window so far that the row is in sight. */
  scrollTo: (index: number) => void;
}

/** `starts[i]` is where row i begins, `starts[count]` where the last one ends, in px. */
export function startsOf(count: number, heightOf: (index: number) => number): Float64Array {
  const starts = new Float64Array(count + 1);
  for (let index = 0; index < count; index++) starts[index + 1] = (starts[index] as number) + heightOf(index);
  return starts;
}

/** The last row that begins at or before `y`. */
export function rowAt(starts: Float64Array, y: number): number {
  let low = 0;
  let high = Math.max(0, starts.length - 2);
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] as number) <= y) low = middle;
    else high = middle - 1;
  }
  return low;
}

/**
 * @param box the element at whose top the table's head begins
 * @param head height of the table's head in px
 * @param heightOf height of a row in px; has to keep its identity as long as the heights do
 */
export function useRowWindow(
  box: RefObject<HTMLElement | null>,
  head: number,
  count: number,
  heightOf: (index: number) => number,
): RowWindow {
  const starts = useMemo(() => startsOf(count, heightOf), [count, heightOf]);
  const [range, setRange] = useState({ first: 0, last: FIRST });
  const top = useCallback(() => (box.current?.getBoundingClientRect().top ?? 0) + head, [box, head]);

  useLayoutEffect(() => {
    const look = () => {
      const first = Math.max(0, rowAt(starts, -top()) - OVERSCAN);
      const last = Math.min(count - 1, rowAt(starts, innerHeight - top()) + OVERSCAN);
      setRange((was) => (was.first === first && was.last === last ? was : { first, last }));
    };
    look();
    addEventListener('scroll', look, { passive: true });
    addEventListener('resize', look);
    return () => {
      removeEventListener('scroll', look);
      removeEventListener('resize', look);
    };
  }, [starts, count, top]);

  const first = Math.min(range.first, Math.max(0, count - 1));
  const last = Math.min(range.last, count - 1);
  const scrollTo = useCallback(
    (index: number) => {
      const begin = top() + (starts[index] ?? 0);
      const end = top() + (starts[index + 1] ?? 0);
      if (begin < head) scrollBy(0, begin - head);
      else if (end > innerHeight) scrollBy(0, end - innerHeight);
    },
    [starts, top, head],
  );
  return {
    indexes: Array.from({ length: Math.max(0, last - first + 1) }, (_, offset) => first + offset),
    before: starts[first] ?? 0,
    after: (starts[count] ?? 0) - (starts[last + 1] ?? 0),
    scrollTo,
  };
}
