/** A small line of one value over time. A gap stays a gap; all sparks of one table share one scale. */
import { memo } from 'react';

export interface SparkPoint {
  /** Milliseconds since the epoch. */
  at: number;
  value: number | null;
}

interface Props {
  points: SparkPoint[];
  from: number;
  to: number;
  /** The largest value of the scale; shared by all sparks that stand together. */
  max: number;
  /** The smallest value of a log scale; smaller ones lie on the floor. Absent: a linear scale from 0. */
  logFloor?: number;
  tone?: 'warn' | 'crit' | '';
  width?: number;
  height?: number;
}

/** Where a value stands between 0 (floor) and 1 (max). */
export function sparkShare(value: number, max: number, logFloor?: number): number {
  if (logFloor === undefined) return max > 0 ? Math.min(1, value / max) : 0;
  const top = Math.max(max, logFloor * 10);
  return Math.min(1, Math.max(0, Math.log(Math.max(value, logFloor) / logFloor) / Math.log(top / logFloor)));
}

/** The path of a spark; a null or a hole of more than four usual steps lifts the pen. */
export function sparkPath({ points, from, to, max, logFloor, width = 104, height = 16 }: Props): string {
  const span = Math.max(1, to - from);
  const inside = points.filter((point) => point.at >= from && point.at <= to);
  const steps = inside
    .slice(1)
    .map((point, at) => point.at - (inside[at]?.at ?? 0))
    .sort((a, b) => a - b);
  const hole = (steps[Math.floor(steps.length / 2)] ?? 0) * 4;
  let path = '';
  let pen = false;
  let last = 0;
  for (const { at, value } of inside) {
    if (value === null) {
      pen = false;
      continue;
    }
    const x = ((at - from) / span) * width;
    const y = height - 1.5 - sparkShare(value, max, logFloor) * (height - 3);
    const broken = pen && hole > 0 && at - last > hole;
    path += `${pen && !broken ? 'L' : 'M'}${x.toFixed(1)} ${y.toFixed(1)}`;
    pen = true;
    last = at;
  }
  return path;
}

export const Spark = memo(function Spark(props: Props) {
  const { tone = '', width = 104, height = 16 } = props;
  return <SparkLine path={sparkPath(props)} tone={tone} width={width} height={height} />;
});

/** A spark whose path (`sparkPath`) is known already. */
export function SparkLine({
  path,
  tone = '',
  width = 104,
  height = 16,
}: Pick<Props, 'tone' | 'width' | 'height'> & { path: string }) {
  return (
    <svg className="spark" viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden="true">
      <path className={`line ${tone}`} d={path} />
    </svg>
  );
}
