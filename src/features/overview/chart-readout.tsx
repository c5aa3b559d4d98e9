import { useZone } from '#src/lib/clock.ts';
import { clock } from '#src/lib/time.ts';
import { ArrowText } from '#src/ui/link-name.tsx';
import { type Measure, measureText } from './lag-lines.ts';

interface Props {
  at: number;
  measure: Measure;
  values: { name: string; value: number | null }[];
}

const SHOWN = 8;

/** What the lines say at the moment under the pointer, worst first. */
export function ChartReadout({ at, measure, values }: Props) {
  const zone = useZone();
  const sorted = [...values].sort((a, b) => (b.value ?? -1) - (a.value ?? -1));
  return (
    <div className="readout">
      <time>{clock(at, zone)}</time>
      <dl>
        {sorted.slice(0, SHOWN).map((one) => (
          <div key={one.name} className="contents">
            <dt>
              <ArrowText>{one.name}</ArrowText>
            </dt>
            <dd className={one.value === null ? 'f' : undefined}>
              {one.value === null ? 'unknown' : measureText(one.value, measure)}
            </dd>
          </div>
        ))}
      </dl>
      {sorted.length > SHOWN && <span className="f">and {sorted.length - SHOWN} more</span>}
    </div>
  );
}
