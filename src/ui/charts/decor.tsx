/** What stands on and around a chart's lines: what is hatched, what happened, and the words at the right end. */
import { usePlotArea, useXAxisScale, useYAxisScale } from 'recharts';
import { clock, type Zone } from '#src/lib/time.ts';
import { wholeDuration } from '#src/lib/units.ts';
import { valueText } from './axis-text.ts';
import { type EndLabel, endLabels, type LineTone } from './end-labels.ts';
import {
  type LagMetric,
  linksInWords,
  type ShapedLine,
  type Stretch,
  type UnknownLane,
} from './lag-shape.ts';
import { groupWords, type MarkGroup, RANK } from './mark-groups.ts';
import { placeWords } from './mark-words.ts';

/** Room at the right for the labels of the lines. */
export const RIGHT_GUTTER = { wide: 164, narrow: 112 };

interface Props {
  lines: { line: ShapedLine; tone: LineTone }[];
  lanes: UnknownLane[];
  notSampled: Stretch[];
  groups: MarkGroup[];
  metric: LagMetric;
  zone: Zone;
  /** The bottom of a log axis; 0 on a linear one. */
  floor: number;
  /** Characters that fit into the gutter at the right. */
  room: number;
}

interface Plot {
  left: number;
  right: number;
  top: number;
  bottom: number;
  x: (t: number) => number;
}

const LANE = 8;
const CLASSES: Record<LineTone, string> = {
  quiet: '',
  strong: 'strong',
  warn: 'warn-label',
  crit: 'crit-label',
};
const DOTS: Record<LineTone, string> = {
  quiet: 'var(--line-3)',
  strong: 'var(--ink-2)',
  warn: 'var(--warn-mark)',
  crit: 'var(--crit-mark)',
};

export function Decor(props: Props) {
  const area = usePlotArea();
  const xScale = useXAxisScale();
  const yScale = useYAxisScale();
  if (!area || !xScale || !yScale) return null;
  const plot: Plot = {
    left: area.x,
    right: area.x + area.width,
    top: area.y,
    bottom: area.y + area.height,
    x: (t) => Math.min(area.x + area.width, Math.max(area.x, Number(xScale(t) ?? area.x))),
  };
  const y = (value: number) => Number(yScale(Math.max(value, props.floor)) ?? plot.bottom);
  return (
    <g className="decor">
      <NotSampled gaps={props.notSampled} plot={plot} />
      <Marks groups={props.groups} gaps={props.notSampled} plot={plot} zone={props.zone} />
      <Lanes lanes={props.lanes} plot={plot} room={props.room} />
      <Ends {...props} plot={plot} y={y} />
    </g>
  );
}

function NotSampled({ gaps, plot }: { gaps: Stretch[]; plot: Plot }) {
  return gaps.map((gap) => {
    const x = plot.x(gap.from);
    const width = plot.x(gap.to) - x;
    if (width < 1) return null;
    return (
      <g key={gap.from}>
        <title>{notSampledText(gap)}</title>
        <rect className="back" x={x} y={plot.top} width={width} height={plot.bottom - plot.top} />
        <rect fill="url(#hatchp)" x={x} y={plot.top} width={width} height={plot.bottom - plot.top} />
      </g>
    );
  });
}

const notSampledText = (gap: Stretch): string => `not sampled, ${wholeDuration((gap.to - gap.from) / 1000)}`;

