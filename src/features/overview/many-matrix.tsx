/** Over twelve nodes a link is a mark whose side grows with its lag; the one under the crosshair is read out below. */
import { type KeyboardEvent, type PointerEvent, useMemo, useState } from 'react';
import { Link } from 'react-router';
import { linkKey, pairKey } from '#core/model/keys.ts';
import type { LinkSnapshot } from '#core/model/snapshot.ts';
import { useClusterName, useSnapshot } from '#src/api/hooks.ts';
import { shownState } from '#src/lib/link-state.ts';
import { paths } from '#src/lib/paths.ts';
import { safeName } from '#src/lib/safe-name.ts';
import { bytesText, duration, rateText } from '#src/lib/units.ts';
import { useSearchState } from '#src/parts/search-state.ts';
import { LinkName } from '#src/ui/link-name.tsx';
import { SectionHead } from '#src/ui/section.tsx';
import { Segmented } from '#src/ui/segmented.tsx';
import { State } from '#src/ui/state.tsx';
import { Time } from '#src/ui/time.tsx';
import {
  deadNodes,
  type ManyMeasure,
  type MarkLook,
  manyFrame,
  manyPaths,
  pairAt,
  steps,
  worstLinks,
} from './many-layout.ts';
import { BAR, Bars, Chosen, Crosshair, Grid, LEFT, TOP } from './many-parts.tsx';
import type { Region } from './regions.ts';

const FILLS: Record<MarkLook, React.CSSProperties> = {
  least: { fill: 'var(--line-3)' },
  some: { fill: 'var(--ink-2)' },
  over: { fill: 'var(--warn-mark)' },
  'far-over': { fill: 'var(--warn-mark)' },
  down: { fill: 'var(--crit-mark)' },
  follows: { fill: 'var(--crit-tint)', stroke: 'var(--crit-line)', strokeWidth: 0.5 },
  missing: { fill: 'var(--panel)', stroke: 'var(--crit-mark)', strokeWidth: 1.5 },
  unknown: { fill: 'url(#hatchd)' },
  initializing: { fill: 'var(--accent)' },
  disabled: { fill: 'none', stroke: 'var(--ink-3)', strokeWidth: 1 },
  'no-value': { fill: 'var(--hatch-line)' },
};

const MEASURES: { value: ManyMeasure; label: string }[] = [
  { value: 'lag', label: 'Lag' },
  { value: 'held', label: 'WAL held' },
  { value: 'rate', label: 'Rate' },
];

export function ManyMatrix({ regions }: { regions: Region[] }) {
  const links = useSnapshot((snapshot) => snapshot.links);
  const thresholds = useSnapshot((snapshot) => snapshot.thresholds);
  const nodes = useSnapshot((snapshot) => snapshot.nodes);
  const dead = useMemo(() => deadNodes(nodes), [nodes]);
  const [query, setQuery] = useSearchState();
  const measure = MEASURES.find(({ value }) => value === query.get('matrix'))?.value ?? 'lag';
  const [hovered, setHovered] = useState<string | null>(null);
  const byKey = useMemo(() => new Map(links.map((link) => [linkKey(link), link])), [links]);
  const shape = regions
    .map((region) => `${region.name}:${region.nodes.map((node) => node.name).join()}`)
    .join(';');
  // biome-ignore lint/correctness/useExhaustiveDependencies: the shape says all that the frame depends on, and changes rarely
  const frame = useMemo(() => manyFrame(regions), [shape]);
  const marks = useMemo(
    () => manyPaths(links, frame, measure, thresholds, dead),
    [links, frame, measure, thresholds, dead],
  );
  const pinned = query.get('cell');
  const chosen =
    byKey.get(hovered ?? '') ?? byKey.get(pinned ?? '') ?? worstLinks(links, dead)[0] ?? links[0];

  const under = (event: PointerEvent<SVGSVGElement>): string | null => {
    const box = event.currentTarget.getBoundingClientRect();
    const scale = event.currentTarget.viewBox.baseVal.width / box.width;
    const pair = pairAt(
      (event.clientX - box.left) * scale - LEFT,
      (event.clientY - box.top) * scale - TOP,
      frame,
    );
    return pair && pairKey(pair.provider, pair.receiver);
  };
  const keys = (event: KeyboardEvent) => {
    const next = chosen && moved(event.key, chosen, [...frame.at.keys()]);
    if (!next) return;
    event.preventDefault();
    setHovered(next);
  };
  const width = LEFT + frame.size + 12 + BAR + 26;
  const height = TOP + frame.size + 4;
  return (
    <section className="section" aria-label="Links">
      <SectionHead title="Links" note="provider by row, receiver by column; a mark grows with its value">
        <Segmented
          label="Measure"
          value={measure}
          options={MEASURES}
          onChange={(value) => setQuery({ matrix: value === 'lag' ? null : value })}
        />
      </SectionHead>
      <MarkKey measure={measure} marks={marks} />
      <div className="many">
        <svg
          className="drawing crosshair"
          viewBox={`0 0 ${width} ${height}`}
          style={{ width, maxWidth: 'none' }}
          role="application"
          aria-roledescription="matrix of links"
          aria-label={`${frame.at.size} by ${frame.at.size} links, provider by row, receiver by column. Arrow keys move; the chosen link is read below.`}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: it takes the arrow keys, as its role says
          tabIndex={0}
          onKeyDown={keys}
          onPointerMove={(event) => setHovered(under(event))}
          onPointerLeave={() => setHovered(null)}
          onClick={(event) => setQuery({ cell: under(event as unknown as PointerEvent<SVGSVGElement>) })}
        >
          <Grid frame={frame} />
          <g transform={`translate(${LEFT} ${TOP})`}>
            {chosen && <Crosshair frame={frame} link={chosen} />}
            {[...marks].map(([look, d]) => (
              <path key={look} d={d} style={FILLS[look]} />
            ))}
            {chosen && <Chosen frame={frame} link={chosen} />}
          </g>
          <Bars frame={frame} links={links} dead={dead} x={LEFT + frame.size + 12} />
        </svg>
      </div>
      {chosen && <ReadOut link={chosen} />}
    </section>
  );
}

