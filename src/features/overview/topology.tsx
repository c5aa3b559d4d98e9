import { memo, useMemo } from 'react';
import { Link } from 'react-router';
import type { LinkSnapshot, NodeSnapshot } from '#core/model/snapshot.ts';
import { useClusterName, useNodesByName, useSnapshot } from '#src/api/hooks.ts';
import { useNow, useZone } from '#src/lib/clock.ts';
import { type ShownLinkState, shownNodeState, shownState } from '#src/lib/link-state.ts';
import { paths } from '#src/lib/paths.ts';
import { shortTime } from '#src/lib/time.ts';
import { lagText, rateText } from '#src/lib/units.ts';
import { SectionHead } from '#src/ui/section.tsx';
import { stateLook, states } from '#src/ui/state.tsx';
import { cellLabel } from './cell.ts';
import { BOX, type Edge, edge, frameFor, nodePoints, type Point, strokeFor } from './topology-geometry.ts';

/** Stroke class, head class, label class of each state: see the table in the look. */
const EDGES: Record<ShownLinkState, string> = {
  replicating: '',
  behind: 'w',
  initializing: 'a',
  disabled: 'd',
  down: 'c',
  unknown: 'k',
  missing: 'x',
};
const TEXTS: Partial<Record<ShownLinkState, string>> = {
  behind: 'tw',
  down: 'tc',
  missing: 'tc',
  initializing: 'ta',
};

/** Every node a box, every ordered pair an edge. For 2 to 12 nodes. */
export function Topology() {
  const cluster = useClusterName();
  const nodes = useSnapshot((snapshot) => snapshot.nodes);
  const links = useSnapshot((snapshot) => snapshot.links);
  const names = nodes.map((node) => node.name).join('\u0000');
  const layout = useMemo(() => {
    const all = names.split('\u0000');
    const frame = frameFor(all.length);
    const points = nodePoints(all.length, frame);
    return { frame, points: new Map(all.map((name, at) => [name, points[at] as Point])) };
  }, [names]);
  const shown = [...new Set(links.map(shownState))];
  const every = nodes.length <= 4;
  return (
    <section aria-label="Topology" className="topo">
      <SectionHead title="Topology" />
      {/* biome-ignore lint/a11y/useSemanticElements: a drawing whose boxes are links is a group, and no fieldset */}
      <svg
        className="dr"
        viewBox={`0 0 ${layout.frame.width} ${layout.frame.height}`}
        style={{ maxWidth: layout.frame.width, margin: '0 auto' }}
        role="group"
        aria-label={summary(nodes, links)}
      >
        {links.map((link) => {
          const from = layout.points.get(link.provider);
          const to = layout.points.get(link.receiver);
          if (!from || !to) return null;
          return (
            <EdgeDrawing
              key={`${link.provider}\u0000${link.receiver}`}
              link={link}
              from={from}
              to={to}
              labelled={every || shownState(link) !== 'replicating'}
              count={nodes.length}
            />
          );
        })}
        {nodes.map((node) => (
          <NodeBox
            key={node.name}
            node={node}
            at={layout.points.get(node.name) ?? { x: 0, y: 0 }}
            to={paths.node(cluster, node.name)}
          />
        ))}
      </svg>
      <EdgeKey shown={shown} />
    </section>
  );
}

function summary(nodes: NodeSnapshot[], links: LinkSnapshot[]): string {
  const ill = links.filter((link) => shownState(link) !== 'replicating');
  const said = ill.slice(0, 4).map((link) => `${link.provider} to ${link.receiver} ${shownState(link)}`);
  return `${nodes.length} nodes, ${links.length} links${said.length > 0 ? `: ${said.join(', ')}` : ', all replicating'}`;
}

const EdgeDrawing = memo(function EdgeDrawing({
  link,
  from,
  to,
  labelled,
  count,
}: {
  link: LinkSnapshot;
  from: Point;
  to: Point;
  labelled: boolean;
  count: number;
}) {
  const state = shownState(link);
  // Of four nodes the diagonals cross in the middle: their labels stand nearer to where they start.
  const diagonal = count === 4 && Math.abs(from.x - to.x) > 1 && Math.abs(from.y - to.y) > 1;
  const drawn = useMemo(() => edge(from, to, diagonal || count > 4 ? 0.3 : 0.5), [from, to, diagonal, count]);
  const tone = EDGES[state];
  const width = state === 'replicating' || state === 'behind' ? strokeFor(link.bytesPerSecond) : 1.5;
  const quiet = !labelled && count > 4;
  return (
    <g>
      <path className={`ed ${tone}${quiet ? ' quiet' : ''}`} strokeWidth={quiet ? 1 : width} d={drawn.path}>
        <title>{cellLabel(link)}</title>
      </path>
      <path className={`ah ${tone}${quiet ? ' quiet' : ''}`} d={headPath(drawn)} />
      {state === 'disabled' && <Bars at={drawn.label} />}
      {labelled && <EdgeLabel link={link} state={state} at={drawn.label} />}
    </g>
  );
});

const headPath = ({ head: [a, b, c] }: Edge): string =>
  `M${a.x.toFixed(1)} ${a.y.toFixed(1)}L${b.x.toFixed(1)} ${b.y.toFixed(1)}L${c.x.toFixed(1)} ${c.y.toFixed(1)}Z`;

