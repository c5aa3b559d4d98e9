/** One node of the topology: a box that leads to its page, hatched and dashed while it is away. */

import { memo } from 'react';
import { Link } from 'react-router';
import type { NodeSnapshot } from '#core/model/snapshot.ts';
import { shownNodeState } from '#src/lib/link-state.ts';
import { safeName } from '#src/lib/safe-name.ts';
import { textWidth } from '#src/lib/text-width.ts';
import { rateText } from '#src/lib/units.ts';
import { stateLook, states } from '#src/ui/state.tsx';
import { BOX, type Point } from './topology-geometry.ts';

/** What of a text fits into so many px. */
function cut(text: string, room: number, size: number, weight: number): string {
  if (textWidth(text, size, weight) <= room) return text;
  let kept = text;
  while (kept.length > 1 && textWidth(`${kept}…`, size, weight) > room) kept = kept.slice(0, -1);
  return `${kept}…`;
}

export const NodeBox = memo(function NodeBox({
  node,
  at,
  to,
}: {
  node: NodeSnapshot;
  at: Point;
  to: string;
}) {
  const state = shownNodeState(node);
  const look = stateLook(state);
  const Glyph = look.icon;
  const room = BOX.width - 28 - 8;
  const name = cut(safeName(node.name), room, 13, 600);
  const rest = room - textWidth(name, 13, 600) - 5;
  const location = node.location && rest > 24 ? cut(safeName(node.location), rest, 11, 400) : null;
  const second =
    state !== 'up'
      ? states[state].word
      : node.walBytesPerSecond === null
        ? 'rate unknown'
        : `writes ${rateText(node.walBytesPerSecond)}`;
  return (
    <Link to={to} className="topology-node">
      <g transform={`translate(${(at.x - BOX.width / 2).toFixed(1)} ${(at.y - BOX.height / 2).toFixed(1)})`}>
        <title>{`${safeName(node.name)} ${node.address}`}</title>
        <rect
          className={`node-box ${state === 'up' ? '' : 'away'}`}
          width={BOX.width}
          height={BOX.height}
          rx="3"
        />
        {state !== 'up' && <rect width={BOX.width} height={BOX.height} rx="3" fill="url(#hatchp)" />}
        {state !== 'up' && (
          <rect className="back" x="6" y="5" width={BOX.width - 12} height={BOX.height - 10} />
        )}
        <Glyph className={`state-icon ${look.tone}`} x={11} y={8} width={12} height={12} aria-hidden="true" />
        <text className="large-label" x="28" y="18.5">
          <tspan className="bold">{name}</tspan>
          {location && (
            <tspan className="small-label" dx="5">
              {location}
            </tspan>
          )}
        </text>
        <text className="small-label" x="11" y="34">
          {second}
        </text>
      </g>
    </Link>
  );
});
