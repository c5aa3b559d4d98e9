/**
 * The one drawing of lag over time. Its library is heavy, so this module is loaded only where a chart is:
 * `const LagChart = lazy(() => import('#src/ui/charts/lag-chart.tsx'))`, with `ChartFrame` standing in its place meanwhile.
 */
import { useCallback, useMemo, useRef, useState } from 'react';
import { CartesianGrid, Line, LineChart, ReferenceArea, Tooltip, XAxis, YAxis } from 'recharts';
import { useZone } from '#src/lib/clock.ts';
import { linearTicks, logFloor, logTicks, SteadyTop, timeTicks } from './axis.ts';
import { axisText, timeText, zoneOffset } from './axis-text.ts';
import { Decor, RIGHT_GUTTER } from './decor.tsx';
import type { LineTone } from './end-labels.ts';
import type { ChartMark } from './event-marks.ts';
import type { ChartSeries } from './few-lines.ts';
import { type LagMetric, shapeLag, type UnknownLane } from './lag-shape.ts';
import { groupMarks } from './mark-groups.ts';
import { MarkHeads } from './mark-heads.tsx';
import { Readout } from './readout.tsx';
import { useWidth } from './use-width.ts';

export interface LagChartProps {
  /** What is drawn, each with how much it matters now (few-lines.ts). */
  series: readonly ChartSeries[];
  /** The range in ms since 1970; both ends are drawn though nothing may be there. */
  from: number;
  to: number;
  /** Seconds between samples, as the history says. */
  step: number;
  metric: LagMetric;
  scale: 'linear' | 'log';
  /** When the console itself did not sample. */
  notSampled?: { from: string; to: string }[];
  /** Stretches in which links are not known that have no line of their own. */
  unknown?: readonly UnknownLane[];
  /** What happened and what stands, as dotted verticals with words on top; near ones become one. */
  marks?: ChartMark[];
  /** What the drawing shows, for those who do not see it. */
  label: string;
  height?: number;
  /** Called with the stretch (ms) that was dragged over. Absent: dragging does nothing. */
  onBrush?: (from: number, to: number) => void;
}

const STROKES: Record<LineTone, { stroke: string; width: number }> = {
  quiet: { stroke: 'var(--line-3)', width: 1.25 },
  strong: { stroke: 'var(--ink-2)', width: 1.75 },
  warn: { stroke: 'var(--warn-mark)', width: 1.75 },
  crit: { stroke: 'var(--crit-mark)', width: 1.75 },
};
/** px left of the vertical axis. */
const LEFT = 4;
const ORDER: LineTone[] = ['quiet', 'strong', 'warn', 'crit'];

