/** One edge of the topology: its line and head, and the label in its gap. */
import { memo } from 'react';
import type { LinkSnapshot, NodeSnapshot } from '#core/model/snapshot.ts';
import { type ShownLinkState, shownState } from '#src/lib/link-state.ts';
import { textWidth } from '#src/lib/text-width.ts';
import { rateText, shortLag } from '#src/lib/units.ts';
import { stateLook } from '#src/ui/state.tsx';
import { cellLabel } from './cell.ts';
import { type Edge, type Point, strokeFor } from './topology-geometry.ts';

/** Stroke class, head class, label class of each state: see the table in the look. */
export const EDGES: Record<ShownLinkState, string> = {
  replicating: '',
  behind: 'behind',
  initializing: 'initializing',
  disabled: 'disabled',
  down: 'down',
  failing: 'down',
  unknown: 'unknown',
  missing: 'missing',
};
const TEXTS: Partial<Record<ShownLinkState, string>> = {
  behind: 'warn-label',
  down: 'crit-label',
  failing: 'crit-label',
  missing: 'crit-label',
  initializing: 'accent-label',
};

export const EdgeLine = memo(function EdgeLine({
  link,
  path,
  head,
  quiet,
}: {
  link: LinkSnapshot;
  path: string;
  head: string;
  quiet: boolean;
}) {
  const state = shownState(link);
  const tone = EDGES[state];
  const width = state === 'replicating' || state === 'behind' ? strokeFor(link.bytesPerSecond) : 1.5;
  return (
    <g>
      <path className={`edge ${tone}${quiet ? ' quiet' : ''}`} strokeWidth={quiet ? 1 : width} d={path}>
        <title>{cellLabel(link)}</title>
      </path>
      {!quiet && <path className={`arrow-head ${tone}`} d={head} />}
    </g>
  );
});

export const headPath = ({ head: [a, b, c] }: Edge): string =>
  `M${a.x.toFixed(1)} ${a.y.toFixed(1)}L${b.x.toFixed(1)} ${b.y.toFixed(1)}L${c.x.toFixed(1)} ${c.y.toFixed(1)}Z`;

interface Words {
  first: string;
  second: string;
}
export interface PlacedLabel extends Words {
  at: Point;
  width: number;
}

export const LABEL_HEIGHT = 32;
const ICON = 17;

export function labelWidth({ first, second }: Words, state: ShownLinkState): number {
  return (
    Math.max(textWidth(first, 12, 500) + (state === 'replicating' ? 0 : ICON), textWidth(second, 11)) + 8
  );
}

/** Stands in a gap of its edge. */
export function EdgeLabel({
  label: { at, first, second, width },
  state,
}: {
  label: PlacedLabel;
  state: ShownLinkState;
}) {
  const look = state === 'replicating' ? null : stateLook(state);
  const Glyph = look?.icon;
  const left = -(textWidth(first, 12, 500) + ICON) / 2;
  return (
    <g transform={`translate(${at.x.toFixed(1)} ${at.y.toFixed(1)})`}>
      <rect className="back" x={-width / 2} y={-LABEL_HEIGHT / 2} width={width} height={LABEL_HEIGHT} />
      {Glyph && (
        <Glyph
          className={`state-icon ${look.tone}`}
          x={left}
          y={-14.5}
          width={12}
          height={12}
          aria-hidden="true"
        />
      )}
      <text
        className={TEXTS[state] ?? 'strong'}
        textAnchor={Glyph ? 'start' : 'middle'}
        x={Glyph ? left + ICON : 0}
        y="-4"
      >
        {first}
      </text>
      <text className="small-label" textAnchor="middle" y="11">
        {second}
      </text>
      {state === 'disabled' && <path className="bars" d="M-3 17v8M3 17v8" />}
    </g>
  );
}

/** Two lines on an edge: the lag or the word, and the rate or what stands behind the word. `time` is given where there is room for one. */
export function labelText(
  link: LinkSnapshot,
  state: ShownLinkState,
  provider: NodeSnapshot | undefined,
  time: ((iso: string) => string) | null,
): Words {
  const lag = link.lagSeconds === null ? null : shortLag(link.lagSeconds, link.lagAtLeast);
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
      if (lag) return { first: state, second: `${lag} behind` };
      return {
        first: state,
        second: since === null ? 'never read' : time ? `no data since ${time(since)}` : 'no data',
      };
    }
    default:
      return { first: state, second: lag === null ? (link.reason ?? '') : `${lag} behind` };
  }
}
