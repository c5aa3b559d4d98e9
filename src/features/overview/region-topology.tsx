/** Over twelve nodes regions stand in for nodes, and only links that are not well are drawn; the rest is a sentence below. */
import { OctagonX } from 'lucide-react';
import { memo, useMemo } from 'react';
import type { NodeSnapshot, Snapshot } from '#core/model/snapshot.ts';
import { useSnapshot } from '#src/api/hooks.ts';
import type { ShownLinkState } from '#src/lib/link-state.ts';
import { safeName } from '#src/lib/safe-name.ts';
import { textWidth } from '#src/lib/text-width.ts';
import { duration, plural } from '#src/lib/units.ts';
import { useSteady } from '#src/lib/use-steady.ts';
import { SectionHead } from '#src/ui/section.tsx';
import { placeLabels } from './label-places.ts';
import { type RegionEdge, type RegionOutline, regionEdges } from './regions.ts';
import { edge, type Point } from './topology-geometry.ts';

const FRAME = { width: 352, height: 300 };
const BOX = { width: 84, height: 32 };
const DRAWN = 6;
const EDGES: Partial<Record<ShownLinkState, string>> = {
  behind: 'behind',
  down: 'down',
  failing: 'down',
  missing: 'missing',
  initializing: 'initializing',
  disabled: 'disabled',
};
const TEXTS: Partial<Record<ShownLinkState, string>> = {
  behind: 'warn-label',
  down: 'crit-label',
  failing: 'crit-label',
  missing: 'crit-label',
  initializing: 'accent-label',
};

const linksOf = (snapshot: Snapshot) => snapshot.links;

export function RegionTopology({ regions }: { regions: RegionOutline[] }) {
  const links = useSnapshot(linksOf);
  const edges = useSteady(useMemo(() => regionEdges(regions, links), [regions, links]));
  const points = useMemo(
    () => new Map(regions.map((region, at) => [region.name, pointOf(at, regions.length)])),
    [regions],
  );
  const between = useMemo(() => edges.filter((one) => one.from !== one.to), [edges]);
  const drawn = useMemo(() => drawEdges(between.slice(0, DRAWN), points), [between, points]);
  if (regions.length < 2 || regions.length > 12) return null;
  const inside = edges.filter((one) => one.from === one.to);
  // Between two boxes that stand close there is no room for words: the edge alone says it, and the list beside.
  const named = drawn.filter(({ place }) => place.covered < 0.02);
  return (
    <section className="section" aria-label="Topology">
      <SectionHead title="Topology" note="regions; only links with a problem" />
      <svg
        className="drawing region-topology"
        viewBox={`0 0 ${FRAME.width} ${FRAME.height}`}
        role="img"
        aria-label={said(edges)}
      >
        {drawn.map(({ one, drawing: { path, head } }) => {
          const tone = EDGES[one.state] ?? '';
          return (
            <g key={edgeKey(one)}>
              <path
                className={`edge ${tone}`}
                strokeWidth={one.state === 'behind' ? Math.min(3, 1.25 + one.count / 4) : 1.5}
                d={path}
              />
              <path
                className={`arrow-head ${tone}`}
                d={`M${head.map(({ x, y }) => `${x.toFixed(1)} ${y.toFixed(1)}`).join('L')}Z`}
              />
            </g>
          );
        })}
        {named.map(({ one, words, width, place }) => (
          <g key={edgeKey(one)}>
            <rect className="back" x={place.x - width / 2} y={place.y - 8} width={width} height="15" />
            <text
              className={`small-label ${TEXTS[one.state] ?? ''}`}
              x={place.x}
              y={place.y + 4}
              textAnchor="middle"
            >
              {words}
            </text>
          </g>
        ))}
        {regions.map((region) => (
          <RegionBox key={region.name} region={region} at={points.get(region.name) ?? { x: 0, y: 0 }} />
        ))}
      </svg>
      {edges.length === 0 && (
        <p className="section-note faint">All links that can be read replicate within the threshold.</p>
      )}
      {(between.length > DRAWN || inside.length > 0) && (
        <p className="section-note muted small">
          {between.length > DRAWN &&
            `Also ${plural(between.length - DRAWN, 'more pair of regions', 'more pairs of regions')} with links that have a problem. `}
          {inside.length > 0 &&
            `Inside a region: ${inside
              .slice(0, 4)
              .map((one) => `${one.from} ${edgeWords(one)}`)
              .join('; ')}.`}
        </p>
      )}
    </section>
  );
}

