/** What is drawn over the lines: names at their ends, what was not sampled, what is not known, and what happened when. */
import { useChartWidth, usePlotArea, useXAxisScale, useYAxisScale } from 'recharts';
import { textWidth } from '#src/lib/text-width.ts';
import { wholeDuration } from '#src/lib/units.ts';
import type { EndLabel, LagModel, LineTone } from './lag-lines.ts';

export interface Mark {
  at: number;
  /** Said by the console of itself: where a stretch was not sampled, the hatch says it. */
  console: boolean;
  text: string;
}

interface Props {
  model: LagModel;
  /** The least value that the axis shows. */
  floor: number;
  notSampled: { from: string; to: string }[];
  marks: Mark[];
  from: number;
  to: number;
}

const TEXTS: Record<LineTone, string> = { plain: '', strong: 'h', warn: 'tw', crit: 'tc' };
const DOTS: Record<LineTone, string> = {
  plain: 'var(--line-3)',
  strong: 'var(--ink-2)',
  warn: 'var(--warn-mark)',
  crit: 'var(--crit-mark)',
};
const LINE_HEIGHT = 15;

export function ChartMarks({ model, floor, notSampled, marks, from, to }: Props) {
  const width = useChartWidth() ?? 0;
  const plot = usePlotArea();
  const xScale = useXAxisScale();
  const yScale = useYAxisScale();
  if (!plot || !xScale || !yScale) return null;
  const right = plot.x + plot.width;
  const bottom = plot.y + plot.height;
  const room = width - right - 12;
  const x = (at: number): number => Number(xScale(Math.min(Math.max(at, from), to)));
  const y = (value: number): number => Math.max(plot.y, Number(yScale(Math.max(value, floor))));
  const last = model.rows.at(-1)?.at ?? to;
  // A stretch without samples says so itself: what the console wrote about it would only stand on top.
  const inGap = (at: number): boolean =>
    notSampled.some((gap) => Math.abs(x(at) - (x(Date.parse(gap.from)) + x(Date.parse(gap.to))) / 2) < 120);
  const shown = spaced(
    marks.filter((mark) => mark.at > from && !(mark.console && inGap(mark.at))),
    x,
    plot.width,
  );
  return (
    <g>
      {notSampled.map((gap) => {
        const start = Date.parse(gap.from);
        const end = Date.parse(gap.to);
        if (end < from) return null;
        return (
          <g key={gap.from}>
            <rect
              x={x(start)}
              y={plot.y}
              width={Math.max(1, x(end) - x(start))}
              height={plot.height}
              fill="url(#hatchp)"
            />
            {plot.width > 420 && shown.every((mark) => Math.abs(x(mark.at) - x(start)) > 260) && (
              <text className="t11" x={(x(start) + x(end)) / 2} y={plot.y - 8} textAnchor="middle">
                not sampled, {wholeDuration((end - start) / 1000)}
              </text>
            )}
          </g>
        );
      })}
      {shown.map((mark) => (
        <EventMark
          key={`${mark.at}${mark.text}`}
          x={x(mark.at)}
          top={plot.y}
          bottom={bottom}
          left={plot.x}
          right={right}
          text={mark.text}
        />
      ))}
      {model.noData && (
        <rect
          x={x(model.noData.from)}
          y={bottom + 6}
          width={Math.max(0, right - x(model.noData.from))}
          height={9}
          fill="url(#hatchp)"
          stroke="var(--hatch-line)"
          strokeWidth={1}
        />
      )}
      {model.labels
        .filter((label) => label.tone !== 'plain')
        .map((label) => (
          <circle key={label.text} cx={x(last)} cy={y(label.value)} r={2.5} fill={DOTS[label.tone]} />
        ))}
      {placed(model.labels, y, plot.y, bottom).map(({ label, at }) => (
        <text key={label.text} className={TEXTS[label.tone]} x={right + 8} y={at + 4}>
          {labelled(label, room)}
        </text>
      ))}
      {model.noData && (
        <text className="t11" x={right + 8} y={bottom + 15}>
          {model.noData.text}
        </text>
      )}
    </g>
  );
}

function EventMark({
  x,
  top,
  bottom,
  left,
  right,
  text,
}: {
  x: number;
  top: number;
  bottom: number;
  left: number;
  right: number;
  text: string;
}) {
  const atStart = x - left < (right - left) / 2;
  const words = fitted(text, (atStart ? right - x : x - left) - 12);
  return (
    <g>
      <line x1={x} x2={x} y1={top - 4} y2={bottom} stroke="var(--ink-3)" strokeDasharray="1 3" />
      <path d={`M${x} ${top - 4}l-4 -5h8z`} fill="var(--ink-2)" />
      <text className="t11 q" x={atStart ? x + 8 : x - 8} y={top - 8} textAnchor={atStart ? 'start' : 'end'}>
        {words}
      </text>
    </g>
  );
}

/** What of a text fits into so many px at 11 px. */
function fitted(text: string, room: number): string {
  let kept = text;
  while (kept.length > 4 && textWidth(kept === text ? kept : `${kept}…`, 11) > Math.min(room, 260))
    kept = kept.slice(0, -1);
  return kept === text ? text : `${kept.trimEnd()}…`;
}

/** The newest events whose words do not run into each other. */
function spaced(marks: Mark[], x: (at: number) => number, width: number): Mark[] {
  const kept: Mark[] = [];
  for (const mark of marks) {
    if (kept.every((other) => Math.abs(x(other.at) - x(mark.at)) > 250)) kept.push(mark);
    if (kept.length >= Math.max(1, Math.floor(width / 320))) break;
  }
  return kept;
}

/** Labels at the height of their lines, pushed apart so that none covers another; upwards first, then back below the top. */
export function placed(
  labels: EndLabel[],
  y: (value: number) => number,
  top: number,
  bottom: number,
): { label: EndLabel; at: number }[] {
  const fromBelow = labels.map((label) => ({ label, at: y(label.value) })).sort((a, b) => b.at - a.at);
  let floor = bottom - 4;
  for (const one of fromBelow) {
    one.at = Math.min(one.at, floor);
    floor = one.at - LINE_HEIGHT;
  }
  let ceiling = top;
  for (const one of fromBelow.toReversed()) {
    one.at = Math.max(one.at, ceiling);
    ceiling = one.at + LINE_HEIGHT;
  }
  return fromBelow;
}

/** The name as far as there is room for it, then the value whole. */
function labelled({ text, tail, tone }: EndLabel, room: number): string {
  const weight = tone === 'plain' ? 400 : 500;
  const rest = room - textWidth(` ${tail}`, 12, weight);
  let kept = text;
  while (kept.length > 3 && textWidth(kept === text ? kept : `${kept}…`, 12, weight) > rest)
    kept = kept.slice(0, -1);
  return `${kept === text ? text : `${kept.trimEnd()}…`} ${tail}`.trim();
}
