/** What a chart says under the pointer: the time, and the links that are worst at that moment. */
import type { Zone } from '#src/lib/time.ts';
import { clock } from '#src/lib/time.ts';
import { LinkName } from '#src/ui/link-name.tsx';
import { valueText } from './axis-text.ts';
import type { LineTone } from './end-labels.ts';
import type { LagMetric, ShapedLine } from './lag-shape.ts';

interface Props {
  lines: ShapedLine[];
  metric: LagMetric;
  zone: Zone;
  /** By line. */
  tones: readonly LineTone[];
  /** Given by the chart. */
  active?: boolean;
  label?: string | number;
  payload?: readonly { payload?: { v: (number | null)[] } }[];
}

/** More rows than these would hide the chart. */
const ROWS = 6;

export function Readout({ lines, metric, zone, tones, active, label, payload }: Props) {
  const values = payload?.[0]?.payload?.v;
  if (!active || label === undefined || !values) return null;
  const known = lines
    .flatMap((line, index) => {
      const value = values[index];
      return value === null || value === undefined ? [] : [{ line, value, tone: tones[index] }];
    })
    .sort((a, b) => b.value - a.value);
  const rest = known.length - ROWS;
  const silent = lines.length - known.length;
  return (
    <div className="readout">
      <div className="faint">{clock(Number(label), zone)}</div>
      {known.slice(0, ROWS).map(({ line, value, tone }) => (
        <div key={line.key} className={`row ${tone}`}>
          {line.name ?? <LinkName provider={line.provider} receiver={line.receiver} />}
          <span>{valueText(value, metric)}</span>
        </div>
      ))}
      {rest > 0 && <div className="faint">{rest} more, less behind</div>}
      {silent > 0 && <div className="faint">{silent} not known then</div>}
    </div>
  );
}
