/** Words above a plot: each beside its vertical, none over another's words or head. What finds no room is left to hover. */

export interface Wanted {
  /** Where the vertical stands, in px; a text that is no mark's is centred there. */
  x: number;
  text: string;
  mark: boolean;
}

export interface Placed {
  x: number;
  text: string;
  anchor: 'start' | 'middle' | 'end';
}

/** 11 px type is about so wide. */
const widthOf = (text: string): number => text.length * 5.5;
const GAP = 7;

/** The later a mark, the earlier it may choose: what just happened is what one looks for. */
export function placeWords(wanted: Wanted[], left: number, right: number): Placed[] {
  const heads = wanted.filter((one) => one.mark).map((one) => one.x);
  const taken: [number, number][] = [];
  const placed: Placed[] = [];
  const free = (from: number, to: number, own: number | null) =>
    from >= left &&
    to <= right &&
    taken.every(([start, end]) => to + GAP < start || from - GAP > end) &&
    heads.every((head) => head === own || head < from - 4 || head > to + 4);
  const order = [...wanted].sort((a, b) => Number(b.mark) - Number(a.mark) || b.x - a.x);
  for (const one of order) {
    const width = widthOf(one.text);
    const places: (Placed & { from: number })[] = one.mark
      ? [
          { x: one.x - GAP, text: one.text, anchor: 'end', from: one.x - GAP - width },
          { x: one.x + GAP, text: one.text, anchor: 'start', from: one.x + GAP },
        ]
      : [{ x: one.x, text: one.text, anchor: 'middle', from: one.x - width / 2 }];
    const place = places.find(({ from }) => free(from, from + width, one.mark ? one.x : null));
    if (!place) continue;
    taken.push([place.from, place.from + width]);
    placed.push({ x: place.x, text: place.text, anchor: place.anchor });
  }
  return placed;
}