/** The words above the plot, and the verticals under them; in full they are said by `MarkHeads`. */
function Marks({
  groups,
  gaps,
  plot,
  zone,
}: {
  groups: MarkGroup[];
  gaps: Stretch[];
  plot: Plot;
  zone: Zone;
}) {
  const words = placeWords(
    [
      ...groups.map((group) => ({
        x: group.x,
        text: `${clock(group.marks[0].at, zone)} ${groupWords(group)}`,
        mark: true,
        rank: RANK[group.tone],
      })),
      ...gaps.map((gap) => ({
        x: (plot.x(gap.from) + plot.x(gap.to)) / 2,
        text: notSampledText(gap),
        mark: false,
      })),
    ],
    plot.left - 44,
    plot.right + 40,
  );
  return (
    <>
      {groups.map(({ x, tone, line, marks }) => (
        <g key={`${marks[0].at} ${marks[0].text}`}>
          {line && <line x1={x} x2={x} y1={plot.top - 4} y2={plot.bottom} className="mark" />}
          <path d={`M${x - 3.5} ${plot.top - 8}h7l-3.5 5z`} className={`mark-head ${tone}`} />
          {marks.length > 1 && (
            <text className="small-label on-mark" x={x} y={plot.top - 11} textAnchor="middle">
              {marks.length}
            </text>
          )}
        </g>
      ))}
      {words.map((one, place) => (
        <text
          // biome-ignore lint/suspicious/noArrayIndexKey: two of them may say the same
          key={place}
          className="small-label on-mark"
          x={one.x}
          y={plot.top - 9}
          textAnchor={one.anchor}
        >
          {one.text}
        </text>
      ))}
    </>
  );
}

function Lanes({ lanes, plot, room }: { lanes: UnknownLane[]; plot: Plot; room: number }) {
  const now = lanes.filter((lane) => lane.now);
  const links = now.flatMap((lane) => lane.links);
  return (
    <g>
      {lanes.map((lane) => (
        <rect
          key={`${lane.from} ${lane.links[0]?.provider} ${lane.links[0]?.receiver}`}
          x={plot.x(lane.from)}
          y={plot.bottom + 4}
          width={Math.max(1, plot.x(lane.to) - plot.x(lane.from))}
          height={LANE}
          fill="url(#hatchp)"
          className="lane"
        >
          <title>{`${linksInWords(lane.links) ?? `${lane.links.length} links`}: no data`}</title>
        </rect>
      ))}
      {links.length > 0 && (
        <text className="small-label" x={plot.right + 8} y={plot.bottom + 4 + LANE}>
          {clip(`${linksInWords(links) ?? `${links.length} links`} no data`, room)}
        </text>
      )}
    </g>
  );
}

function clip(words: string, length: number): string {
  return words.length <= length ? words : `${words.slice(0, length - 1)}…`;
}

function Ends({ lines, metric, plot, y, room }: Props & { plot: Plot; y: (value: number) => number }) {
  const live = lines.filter(({ line }) => line.last !== null && !line.open);
  const labels = endLabels(
    live.map(({ line, tone }) => ({
      name: line.name,
      provider: line.provider,
      receiver: line.receiver,
      tone,
      value: line.last?.v ?? 0,
      y: y(line.last?.v ?? 0),
    })),
    plot.top,
    plot.bottom - 4,
  );
  return (
    <g>
      {lines.map(({ line, tone }) => {
        if (line.last === null) return null;
        const at = { cx: plot.x(line.last.t), cy: y(line.last.v) };
        if (line.open)
          return (
            <circle
              key={line.key}
              {...at}
              r={2.5}
              fill="var(--panel)"
              stroke="var(--ink-3)"
              strokeWidth={1.25}
            />
          );
        if (tone === 'quiet') return null;
        return <circle key={line.key} {...at} r={2.5} fill={DOTS[tone]} />;
      })}
      {labels.map((label, place) => (
        <text
          // biome-ignore lint/suspicious/noArrayIndexKey: two of them may say the same
          key={place}
          className={CLASSES[label.tone]}
          x={plot.right + 8}
          y={label.y + 4}
        >
          {labelText(label, metric, room)}
        </text>
      ))}
    </g>
  );
}

function labelText(label: EndLabel, metric: LagMetric, room: number): string {
  const value = `${label.bound ? '≤ ' : ''}${valueText(label.value, metric)}`;
  return `${clip(label.name, Math.max(4, room - value.length - 1))} ${value}`;
}
