/** What stands around the marks of the matrix of many: frames and names, the crosshair, the bars at the right. */
import { memo, useMemo } from 'react';
import type { LinkSnapshot } from '#core/model/snapshot.ts';
import { barShare, type ManyFrame, type WorstOut, worstOut } from './many-layout.ts';

/** Room for names at the left and on top, and for the bars at the right, in pixels. */
export const LEFT = 60;
export const TOP = 42;
export const BAR = 48;

export const Grid = memo(function Grid({ frame }: { frame: ManyFrame }) {
  return (
    <g>
      <defs>
        <pattern
          id="hatchd"
          width="3.5"
          height="3.5"
          patternUnits="userSpaceOnUse"
          patternTransform="rotate(45)"
        >
          <line x1=".5" y1="0" x2=".5" y2="3.5" style={{ stroke: 'var(--ink-4)', strokeWidth: 0.8 }} />
        </pattern>
      </defs>
      {frame.regions.flatMap((row) =>
        frame.regions.map((column) => (
          <rect
            key={`${row.name}\u0000${column.name}`}
            x={LEFT + column.from - 1.5}
            y={TOP + row.from - 1.5}
            width={column.size + 3}
            height={row.size + 3}
            className={row === column ? 'many-self' : 'many-box'}
          />
        )),
      )}
      {frame.regions.map((region) => (
        <g key={region.name}>
          <text className="small-label ink-label" x={LEFT + region.from} y={region.range === '' ? 35 : 22}>
            {fitted(region.name, region.size)}
          </text>
          <text className="small-label" x={LEFT + region.from} y="35">
            {fitted(region.range, region.size)}
          </text>
          <text className="small-label ink-label" x="0" y={TOP + region.from + 9}>
            {fitted(region.name, LEFT - 6)}
          </text>
          {region.size >= 24 && (
            <text className="small-label" x="0" y={TOP + region.from + 23}>
              {fitted(region.range, LEFT - 6)}
            </text>
          )}
        </g>
      ))}
    </g>
  );
});

/** What of a text has room in so many pixels at 11 px. */
function fitted(text: string, width: number): string {
  const room = Math.max(1, Math.floor(width / 5.7));
  return text.length <= room ? text : `${text.slice(0, room - 1)}…`;
}

export function Crosshair({ frame, link }: { frame: ManyFrame; link: LinkSnapshot }) {
  const x = frame.at.get(link.receiver) ?? 0;
  const y = frame.at.get(link.provider) ?? 0;
  return (
    <>
      <rect className="many-cross" x={-2} y={y - 0.5} width={frame.size + 4} height={frame.cell + 1} />
      <rect className="many-cross" y={-2} x={x - 0.5} height={frame.size + 4} width={frame.cell + 1} />
    </>
  );
}

export function Chosen({ frame, link }: { frame: ManyFrame; link: LinkSnapshot }) {
  const x = frame.at.get(link.receiver) ?? 0;
  const y = frame.at.get(link.provider) ?? 0;
  return (
    <rect className="many-chosen" x={x - 1.5} y={y - 1.5} width={frame.cell + 3} height={frame.cell + 3} />
  );
}

/** The worst lag out of each node, beside its row; those that are not well are named. */
export function Bars({
  frame,
  links,
  dead,
  x,
}: {
  frame: ManyFrame;
  links: LinkSnapshot[];
  dead: ReadonlySet<string>;
  x: number;
}) {
  const worst = useMemo(() => worstOut(links, frame.at.keys(), dead), [links, frame, dead]);
  return (
    <g>
      <text className="small-label ink-label" x={x} y="22">
        Worst lag out
      </text>
      <text className="small-label" x={x} y="35">
        0.1 s
      </text>
      <text className="small-label" x={x + BAR + 18} y="35" textAnchor="end">
        20 m
      </text>
      {worst.map(({ node, lagSeconds, tone }) => (
        <Bar
          key={node}
          node={node}
          // To a tenth of a pixel: most bars stay as they are.
          width={lagSeconds === null ? null : Math.round(BAR * barShare(lagSeconds) * 10) / 10}
          tone={tone}
          x={x}
          y={TOP + (frame.at.get(node) ?? 0) + frame.cell / 2}
        />
      ))}
    </g>
  );
}

const COLOURS = { plain: 'var(--line-3)', warn: 'var(--warn-mark)', crit: 'var(--crit-mark)' };

/** `width` null: nothing that the node sends can be read. */
const Bar = memo(function Bar({
  node,
  width,
  tone,
  x,
  y,
}: Pick<WorstOut, 'node' | 'tone'> & { width: number | null; x: number; y: number }) {
  return (
    <g>
      <rect
        x={x}
        y={width === null ? y - 4 : y - 2}
        width={width ?? BAR}
        height={width === null ? 8 : 4}
        fill={width === null ? 'url(#hatchd)' : COLOURS[tone]}
      />
      {(tone !== 'plain' || width === null) && (
        <text className="small-label" x={x + BAR + 6} y={y + 4}>
          {fitted(node, 28)}
        </text>
      )}
    </g>
  );
});
