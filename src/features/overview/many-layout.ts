/** Where the marks of the matrix of many stand, and how large they are: a path per row and look, not thousands of elements. Pure. */
import { linkKey } from '#core/model/keys.ts';
import type { LinkSnapshot, NodeSnapshot, Thresholds } from '#core/model/snapshot.ts';
import { isDown, linkBadness, shownState } from '#src/lib/link-state.ts';
import type { RegionOutline } from './regions.ts';

export type ManyMeasure = 'lag' | 'held' | 'rate';

export interface ManyFrame {
  cell: number;
  /** Where each node's row and column begins, by name, from the matrix's own corner. */
  at: Map<string, number>;
  /** Which row and column each node has, by name, from 0. */
  place: Map<string, number>;
  /** Where each region begins and how wide it is. */
  regions: { name: string; range: string; from: number; size: number }[];
  size: number;
}

const GAP = 6;

/** Cells of 10 px for 64 nodes, larger for fewer. */
export function manyFrame(regions: RegionOutline[]): ManyFrame {
  const count = regions.reduce((sum, region) => sum + region.nodes.length, 0);
  const cell = Math.max(10, Math.min(22, Math.floor(680 / Math.max(1, count))));
  const at = new Map<string, number>();
  let from = 0;
  const placed = regions.map((region) => {
    const begins = from;
    for (const node of region.nodes) {
      at.set(node.name, from);
      from += cell;
    }
    const size = from - begins;
    from += GAP;
    return { name: region.name, range: region.range, from: begins, size };
  });
  const place = new Map([...at.keys()].map((name, index) => [name, index]));
  return { cell, at, place, regions: placed, size: from - GAP };
}

/** Nodes that are down: what is wrong with their links follows from that, and would hide what is wrong besides. */
export function deadNodes(nodes: Pick<NodeSnapshot, 'name' | 'state'>[]): Set<string> {
  return new Set(nodes.filter((node) => node.state === 'down').map((node) => node.name));
}

const follows = (link: LinkSnapshot, dead: ReadonlySet<string>): boolean =>
  dead.has(link.provider) || dead.has(link.receiver);

/** The looks of a mark; those of state come before those of size. */
export type MarkLook =
  | 'follows'
  | 'least'
  | 'some'
  | 'over'
  | 'far-over'
  | 'down'
  | 'missing'
  | 'unknown'
  | 'initializing'
  | 'disabled'
  | 'no-value';

/** Edges of the classes of size, in the measure's unit: below the first a mark is least, over the second it is over the threshold. */
export function steps(measure: ManyMeasure, thresholds: Thresholds): [number, number, number] {
  if (measure === 'lag')
    return [Math.min(1, thresholds.lagSeconds / 2), thresholds.lagSeconds, thresholds.lagSeconds * 6];
  if (measure === 'held')
    return [thresholds.walHeldBytes / 16, thresholds.walHeldBytes, thresholds.walHeldBytes * 4];
  // A rate has no threshold: it only grows.
  return [100 * 1024, 1024 * 1024, 10 * 1024 * 1024];
}

function valueIn(link: LinkSnapshot, measure: ManyMeasure): number | null {
  return measure === 'lag' ? link.lagSeconds : measure === 'held' ? link.walHeldBytes : link.bytesPerSecond;
}

/** `edges`: as `steps` gives them. */
export function lookOf(
  link: LinkSnapshot,
  measure: ManyMeasure,
  edges: readonly [number, number, number],
  dead: ReadonlySet<string> = NONE,
): MarkLook {
  const shown = shownState(link);
  // Over a mark of ten pixels both are one.
  const state = isDown(shown) ? 'down' : shown;
  if (state === 'down' && follows(link, dead)) return 'follows';
  if (
    state === 'down' ||
    state === 'missing' ||
    state === 'unknown' ||
    state === 'initializing' ||
    state === 'disabled'
  )
    return state;
  const value = valueIn(link, measure);
  if (value === null) return 'no-value';
  const [small, large, far] = edges;
  return value < small ? 'least' : value < large ? 'some' : value < far ? 'over' : 'far-over';
}

const NONE: ReadonlySet<string> = new Set();

/** Sides of the square marks at a cell of 10 px. */
const SIDES: Record<MarkLook, number> = {
  least: 2,
  some: 4,
  over: 6,
  'far-over': 8,
  down: 10,
  follows: 10,
  missing: 7,
  unknown: 10,
  initializing: 4,
  disabled: 4,
  'no-value': 2,
};

const square = (x: number, y: number, side: number): string => `M${x} ${y}h${side}v${side}h${-side}z`;

const LOOKS = Object.keys(SIDES) as MarkLook[];
/** A letter for each look, and for a cell that has no mark. */
const CODES = new Map(LOOKS.map((look, index) => [look, 'a'.charCodeAt(0) + index]));
const BY_LETTER = new Map([...CODES].map(([look, code]) => [String.fromCharCode(code), look]));
const NO_MARK = '.'.charCodeAt(0);

