/** Over twelve nodes a link is a mark whose side grows with its lag; the one under the crosshair is read out below. */
import { type KeyboardEvent, type PointerEvent, useMemo, useState } from 'react';
import { Link } from 'react-router';
import { linkKey, pairKey } from '#core/model/keys.ts';
import type { LinkSnapshot, Snapshot } from '#core/model/snapshot.ts';
import { linkOfKey, placesOf } from '#core/snapshot/places.ts';
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
  cellsOf,
  looksIn,
  type ManyMeasure,
  type MarkLook,
  manyFrame,
  pairAt,
  rowsOfLooks,
  steps,
} from './many-layout.ts';
import { FILLS, MarkRow } from './many-marks.tsx';
import { BAR, Bars, Chosen, Crosshair, Grid, LEFT, TOP } from './many-parts.tsx';
import type { RegionOutline } from './regions.ts';

const MEASURES: { value: ManyMeasure; label: string }[] = [
  { value: 'lag', label: 'Lag' },
  { value: 'held', label: 'WAL held' },
  { value: 'rate', label: 'Rate' },
];

interface Props {
  regions: RegionOutline[];
  /** Nodes that are down. */
  dead: ReadonlySet<string>;
  /** What is read out while nothing is chosen. */
  worst: LinkSnapshot | undefined;
}

const linksOf = (snapshot: Snapshot) => snapshot.links;
const thresholdsOf = (snapshot: Snapshot) => snapshot.thresholds;

export function ManyMatrix({ regions, dead, worst }: Props) {
  const links = useSnapshot(linksOf);
  const thresholds = useSnapshot(thresholdsOf);
  const [query, setQuery] = useSearchState();
  const measure = MEASURES.find(({ value }) => value === query.get('matrix'))?.value ?? 'lag';
  const [hovered, setHovered] = useState<string | null>(null);
  const frame = useMemo(() => manyFrame(regions), [regions]);
  const order = placesOf(links, linkKey);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the places say all that the cells depend on, and change rarely
  const cells = useMemo(() => cellsOf(links, frame), [order, frame]);
  const rows = useMemo(
    () => rowsOfLooks(links, cells, frame, measure, thresholds, dead),
    [links, cells, frame, measure, thresholds, dead],
  );
  const pinned = query.get('cell');
  const chosen = linkOfKey(links, hovered ?? '') ?? linkOfKey(links, pinned ?? '') ?? worst ?? links[0];

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
      <MarkKey measure={measure} looks={looksIn(rows.join(''))} />
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
            {[...frame.at].map(([name, y], place) => (
              <MarkRow key={name} row={rows[place] ?? ''} y={y} frame={frame} />
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

function MarkKey({ measure, looks }: { measure: ManyMeasure; looks: ReadonlySet<MarkLook> }) {
  const thresholds = useSnapshot(thresholdsOf);
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
        .filter(([look], at) => at < 4 || looks.has(look))
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
