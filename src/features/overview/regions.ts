/** Nodes by region, for clusters of more than twelve. Pure. */
import type { LinkSnapshot, NodeSnapshot } from '#core/model/snapshot.ts';
import { type ShownLinkState, shownState } from '#src/lib/link-state.ts';

export interface Region<N = NodeSnapshot> {
  name: string;
  nodes: N[];
  /** `n01–n08`, or the one name. */
  range: string;
}

/** What of a region changes only when a node comes, goes, or changes its state. */
export type RegionOutline = Region<Pick<NodeSnapshot, 'name' | 'state'>>;

export const outlineOf = ({ nodes, ...region }: Region): RegionOutline => ({
  ...region,
  nodes: nodes.map(({ name, state }) => ({ name, state })),
});

const GROUP = 8;

/** By location where the nodes have one; else eight by eight, so that the matrix can still be read. */
export function regionsOf(nodes: NodeSnapshot[]): Region[] {
  const located = nodes.some((node) => node.location !== null);
  const groups = new Map<string, NodeSnapshot[]>();
  nodes.forEach((node, at) => {
    const key = located ? (node.location ?? 'no location') : String(Math.floor(at / GROUP));
    groups.set(key, [...(groups.get(key) ?? []), node]);
  });
  return [...groups].map(([key, members]) => {
    const first = members[0]?.name ?? '';
    const last = members.at(-1)?.name ?? '';
    const range = first === last ? first : `${first}–${last}`;
    return { name: located ? key : range, nodes: members, range: located ? range : '' };
  });
}

export interface RegionEdge {
  from: string;
  to: string;
  state: ShownLinkState;
  count: number;
  /** The worst of them. */
  lagSeconds: number | null;
}

const RANK: ShownLinkState[] = ['failing', 'down', 'missing', 'behind', 'initializing', 'disabled'];

/** Links that are not well, put together by ordered pair of regions and by state; the worst first. Unknown ones follow from a node. */
export function regionEdges(regions: RegionOutline[], links: LinkSnapshot[]): RegionEdge[] {
  const regionOf = new Map(regions.flatMap((region) => region.nodes.map((node) => [node.name, region.name])));
  const dead = new Set(
    regions.flatMap((region) =>
      region.nodes.filter((node) => node.state === 'down').map((node) => node.name),
    ),
  );
  const edges = new Map<string, RegionEdge>();
  for (const link of links) {
    const state = shownState(link);
    // What is wrong with a link of a node that is down follows from that.
    if (!RANK.includes(state) || dead.has(link.provider) || dead.has(link.receiver)) continue;
    const from = regionOf.get(link.provider) ?? '';
    const to = regionOf.get(link.receiver) ?? '';
    const key = JSON.stringify([from, to, state]);
    const edge = edges.get(key) ?? { from, to, state, count: 0, lagSeconds: null };
    edge.count += 1;
    if (link.lagSeconds !== null) edge.lagSeconds = Math.max(edge.lagSeconds ?? 0, link.lagSeconds);
    edges.set(key, edge);
  }
  return [...edges.values()].sort(
    (a, b) =>
      RANK.indexOf(a.state) - RANK.indexOf(b.state) ||
      b.count - a.count ||
      (b.lagSeconds ?? 0) - (a.lagSeconds ?? 0) ||
      a.from.localeCompare(b.from),
  );
}