/**
 * The cell of each link in the order of the list, row by row from the upper left, -1: it has none. The same for all lists whose
 * objects stand in the same places.
 */
export function cellsOf(links: readonly LinkSnapshot[], { place }: ManyFrame): Int32Array {
  return Int32Array.from(links, ({ provider, receiver }) => {
    const row = place.get(provider);
    const column = place.get(receiver);
    return row === undefined || column === undefined ? -1 : row * place.size + column;
  });
}

/**
 * The looks of a row's cells, from left to right, a letter each: a row whose text is the same is drawn the same.
 * `cells`: of these links, as `cellsOf` gives them.
 */
export function rowsOfLooks(
  links: readonly LinkSnapshot[],
  cells: Int32Array,
  frame: ManyFrame,
  measure: ManyMeasure,
  thresholds: Thresholds,
  dead: ReadonlySet<string> = NONE,
): string[] {
  const { size } = frame.place;
  const edges = steps(measure, thresholds);
  const codes = new Uint8Array(size * size).fill(NO_MARK);
  links.forEach((link, index) => {
    const cell = cells[index] ?? -1;
    if (cell >= 0) codes[cell] = CODES.get(lookOf(link, measure, edges, dead)) ?? NO_MARK;
  });
  return Array.from({ length: size }, (_, row) =>
    String.fromCharCode(...codes.subarray(row * size, (row + 1) * size)),
  );
}

/** Those that a text of `rowsOfLooks` holds. */
export const looksIn = (row: string): Set<MarkLook> =>
  new Set([...row].flatMap((letter) => BY_LETTER.get(letter) ?? []));

/** A path per look for the marks of one row, from the row's own top. */
export function rowPaths(row: string, frame: ManyFrame): Map<MarkLook, string> {
  const paths = new Map<MarkLook, string>();
  const columns = [...frame.at.values()];
  [...row].forEach((letter, column) => {
    const look = BY_LETTER.get(letter);
    if (look === undefined) return;
    const side = Math.round((SIDES[look] * frame.cell) / 10);
    const inset = (frame.cell - side) / 2;
    paths.set(look, (paths.get(look) ?? '') + square((columns[column] ?? 0) + inset, inset, side));
  });
  return paths;
}

/** The pair under a point of the matrix; null between cells and on the diagonal. */
export function pairAt(
  x: number,
  y: number,
  frame: ManyFrame,
): { provider: string; receiver: string } | null {
  const find = (value: number): string | undefined => {
    for (const [name, from] of frame.at) if (value >= from && value < from + frame.cell) return name;
    return undefined;
  };
  const provider = find(y);
  const receiver = find(x);
  return provider === undefined || receiver === undefined || provider === receiver
    ? null
    : { provider, receiver };
}

export interface WorstOut {
  node: string;
  /** Null: nothing that this node sends can be read. */
  lagSeconds: number | null;
  tone: 'plain' | 'warn' | 'crit';
}

/** The worst lag that each node's receivers have, for the bars at the right. */
export function worstOut(
  links: LinkSnapshot[],
  names: Iterable<string>,
  dead: ReadonlySet<string> = NONE,
): WorstOut[] {
  const worst = new Map<string, WorstOut>();
  for (const name of names) worst.set(name, { node: name, lagSeconds: null, tone: 'plain' });
  for (const link of links) {
    const entry = worst.get(link.provider);
    if (!entry || dead.has(link.receiver)) continue;
    if (link.lagSeconds !== null) entry.lagSeconds = Math.max(entry.lagSeconds ?? 0, link.lagSeconds);
    const state = shownState(link);
    if (isDown(state)) entry.tone = 'crit';
    else if (state === 'behind' && entry.tone === 'plain') entry.tone = 'warn';
  }
  return [...worst.values()];
}

/** Length of a bar on a log scale from 0.1 s to 20 m, from 0 to 1. */
export function barShare(seconds: number): number {
  return Math.min(1, Math.max(0.02, Math.log(Math.max(seconds, 0.1) / 0.1) / Math.log(12_000)));
}

/** Links that are not well, worst first: what one would look at. Stable: equal ones keep the order of their keys. */
export function worstLinks(links: LinkSnapshot[], dead: ReadonlySet<string> = NONE): LinkSnapshot[] {
  return links
    .filter((link) => shownState(link) !== 'replicating' && link.state !== 'unknown' && !follows(link, dead))
    .sort(
      (a, b) =>
        linkBadness(b) - linkBadness(a) ||
        (b.lagSeconds ?? 0) - (a.lagSeconds ?? 0) ||
        (linkKey(a) < linkKey(b) ? -1 : 1),
    );
}