const edgeKey = (one: RegionEdge): string => `${one.from}\u0000${one.to}\u0000${one.state}`;

/** Curves between the boxes, and a place for each one's words. */
function drawEdges(edges: RegionEdge[], points: Map<string, Point>) {
  const curves = edges.flatMap((one) => {
    const from = points.get(one.from);
    const to = points.get(one.to);
    const words = edgeWords(one);
    return from && to
      ? [{ one, words, width: textWidth(words, 11, 500) + 6, drawing: edge(from, to, BOX) }]
      : [];
  });
  const boxes = [...points.values()].map(({ x, y }) => ({
    x: x - BOX.width / 2,
    y: y - BOX.height / 2,
    ...BOX,
  }));
  const places = placeLabels(
    curves.map(({ width, drawing }) => ({ best: 0.42, at: drawing.at, width, height: 15 })),
    boxes,
  );
  return curves.map((curve, at) => ({ ...curve, place: places[at] ?? { x: 0, y: 0, covered: 1 } }));
}

function pointOf(at: number, count: number): Point {
  const angle = (at / count) * 2 * Math.PI - Math.PI / 2;
  return {
    x: FRAME.width / 2 + (FRAME.width / 2 - BOX.width / 2 - 2) * Math.cos(angle),
    y: FRAME.height / 2 + (FRAME.height / 2 - BOX.height / 2 - 2) * Math.sin(angle),
  };
}

const edgeWords = ({ state, count, lagSeconds }: RegionEdge): string =>
  state === 'behind' && lagSeconds !== null
    ? `${count} behind, ${duration(lagSeconds)}`
    : `${count} ${state}`;

const said = (edges: RegionEdge[]): string =>
  edges.length === 0
    ? 'Regions; all links replicate'
    : edges
        .slice(0, 8)
        .map((one) => `${one.from} to ${one.to}: ${edgeWords(one)}`)
        .join('; ');

const RegionBox = memo(function RegionBox({ region, at }: { region: RegionOutline; at: Point }) {
  const down = region.nodes.filter((node) => node.state === 'down').length;
  const name = region.name.length > 10 ? `${region.name.slice(0, 9)}…` : region.name;
  const pitch = Math.min(9, (BOX.width - 12) / region.nodes.length);
  return (
    <g transform={`translate(${at.x - BOX.width / 2} ${at.y - BOX.height / 2})`}>
      <rect className="node-box" width={BOX.width} height={BOX.height} rx="3" />
      <text className="small-label bold" x="6" y="13">
        {name}
      </text>
      {down > 0 && (
        <>
          <OctagonX
            className="state-icon crit"
            x={textWidth(name, 11, 600) + 11}
            y="4"
            width="10"
            height="10"
            aria-hidden="true"
          />
          <text className="small-label crit-label" x={textWidth(name, 11, 600) + 23} y="13">
            {down}
          </text>
        </>
      )}
      {region.nodes.map((node, index) => (
        <NodeMark
          key={node.name}
          node={node}
          x={6 + index * pitch}
          side={Math.max(2, Math.min(7, pitch - 2))}
        />
      ))}
    </g>
  );
});

function NodeMark({
  node,
  x,
  side,
}: {
  node: Pick<NodeSnapshot, 'name' | 'state'>;
  x: number;
  side: number;
}) {
  const fill =
    node.state === 'up' ? 'var(--line-3)' : node.state === 'down' ? 'var(--crit-mark)' : 'url(#hatchd)';
  return (
    <rect x={x} y="19" width={side} height="7" fill={fill}>
      <title>{`${safeName(node.name)} ${node.state}`}</title>
    </rect>
  );
}