export default function LagChart(props: LagChartProps) {
  const {
    series,
    from,
    to,
    step,
    metric,
    scale,
    marks = [],
    unknown = [],
    label,
    height = 240,
    onBrush,
  } = props;
  const zone = useZone();
  const { ref, width } = useWidth();
  const notSampled = useMemo(
    () => (props.notSampled ?? []).map((gap) => ({ from: Date.parse(gap.from), to: Date.parse(gap.to) })),
    [props.notSampled],
  );
  const shaped = useMemo(
    () => shapeLag(series, { from, to, step, metric, notSampled }),
    [series, from, to, step, metric, notSampled],
  );
  const ticks = useTicks(Math.max(0, ...shaped.lines.map((line) => line.max ?? 0)), metric, scale, to);
  const floor = scale === 'log' ? logFloor(metric) : 0;
  const rows = useMemo(
    () =>
      floor === 0
        ? shaped.rows
        : shaped.rows.map((row) => ({
            ...row,
            v: row.v.map((v) => (v === null ? null : Math.max(floor, v))),
          })),
    [shaped.rows, floor],
  );
  const drawn = shaped.lines
    .map((line, index) => ({ line, index, tone: series[index]?.tone ?? 'quiet' }))
    .sort((a, b) => ORDER.indexOf(a.tone) - ORDER.indexOf(b.tone));
  const narrow = width < 560;
  const right = narrow ? RIGHT_GUTTER.narrow : RIGHT_GUTTER.wide;
  const axis = (narrow ? 44 : 52) + (scale === 'log' ? 8 : 0);
  const plotLeft = LEFT + axis;
  const groups = groupMarks(
    marks.filter(({ at }) => at >= from && at <= to),
    (at) => plotLeft + ((at - from) / (to - from)) * (width - right - plotLeft),
  );
  const xTicks = timeTicks(from, to, Math.max(2, (width - right - 48) / 120), zoneOffset(zone, to));
  const brush = useBrush(onBrush);

  return (
    <div ref={ref} className="lag-chart" style={{ height }}>
      <div role="img" aria-label={label}>
        {width > 0 && (
          <LineChart
            width={width}
            height={height}
            data={rows}
            margin={{ top: 30, right, bottom: 4, left: LEFT }}
            accessibilityLayer={false}
            {...brush.handlers}
            style={{ cursor: onBrush ? 'crosshair' : 'default', userSelect: 'none' }}
          >
            <CartesianGrid
              vertical={false}
              stroke="var(--line)"
              horizontalValues={ticks}
              shapeRendering="crispEdges"
            />
            <XAxis
              dataKey="t"
              type="number"
              domain={[from, to]}
              allowDataOverflow
              ticks={xTicks}
              interval={0}
              height={40}
              tickMargin={16}
              tickSize={4}
              axisLine={{ stroke: 'var(--line-3)' }}
              tickLine={{ stroke: 'var(--line-3)' }}
              tickFormatter={(t: number) => timeText(t, to - from, zone)}
              tick={{ fontSize: 11, fill: 'var(--ink-3)' }}
            />
            <YAxis
              type="number"
              scale={scale}
              domain={[ticks[0] ?? 0, ticks.at(-1) ?? 1]}
              allowDataOverflow
              ticks={ticks}
              interval={0}
              width={axis}
              tickMargin={6}
              axisLine={false}
              tickLine={false}
              tickFormatter={(v: number) => axisText(v, metric, v === floor && scale === 'log')}
              tick={{ fontSize: 11, fill: 'var(--ink-3)' }}
            />
            {drawn.map(({ line, index, tone }) => (
              <Line
                key={line.key}
                dataKey={(row: { v: (number | null)[] }) => row.v[index] ?? null}
                name={line.key}
                type="linear"
                stroke={STROKES[tone].stroke}
                strokeWidth={STROKES[tone].width}
                strokeLinejoin="round"
                dot={false}
                activeDot={false}
                connectNulls={false}
                isAnimationActive={false}
              />
            ))}
            <Tooltip
              isAnimationActive={false}
              cursor={{ stroke: 'var(--accent)', strokeWidth: 1 }}
              content={
                <Readout
                  lines={shaped.lines}
                  metric={metric}
                  zone={zone}
                  tones={series.map(({ tone }) => tone)}
                />
              }
            />
            <Decor
              lines={drawn.map(({ line, tone }) => ({ line, tone }))}
              lanes={unknown.length === 0 ? shaped.lanes : [...shaped.lanes, ...unknown]}
              notSampled={notSampled}
              groups={groups}
              metric={metric}
              zone={zone}
              floor={floor}
              room={Math.floor((right - 10) / 6)}
            />
            {brush.stretch && (
              <ReferenceArea
                x1={brush.stretch.from}
                x2={brush.stretch.to}
                fill="var(--accent)"
                fillOpacity={0.12}
                stroke="var(--accent)"
                ifOverflow="hidden"
              />
            )}
          </LineChart>
        )}
      </div>
      {width > 0 && <MarkHeads groups={groups} width={width} zone={zone} />}
    </div>
  );
}

/** Ticks of the vertical axis; its top widens at once and narrows after a minute (`now` is the right end of the range). */
function useTicks(max: number, metric: LagMetric, scale: 'linear' | 'log', now: number): number[] {
  const steady = useRef({ key: '', top: new SteadyTop() });
  const key = `${metric} ${scale}`;
  if (steady.current.key !== key) steady.current = { key, top: new SteadyTop() };
  const make = scale === 'log' ? logTicks : linearTicks;
  const top = steady.current.top.next(make(max, metric).at(-1) ?? 1, now);
  return make(top, metric);
}

interface BrushState {
  activeLabel?: string | number;
}

/** Dragging over the plot chooses a stretch; a click or a drag of nothing does not. */
function useBrush(onBrush: LagChartProps['onBrush']) {
  const [drag, setDrag] = useState<{ start: number; end: number } | null>(null);
  const at = (state: BrushState) => (state.activeLabel === undefined ? null : Number(state.activeLabel));
  const finish = useCallback(() => {
    if (drag && drag.start !== drag.end)
      onBrush?.(Math.min(drag.start, drag.end), Math.max(drag.start, drag.end));
    setDrag(null);
  }, [drag, onBrush]);
  if (!onBrush) return { stretch: null, handlers: {} };
  return {
    stretch: drag ? { from: Math.min(drag.start, drag.end), to: Math.max(drag.start, drag.end) } : null,
    handlers: {
      onMouseDown: (state: BrushState) => {
        const t = at(state);
        if (t !== null) setDrag({ start: t, end: t });
      },
      onMouseMove: (state: BrushState) => {
        const t = at(state);
        if (drag && t !== null && t !== drag.end) setDrag({ start: drag.start, end: t });
      },
      onMouseUp: finish,
      onMouseLeave: () => setDrag(null),
    },
  };
}