/** Two bars across the edge of a disabled subscription, below its label. */
function Bars({ at }: { at: Point }) {
  return <path className="bars" d={`M${at.x - 3} ${at.y + 15}v8M${at.x + 3} ${at.y + 15}v8`} />;
}

function EdgeLabel({ link, state, at }: { link: LinkSnapshot; state: ShownLinkState; at: Point }) {
  const provider = useNodesByName().get(link.provider);
  const zone = useZone();
  const now = useNow(60_000);
  const time = (iso: string) => shortTime(iso, zone, now);
  const { first, second } = labelText(link, state, provider, time);
  const icon = state === 'replicating' ? null : stateLook(state);
  const width = Math.max(first.length * 6.4 + (icon ? 18 : 0), second.length * 5.6) + 8;
  const Glyph = icon?.icon;
  const textWidth = first.length * 6.2;
  return (
    <g transform={`translate(${at.x.toFixed(1)} ${at.y.toFixed(1)})`}>
      <rect className="back" x={-width / 2} y="-16" width={width} height="32" />
      {Glyph && (
        <Glyph
          className={`ic ${icon.tone}`}
          x={-textWidth / 2 - 8}
          y={-15}
          width={12}
          height={12}
          aria-hidden="true"
        />
      )}
      <text className={TEXTS[state] ?? 'h'} textAnchor="middle" x={icon ? 8 : 0} y="-4">
        {first}
      </text>
      <text className="t11" textAnchor="middle" y="11">
        {second}
      </text>
    </g>
  );
}

/** Two lines on an edge: the lag or the word, and the rate or what stands behind the word. */
function labelText(
  link: LinkSnapshot,
  state: ShownLinkState,
  provider: NodeSnapshot | undefined,
  time: (iso: string) => string,
): { first: string; second: string } {
  const lag = link.lagSeconds === null ? null : lagText(link.lagSeconds, link.lagAtLeast);
  const speed = link.bytesPerSecond === null ? 'rate unknown' : rateText(link.bytesPerSecond);
  switch (state) {
    case 'replicating':
      return { first: lag ?? 'lag unknown', second: speed };
    case 'behind': {
      const writes = provider?.walBytesPerSecond ?? null;
      return {
        first: `${lag ?? ''} behind`,
        second: writes === null ? speed : `${speed} of ${rateText(writes)}`,
      };
    }
    case 'missing':
      return { first: state, second: 'no subscription' };
    case 'unknown': {
      const since = link.since ?? link.observedAt;
      return {
        first: state,
        second: lag ? `${lag} behind` : since ? `no data since ${time(since)}` : 'never read',
      };
    }
    default:
      return { first: state, second: lag && lag !== '' ? `${lag} behind` : (link.reason ?? '') };
  }
}

const NodeBox = memo(function NodeBox({ node, at, to }: { node: NodeSnapshot; at: Point; to: string }) {
  const state = shownNodeState(node);
  const look = stateLook(state);
  const Glyph = look.icon;
  const name = node.name.length > 11 ? `${node.name.slice(0, 10)}…` : node.name;
  const room = Math.floor((BOX.width - 34 - name.length * 7.4) / 5.6);
  const location =
    node.location && room >= 4
      ? node.location.length > room
        ? `${node.location.slice(0, room - 1)}…`
        : node.location
      : null;
  const second =
    state !== 'up'
      ? states[state].word
      : node.walBytesPerSecond === null
        ? 'rate unknown'
        : `writes ${rateText(node.walBytesPerSecond)}`;
  return (
    <Link to={to} className="nb" aria-label={`${node.name}, ${states[state].word}`}>
      <g transform={`translate(${(at.x - BOX.width / 2).toFixed(1)} ${(at.y - BOX.height / 2).toFixed(1)})`}>
        <title>{`${node.name} ${node.address}`}</title>
        <rect
          className={`nodebox ${state === 'up' ? '' : 'away'}`}
          width={BOX.width}
          height={BOX.height}
          rx="3"
        />
        {state !== 'up' && <rect width={BOX.width} height={BOX.height} rx="3" fill="url(#hatchp)" />}
        {state !== 'up' && (
          <rect className="back" x="6" y="5" width={BOX.width - 12} height={BOX.height - 10} />
        )}
        <Glyph className={`ic ${look.tone}`} x={11} y={8} width={12} height={12} aria-hidden="true" />
        <text className="t13" x="28" y="18.5">
          <tspan className="b">{name}</tspan>
          {location && (
            <tspan className="t11" dx="5">
              {location}
            </tspan>
          )}
        </text>
        <text className="t11" x="11" y="34">
          {second}
        </text>
      </g>
    </Link>
  );
});

function EdgeKey({ shown }: { shown: ShownLinkState[] }) {
  const order: ShownLinkState[] = [
    'replicating',
    'behind',
    'initializing',
    'disabled',
    'down',
    'unknown',
    'missing',
  ];
  return (
    <div className="key">
      {order
        .filter((state) => state === 'replicating' || shown.includes(state))
        .map((state) => (
          <span key={state}>
            <svg width="24" height="8" aria-hidden="true">
              <path className={`ed ${EDGES[state]}`} strokeWidth={state === 'behind' ? 2 : 1.5} d="M0 4H24" />
            </svg>
            {state}
          </span>
        ))}
      <span className="key-end">thicker: more sent</span>
    </div>
  );
}
