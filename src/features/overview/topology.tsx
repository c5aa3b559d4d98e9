import { useMemo } from 'react';
import { linkKey, pairKey } from '#core/model/keys.ts';
import type { LinkSnapshot, NodeSnapshot } from '#core/model/snapshot.ts';
import { useClusterName, useSnapshot } from '#src/api/hooks.ts';
import { useNow, useZone } from '#src/lib/clock.ts';
import { type ShownLinkState, shownState } from '#src/lib/link-state.ts';
import { paths } from '#src/lib/paths.ts';
import { safeName } from '#src/lib/safe-name.ts';
import { shortTime } from '#src/lib/time.ts';
import { SectionHead } from '#src/ui/section.tsx';
import { placeLabels } from './label-places.ts';
import {
  EDGES,
  EdgeLabel,
  EdgeLine,
  headPath,
  LABEL_HEIGHT,
  labelText,
  labelWidth,
  type PlacedLabel,
} from './topology-edge.tsx';
import {
  BOX,
  bestShare,
  type Edge,
  edge,
  type Frame,
  frameFor,
  nodePoints,
  type Point,
} from './topology-geometry.ts';
import { NodeBox } from './topology-node.tsx';

/** Every node a box, every ordered pair an edge. For 2 to 12 nodes. */
export function Topology() {
  const cluster = useClusterName();
  const nodes = useSnapshot((snapshot) => snapshot.nodes);
  const links = useSnapshot((snapshot) => snapshot.links);
  const names = nodes.map((node) => node.name).join('\u0000');
  const layout = useMemo(() => layoutOf(names.split('\u0000')), [names]);
  const drawn = useDrawn(links, nodes, layout);
  return (
    <section aria-label="Topology" className="topology">
      <SectionHead title="Topology" />
      <div className="topo-box">
        {/* biome-ignore lint/a11y/useSemanticElements: a drawing whose boxes are links is a group, and no fieldset */}
        <svg
          className={`drawing ${nodes.length > 8 ? 'many-edges' : ''}`}
          viewBox={`0 0 ${layout.frame.width} ${layout.frame.height}`}
          style={{
            maxWidth: layout.frame.width,
            minWidth: layout.frame.width > 500 ? 640 : undefined,
            margin: '0 auto',
          }}
          role="group"
          aria-label={summary(nodes, links)}
        >
          {drawn.map((one) => (
            <EdgeLine
              key={one.key}
              link={one.link}
              path={one.edge.path}
              head={headPath(one.edge)}
              quiet={one.label === null && nodes.length > 4}
            />
          ))}
          {drawn.map((one) => one.label && <EdgeLabel key={one.key} label={one.label} state={one.state} />)}
          {nodes.map((node) => (
            <NodeBox
              key={node.name}
              node={node}
              at={layout.points.get(node.name) ?? ORIGIN}
              to={paths.node(cluster, node.name)}
            />
          ))}
        </svg>
      </div>
      <EdgeKey shown={[...new Set(links.map(shownState))]} />
    </section>
  );
}

const ORIGIN: Point = { x: 0, y: 0 };

interface Layout {
  frame: Frame;
  points: Map<string, Point>;
  order: string[];
}

function layoutOf(order: string[]): Layout {
  const frame = frameFor(order.length);
  const points = nodePoints(order.length, frame);
  return { frame, order, points: new Map(order.map((name, at) => [name, points[at] ?? ORIGIN])) };
}

interface Drawn {
  key: string;
  link: LinkSnapshot;
  state: ShownLinkState;
  edge: Edge;
  label: PlacedLabel | null;
}

/** Edges with their labels put where they cover nothing. Up to four nodes every edge is named; then those that are not well. */
function useDrawn(links: LinkSnapshot[], nodes: NodeSnapshot[], layout: Layout): Drawn[] {
  const zone = useZone();
  const now = useNow(60_000);
  const edges = useMemo(() => {
    const between = new Map<string, Edge>();
    for (const [provider, from] of layout.points)
      for (const [receiver, to] of layout.points)
        if (provider !== receiver) between.set(pairKey(provider, receiver), edge(from, to));
    return between;
  }, [layout]);
  return useMemo(() => {
    const byName = new Map(nodes.map((node) => [node.name, node]));
    const every = nodes.length <= 4;
    const drawn = links.flatMap((link) => {
      const found = edges.get(linkKey(link));
      const state = shownState(link);
      if (!found) return [];
      const flat =
        Math.abs((layout.points.get(link.provider)?.y ?? 0) - (layout.points.get(link.receiver)?.y ?? 0)) < 1;
      const words =
        every || state !== 'replicating'
          ? labelText(
              link,
              state,
              byName.get(link.provider),
              flat ? (iso) => shortTime(iso, zone, now) : null,
            )
          : null;
      return [{ key: linkKey(link), link, state, edge: found, words }];
    });
    const named = drawn.flatMap((one) =>
      one.words === null ? [] : [{ ...one, words: one.words, width: labelWidth(one.words, one.state) }],
    );
    const boxes = [...layout.points.values()].map(({ x, y }) => ({
      x: x - BOX.width / 2,
      y: y - BOX.height / 2,
      ...BOX,
    }));
    const places = placeLabels(
      named.map(({ link, edge: { at }, width }) => ({
        best: bestShare(
          layout.order.indexOf(link.provider),
          layout.order.indexOf(link.receiver),
          layout.order.length,
        ),
        at,
        width,
        height: LABEL_HEIGHT,
      })),
      boxes,
    );
    const labels = new Map(
      named.map((one, at) => [one.key, { ...one.words, width: one.width, at: places[at] ?? ORIGIN }]),
    );
    // What is not well is drawn over what is.
    return drawn
      .map((one) => ({ ...one, label: labels.get(one.key) ?? null }))
      .sort((a, b) => Number(a.label !== null) - Number(b.label !== null));
  }, [links, nodes, edges, layout, zone, now]);
}

function summary(nodes: NodeSnapshot[], links: LinkSnapshot[]): string {
  const ill = links.filter((link) => shownState(link) !== 'replicating');
  const said = ill
    .slice(0, 4)
    .map((link) => `${safeName(link.provider)} to ${safeName(link.receiver)} ${shownState(link)}`);
  return `${nodes.length} nodes, ${links.length} links${said.length > 0 ? `: ${said.join(', ')}` : ', all replicating'}`;
}

function EdgeKey({ shown }: { shown: ShownLinkState[] }) {
  const order: ShownLinkState[] = [
    'replicating',
    'behind',
    'initializing',
    'disabled',
    'down',
    'failing',
    'unknown',
    'missing',
  ];
  return (
    <div className="legend">
      {order
        .filter((state) => state === 'replicating' || shown.includes(state))
        .map((state) => (
          <span key={state}>
            <svg width="24" height="8" aria-hidden="true">
              <path
                className={`edge ${EDGES[state]}`}
                strokeWidth={state === 'behind' ? 2 : 1.5}
                d="M0 4H24"
              />
            </svg>
            {state}
          </span>
        ))}
      <span className="legend-end">thicker: more sent</span>
    </div>
  );
}
