/** Words above a plot: each beside its vertical, none over another's words or head. What finds no room is left to hover. */

export interface Wanted {
  /** Where the vertical stands, in px; a text that is no mark's is centred there. */
  x: number;
  text: string;
  mark: boolean;
  /** The higher, the earlier it chooses; 0 when not given. */
  rank?: number;
}

export interface Placed {
  x: number;
  text: string;
  anchor: 'start' | 'middle' | 'end';
}

/** 11 px type is about so wide. */
const widthOf = (text: string): number => text.length * 5.5;
const GAP = 7;
/** What is cut below this says nothing any more: a time and three words. */
const LEAST = 24;

/**
 * The most serious mark chooses first, of equal ones the later: what just happened is what one looks for. Words of a mark
 * that find no place are cut to the wider side's room.
 */
export function placeWords(wanted: Wanted[], left: number, right: number): Placed[] {
  const heads = wanted.filter((one) => one.mark).map((one) => one.x);
  const taken: [number, number][] = [];
  const placed: Placed[] = [];
  const free = (from: number, to: number, own: number | null) =>
    from >= left &&
    to <= right &&
    taken.every(([start, end]) => to + GAP < start || from - GAP > end) &&
    heads.every((head) => head === own || head < from - 4 || head > to + 4);
  const order = [...wanted].sort(
    (a, b) => Number(b.mark) - Number(a.mark) || (b.rank ?? 0) - (a.rank ?? 0) || b.x - a.x,
  );
  for (const one of order) {
    const width = widthOf(one.text);
    const places: (Placed & { from: number })[] = one.mark
      ? [
          { x: one.x - GAP, text: one.text, anchor: 'end', from: one.x - GAP - width },
          { x: one.x + GAP, text: one.text, anchor: 'start', from: one.x + GAP },
        ]
      : [{ x: one.x, text: one.text, anchor: 'middle', from: one.x - width / 2 }];
    const place =
      places.find(({ from }) => free(from, from + width, one.mark ? one.x : null)) ??
      (one.mark ? cutPlace(one, left, right, taken, heads) : null);
    if (!place) continue;
    taken.push([place.from, place.from + widthOf(place.text)]);
    placed.push({ x: place.x, text: place.text, anchor: place.anchor });
  }
  return placed;
}

/** The words cut to what is free between a mark and what stands next to it; null where too little is. */
function cutPlace(
  { x, text }: Wanted,
  left: number,
  right: number,
  taken: readonly [number, number][],
  heads: readonly number[],
): (Placed & { from: number }) | null {
  const start = Math.max(
    left,
    ...taken.filter((span) => span[0] < x).map((span) => span[1] + GAP + 1),
    ...heads.filter((head) => head < x).map((head) => head + 5),
  );
  const end = Math.min(
    right,
    ...taken.filter((span) => span[1] > x).map((span) => span[0] - GAP - 1),
    ...heads.filter((head) => head > x).map((head) => head - 5),
  );
  const toLeft = x - GAP - start;
  const toRight = end - (x + GAP);
  const letters = Math.floor(Math.max(toLeft, toRight) / widthOf('x'));
  if (letters < LEAST) return null;
  const cut = `${text.slice(0, letters - 1).trimEnd()}…`;
  return toLeft >= toRight
    ? { x: x - GAP, text: cut, anchor: 'end', from: x - GAP - widthOf(cut) }
    : { x: x + GAP, text: cut, anchor: 'start', from: x + GAP };
}
