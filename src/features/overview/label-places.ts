/** Finds a place along each edge where its label covers neither a box nor another label. Pure. */
import type { Point } from './topology-geometry.ts';

export interface Rect {
  x: number;
  y: number;
  width: number;
  height: number;
}

const around = (centre: Point, width: number, height: number): Rect => ({
  x: centre.x - width / 2,
  y: centre.y - height / 2,
  width,
  height,
});

const overlap = (a: Rect, b: Rect): number =>
  Math.max(0, Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x)) *
  Math.max(0, Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y));

const SHARES = [0.5, 0.42, 0.58, 0.34, 0.66, 0.27, 0.73];

export interface Labelled {
  /** Where along its edge the label would best stand. */
  best: number;
  at: (share: number) => Point;
  width: number;
  height: number;
}

export interface Place extends Point {
  /** The part of the label that still covers something, from 0 to 1. */
  covered: number;
}

/** A centre for each label, in order: earlier ones have the first choice. */
export function placeLabels(labels: Labelled[], boxes: Rect[]): Place[] {
  const taken = [...boxes];
  return labels.map(({ best, at, width, height }) => {
    let least = Number.POSITIVE_INFINITY;
    let place = at(best);
    const shares = [
      best,
      ...SHARES.filter((share) => share !== best).sort((a, b) => Math.abs(a - best) - Math.abs(b - best)),
    ];
    for (const share of shares) {
      const centre = at(share);
      const rect = around(centre, width, height);
      const covered = taken.reduce((sum, other) => sum + overlap(rect, other), 0);
      if (covered < least) {
        least = covered;
        place = centre;
      }
      if (covered === 0) break;
    }
    taken.push(around(place, width, height));
    return { ...place, covered: least / (width * height) };
  });
}
