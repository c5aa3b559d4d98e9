/** The chart of the last 15 minutes. It comes in a chunk of its own, with recharts, after the page shows its data. */
import { useQuery } from '@tanstack/react-query';
import { useMemo, useRef } from 'react';
import { CartesianGrid, Line, LineChart, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts';
import { useClusterName, useLagRanks, useRecentLag, useSnapshot } from '#src/api/hooks.ts';
import { activityQuery } from '#src/api/queries.ts';
import { MAX_SERIES, RECENT_MS } from '#src/api/recent.ts';
import { useZone } from '#src/lib/clock.ts';
import { clockMinutes } from '#src/lib/time.ts';
import { eventMarks } from '#src/ui/charts/event-marks.ts';
import { ChartMarks, type Mark } from './chart-marks.tsx';
import { ChartReadout } from './chart-readout.tsx';
import {
  type LineTone,
  LOG_FLOOR,
  lagModel,
  logTicks,
  type Measure,
  ticksFor,
  tickText,
} from './lag-lines.ts';
import { EVENTS } from './recent-events.tsx';

const STROKES: Record<LineTone, { stroke: string; strokeWidth: number }> = {
  plain: { stroke: 'var(--line-3)', strokeWidth: 1.25 },
  strong: { stroke: 'var(--ink-2)', strokeWidth: 1.5 },
  warn: { stroke: 'var(--warn-mark)', strokeWidth: 1.75 },
  crit: { stroke: 'var(--crit-mark)', strokeWidth: 1.75 },
};
const HEIGHT = 244;

export default function LagChart({ measure }: { measure: Measure }) {
  const cluster = useClusterName();
  const history = useRecentLag();
  const links = useSnapshot((snapshot) => snapshot.links);
  const findings = useSnapshot((snapshot) => snapshot.findings);
  const ranks = useLagRanks();
  const events = useQuery(activityQuery(cluster, EVENTS)).data?.items;
  const zone = useZone();
  const model = useMemo(
    () => history && lagModel(history, links, measure, ranks),
    [history, links, measure, ranks],
  );
  const top = useSteady(model?.max ?? 0, measure);
  if (!history || !model) return null;

  const to = Date.parse(history.to);
  const from = to - RECENT_MS;
  // Over twelve nodes seconds stand beside hours: the axis is a log one, and its head says so.
  const log = links.length > MAX_SERIES;
  const floor = log ? LOG_FLOOR[measure] : 0;
  const least = measure === 'time' ? 0.4 : 4096;
  const ticks = log ? logTicks(top, measure) : ticksFor(Math.max(top, least), measure);
  const data = model.rows.map((row) =>
    Object.fromEntries([
      ['at', row.at],
      ...row.values.map((value, at) => [`v${at}`, value === null ? null : Math.max(value, floor)]),
    ]),
  );
  const narrow = innerWidth <= 720;
  const marks: Mark[] = eventMarks(events ?? [], findings, from, to)
    .filter(({ tone, kind }) => tone !== 'plain' || kind === 'console' || kind === 'node')
    .map(({ at, text, kind }) => ({ at, text, console: kind === 'console' }));
  // The lines that matter are drawn last, over the others.
  const order = model.lines
    .map((_, at) => at)
    .sort((a, b) => weight(model.lines[a]?.tone) - weight(model.lines[b]?.tone));

  return (
    <ResponsiveContainer width="100%" height={HEIGHT}>
      <LineChart
        data={data}
        margin={{ top: 28, right: narrow ? 108 : 140, bottom: 4, left: 4 }}
        accessibilityLayer
        title={`Lag of ${links.length} links over 15 minutes`}
      >
        <CartesianGrid vertical={false} stroke="var(--line)" shapeRendering="crispEdges" />
        <XAxis
          dataKey="at"
          type="number"
          domain={[from, to]}
          allowDataOverflow
          ticks={minuteTicks(from, to, narrow ? 5 : 3)}
          tickFormatter={(at: number) => clockMinutes(at, zone)}
          axisLine={{ stroke: 'var(--line-2)' }}
          tickLine={{ stroke: 'var(--line-2)' }}
          tick={TICK}
          tickMargin={18}
          height={42}
        />
        <YAxis
          scale={log ? 'log' : 'linear'}
          domain={[floor, ticks.at(-1) ?? 1]}
          ticks={ticks}
          tickFormatter={(value: number) => tickText(value, measure)}
          axisLine={false}
          tickLine={false}
          tick={TICK}
          width={56}
          allowDataOverflow
        />
        {order.map((at) => {
          const line = model.lines[at];
          return (
            line && (
              <Line
                key={line.key}
                dataKey={`v${at}`}
                name={line.name}
                {...STROKES[line.tone]}
                type="linear"
                dot={false}
                activeDot={false}
                connectNulls={false}
                isAnimationActive={false}
              />
            )
          );
        })}
        <ChartMarks
          model={model}
          floor={floor}
          notSampled={history.notSampled}
          marks={marks}
          from={from}
          to={to}
        />
        <Tooltip
          isAnimationActive={false}
          cursor={{ stroke: 'var(--accent)', strokeWidth: 1 }}
          content={({ active, payload, label }) =>
            active ? (
              <ChartReadout
                at={Number(label)}
                measure={measure}
                values={(payload ?? []).map((one) => ({
                  name: String(one.name),
                  value: typeof one.value === 'number' ? one.value : null,
                }))}
              />
            ) : null
          }
        />
      </LineChart>
    </ResponsiveContainer>
  );
}

const TICK = { fill: 'var(--ink-3)', fontSize: 11 };
const weight = (tone: LineTone | undefined): number =>
  ['plain', 'strong', 'warn', 'crit'].indexOf(tone ?? 'plain');

function minuteTicks(from: number, to: number, minutes: number): number[] {
  const step = minutes * 60_000;
  const first = Math.ceil(from / step) * step;
  return Array.from({ length: Math.floor((to - first) / step) + 1 }, (_, at) => first + at * step);
}

/** The top of an axis: it widens at once and narrows only after a minute, so that it does not jump. */
function useSteady(max: number, measure: Measure): number {
  const kept = useRef({ measure, max: 0, since: 0 });
  const now = Date.now();
  const held = kept.current;
  if (held.measure !== measure || max >= held.max) kept.current = { measure, max, since: now };
  else if (now - held.since > 60_000) kept.current = { measure, max, since: now };
  return kept.current.max;
}
