/** Labels at the right end of a chart's lines: those that agree are merged, the rest are pushed apart. */
import { linksInWords } from './lag-shape.ts';

/** How much a line matters: `quiet` lines may share a label, the others speak for themselves. */
export type LineTone = 'quiet' | 'strong' | 'warn' | 'crit';

export interface LineEnd {
  /** Of a line that is no link's own: it shares its label with none. Null: the link is its name. */
  name: string | null;
  provider: string;
  receiver: string;
  tone: LineTone;
  /** The last known value, in the chart's unit. */
  value: number;
  /** Where it stands in the drawing, in px from its top. */
  y: number;
}

export interface EndLabel {
  /** `n1 → n3`, or `4 others`. */
  name: string;
  /** The value of one line, or the largest of several. */
  value: number;
  /** Several lines stand behind the label: `value` is a bound. */
  bound: boolean;
  tone: LineTone;
  y: number;
}

/** Two labels of 12/16 px type need this much between their middles. */
export const LABEL_GAP = 15;

/**
 * Merges quiet ends that would overlap, then moves labels so that none overlaps and all stay inside `top..bottom`.
 * Labels keep the order of their lines from top to bottom.
 */
export function endLabels(ends: LineEnd[], top: number, bottom: number): EndLabel[] {
  const links = ends.filter(({ name }) => name === null);
  const loud = links.filter((end) => end.tone !== 'quiet');
  const clusters: LineEnd[][] = [];
  for (const end of [...links].filter((one) => one.tone === 'quiet').sort((a, b) => a.y - b.y)) {
    const cluster = clusters.at(-1);
    const lastOf = cluster?.at(-1);
    if (cluster && lastOf && end.y - lastOf.y < LABEL_GAP) cluster.push(end);
    else clusters.push([end]);
  }
  for (const same of mergeLoud(loud)) clusters.push(same);
  for (const end of ends) if (end.name !== null) clusters.push([end]);
  const labels = clusters.map((cluster) => labelOf(cluster, ends.length));
  return spread(labels, top, bottom);
}

/** More loud lines than these are counted rather than named. */
const FEW = 6;

/** Loud ends share a label when they share an end of the link, tone and place: "n1, n2 → n3". */
function mergeLoud(ends: LineEnd[]): LineEnd[][] {
  const groups: LineEnd[][] = [];
  for (const end of [...ends].sort((a, b) => a.y - b.y)) {
    const group = groups.find(
      (one) =>
        one[0]?.tone === end.tone &&
        Math.abs((one[0]?.y ?? 0) - end.y) < LABEL_GAP / 2 &&
        (linksInWords([...one, end]) !== null || ends.length > FEW),
    );
    if (group) group.push(end);
    else groups.push([end]);
  }
  return groups;
}

function labelOf(cluster: LineEnd[], all: number): EndLabel {
  const value = Math.max(...cluster.map((end) => end.value));
  const words = cluster[0]?.name ?? linksInWords(cluster);
  const quiet = cluster[0]?.tone === 'quiet';
  const counted =
    cluster.length === all ? `all ${all} links` : `${cluster.length} ${quiet ? 'others' : 'links'}`;
  return {
    name: words ?? counted,
    value,
    bound: cluster.length > 1,
    tone: cluster[0]?.tone ?? 'quiet',
    y: cluster.reduce((sum, end) => sum + end.y, 0) / cluster.length,
  };
}

function spread(labels: EndLabel[], top: number, bottom: number): EndLabel[] {
  const placed = [...labels].sort((a, b) => a.y - b.y).map((label) => ({ ...label }));
  let floor = top;
  for (const label of placed) {
    label.y = Math.max(label.y, floor);
    floor = label.y + LABEL_GAP;
  }
  let ceiling = bottom;
  for (const label of placed.reverse()) {
    label.y = Math.min(label.y, ceiling);
    ceiling = label.y - LABEL_GAP;
  }
  return placed.reverse();
}