/** The key of the neighbour of a link in a direction; rows are providers. */
function moved(key: string, link: LinkSnapshot, names: string[]): string | null {
  const by: Partial<Record<string, [number, number]>> = {
    ArrowUp: [-1, 0],
    ArrowDown: [1, 0],
    ArrowLeft: [0, -1],
    ArrowRight: [0, 1],
  };
  const step = by[key];
  if (!step) return null;
  let row = names.indexOf(link.provider) + step[0];
  let column = names.indexOf(link.receiver) + step[1];
  if (row === column) {
    row += step[0];
    column += step[1];
  }
  const provider = names[row];
  const receiver = names[column];
  return provider === undefined || receiver === undefined ? null : pairKey(provider, receiver);
}

function ReadOut({ link }: { link: LinkSnapshot }) {
  const cluster = useClusterName();
  const state = shownState(link);
  return (
    <div className="chosen-line" aria-live="polite">
      <b>
        <LinkName provider={link.provider} receiver={link.receiver} />
      </b>
      <State of={state}>
        {state === 'behind' && link.lagSeconds !== null ? `${duration(link.lagSeconds)} behind` : state}
      </State>
      <span className="muted">
        {state !== 'behind' && link.lagSeconds !== null && `${duration(link.lagSeconds)} behind, `}
        {link.lagBytes === null ? 'lag unknown' : `${bytesText(link.lagBytes)} behind`}
        {link.walHeldBytes !== null && `, ${bytesText(link.walHeldBytes)} held on ${safeName(link.provider)}`}
      </span>
      {link.since && (
        <span className="faint wide-only">
          since <Time at={link.since} />
        </span>
      )}
      <Link className="text-action" to={paths.link(cluster, link.provider, link.receiver)}>
        Open link
      </Link>
    </div>
  );
}

function MarkKey({ measure, marks }: { measure: ManyMeasure; marks: Map<MarkLook, string> }) {
  const thresholds = useSnapshot((snapshot) => snapshot.thresholds);
  const [small, large, far] = steps(measure, thresholds);
  const say = (value: number): string =>
    measure === 'lag' ? duration(value) : measure === 'held' ? bytesText(value) : rateText(value);
  const over = measure === 'lag' ? 'behind ' : '';
  const all: [MarkLook, number, string][] = [
    ['least', 2, `under ${say(small)}`],
    ['some', 4, `${say(small)} to ${say(large)}`],
    ['over', 6, `${over}${say(large)} to ${say(far)}`],
    ['far-over', 8, `${over}over ${say(far)}`],
    ['down', 10, 'down'],
    ['follows', 10, 'down with its node'],
    ['missing', 7, 'missing'],
    ['unknown', 10, 'unknown'],
    ['initializing', 4, 'initializing'],
    ['disabled', 4, 'disabled'],
  ];
  return (
    <div className="legend">
      {all
        .filter(([look], at) => at < 4 || marks.has(look))
        .map(([look, side, words]) => (
          <span key={look}>
            <svg width="12" height="12" aria-hidden="true">
              <rect x={6 - side / 2} y={6 - side / 2} width={side} height={side} style={FILLS[look]} />
            </svg>
            {words}
          </span>
        ))}
    </div>
  );
}
