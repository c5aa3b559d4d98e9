/**
 * Where nodes and edges of the drawn topology stand, in the units of its view box. Pure.
 * Nodes stand on an ellipse, the first at the top; a pair has two edges that keep left, each bowed away from the other.
 */

export interface Point {
  x: number;
  y: number;
}

export interface Frame {
  width: number;
  height: number;
}

export const BOX = { width: 112, height: 44 };
/** How far an edge's end stands off its box. */
const GAP = 4;
const HEAD = 10;

/** The view box for so many nodes: a small one beside the matrix, a wide one of its own line. */
export function frameFor(count: number): Frame {
  if (count <= 2) return { width: 424, height: 150 };
  if (count === 3) return { width: 424, height: 304 };
  if (count === 4) return { width: 424, height: 330 };
  return { width: 840, height: count <= 8 ? 400 : 520 };
}

/** The centre of each node's box. */
export function nodePoints(count: number, { width, height }: Frame): Point[] {
  const rx = width / 2 - BOX.width / 2 - 4;
  const ry = height / 2 - BOX.height / 2 - 4;
  const middle = { x: width / 2, y: height / 2 };
  if (count === 1) return [middle];
  if (count === 2) return [-1, 1].map((side) => ({ x: middle.x + side * rx, y: middle.y }));
  if (count === 3)
    return [
      { x: middle.x, y: BOX.height / 2 + 10 },
      { x: BOX.width / 2 + 6, y: height - BOX.height / 2 - 38 },
      { x: width - BOX.width / 2 - 6, y: height - BOX.height / 2 - 38 },
    ];
  // Four stand in the corners: on the ellipse the upright pair would run through the labels of the level one.
  if (count === 4)
    return [
      [-1, -1],
      [1, -1],
      [1, 1],
      [-1, 1],
    ].map(([sx = 0, sy = 0]) => ({ x: middle.x + sx * rx, y: middle.y + sy * (ry - 22) }));
  return Array.from({ length: count }, (_, at) => {
    const angle = (at / count) * 2 * Math.PI - Math.PI / 2;
    return { x: middle.x + rx * Math.cos(angle), y: middle.y + ry * Math.sin(angle) };
  });
}

export interface Edge {
  path: string;
  /** Three corners of the head. */
  head: [Point, Point, Point];
  /** The point at a share of its way, from 0 to 1: for a label. */
  at: (share: number) => Point;
}

const along = (from: Point, to: Point, share: number): Point => ({
  x: from.x + (to.x - from.x) * share,
  y: from.y + (to.y - from.y) * share,
});

/** The point of a quadratic curve. */
function curve(a: Point, c: Point, b: Point, t: number): Point {
  const u = 1 - t;
  return { x: u * u * a.x + 2 * u * t * c.x + t * t * b.x, y: u * u * a.y + 2 * u * t * c.y + t * t * b.y };
}

/** Whether a point lies within a box around `centre`, or nearer to it than the gap. */
function inBox(point: Point, centre: Point, box: Frame): boolean {
  return (
    Math.abs(point.x - centre.x) <= box.width / 2 + GAP &&
    Math.abs(point.y - centre.y) <= box.height / 2 + GAP
  );
}

/** Where the curve leaves a box, by halving. `inside` is a parameter within the box, `outside` one beyond it. */
function leaves(
  at: (t: number) => Point,
  centre: Point,
  inside: number,
  outside: number,
  box: Frame,
): number {
  let low = inside;
  let high = outside;
  for (let turn = 0; turn < 16; turn += 1) {
    const middle = (low + high) / 2;
    if (inBox(at(middle), centre, box)) low = middle;
    else high = middle;
  }
  return high;
}

/** The part of a quadratic between two parameters, as a quadratic (by de Casteljau). */
function part(a: Point, c: Point, b: Point, t0: number, t1: number): [Point, Point, Point] {
  const start = curve(a, c, b, t0);
  const end = curve(a, c, b, t1);
  const control = along(along(a, c, t0), along(c, b, t0), t1);
  return [start, control, end];
}

/** The edge from one node to another, between their boxes. */
export function edge(from: Point, to: Point, box: Frame = BOX): Edge {
  const dx = to.x - from.x;
  const dy = to.y - from.y;
  const length = Math.hypot(dx, dy) || 1;
  const bow = Math.min(26, length * 0.1);
  // Left of the way that it goes, so that the two of a pair never lie on each other.
  const left = { x: dy / length, y: -dx / length };
  const offset = Math.min(4, length * 0.02);
  const a = { x: from.x + left.x * offset, y: from.y + left.y * offset };
  const b = { x: to.x + left.x * offset, y: to.y + left.y * offset };
  const middle = along(a, b, 0.5);
  const c = { x: middle.x + left.x * bow * 2, y: middle.y + left.y * bow * 2 };
  const at = (t: number) => curve(a, c, b, t);
  const t0 = leaves(at, from, 0, 0.5, box);
  const t1 = leaves((t) => at(1 - t), to, 0, 0.5, box);
  const [start, control, tip] = part(a, c, b, t0, 1 - t1);
  const tangent = Math.hypot(tip.x - control.x, tip.y - control.y) || 1;
  const ux = (tip.x - control.x) / tangent;
  const uy = (tip.y - control.y) / tangent;
  const base = { x: tip.x - ux * HEAD, y: tip.y - uy * HEAD };
  const n = (value: number): string => value.toFixed(1);
  return {
    path: `M${n(start.x)} ${n(start.y)}Q${n(control.x)} ${n(control.y)} ${n(base.x + ux)} ${n(base.y + uy)}`,
    head: [
      tip,
      { x: base.x - uy * 4.2, y: base.y + ux * 4.2 },
      { x: base.x + uy * 4.2, y: base.y - ux * 4.2 },
    ],
    at: (share) => curve(start, control, tip, share),
  };
}

/** A stroke of 1.25 to 4 px for 500 kB/s to 100 MB/s, in quarters, so that it does not tremble with the rate. */
export function strokeFor(bytesPerSecond: number | null): number {
  if (bytesPerSecond === null || bytesPerSecond <= 5e5) return 1.25;
  const share = Math.min(1, Math.log10(bytesPerSecond / 5e5) / Math.log10(200));
  return Math.round((1.25 + share * 2.75) * 4) / 4;
}

/**
 * Where along its edge a label best stands. Of three nodes the inner edges to the top carry theirs lower than the outer
 * ones, so that the four stand side by side; of four the diagonals cross in the middle, and theirs stand nearer to their start.
 */
export function bestShare(provider: number, receiver: number, count: number): number {
  if (count === 3 && provider + receiver === 1) return 0.58;
  if (count === 3 && provider + receiver === 2) return 0.42;
  if (count === 4 && (provider + receiver) % 2 === 0) return 0.3;
  return count > 4 ? 0.34 : 0.5;
}
