/** Marks that stand too near to be told apart become one, with a count. */
import type { ChartMark } from './event-marks.ts';

export interface MarkGroup {
  /** px: where its most serious mark stands. */
  x: number;
  tone: ChartMark['tone'];
  /** The most serious first, of equal ones the newest. */
  marks: [ChartMark, ...ChartMark[]];
  /** Whether its vertical is drawn: where many are, only the most serious ones have one. */
  line: boolean;
}

/** How serious a tone is. */
export const RANK = { crit: 2, warn: 1, plain: 0 } as const;
/** Heads are 7 px wide, and one has to be hit. */
const NEAR = 16;
/** More verticals than these would stand before the lines. */
const MOST_LINES = 8;

/** Left to right. `x`: px of a moment. */
export function groupMarks(marks: readonly ChartMark[], x: (at: number) => number): MarkGroup[] {
  const near: ChartMark[][] = [];
  let start = Number.NEGATIVE_INFINITY;
  for (const mark of [...marks].sort((a, b) => a.at - b.at)) {
    if (x(mark.at) - start < NEAR) near.at(-1)?.push(mark);
    else {
      near.push([mark]);
      start = x(mark.at);
    }
  }
  const groups = near.flatMap((some): MarkGroup[] => {
    const [first, ...rest] = some.sort((a, b) => RANK[b.tone] - RANK[a.tone] || b.at - a.at);
    return first ? [{ x: x(first.at), tone: first.tone, marks: [first, ...rest], line: true }] : [];
  });
  const worst = [...groups].sort((a, b) => RANK[b.tone] - RANK[a.tone] || b.marks[0].at - a.marks[0].at);
  for (const group of worst.slice(MOST_LINES)) group.line = false;
  return groups;
}

const WORDS = 44;

/** What fits above the plot: the first mark, and how many more stand there. */
export function groupWords({ marks }: MarkGroup): string {
  const [{ text }] = marks;
  const more = marks.length - 1;
  const cut = text.length <= WORDS ? text : `${text.slice(0, WORDS - 1).trimEnd()}…`;
  return more === 0 ? cut : `${cut}, ${more} more`;
}
