/** Whether the clocks decided: both commit stamps on one line, as stamped and with the measured offsets taken out. */
import { milliseconds, text } from '#src/lib/units.ts';
import { useWidth } from '#src/ui/charts/use-width.ts';
import type { ConflictEvent } from './events.ts';
import { originName } from './origin-name.ts';
import type { Stamps } from './verdict.ts';

const ms = (value: number): string => text(milliseconds(Math.abs(value)));

export function Clocks({ event, stamps }: { event: ConflictEvent; stamps: Stamps }) {
  const here = event.local.origin === null ? 'local' : originName(event.local.origin);
  const there = event.remote.origin === null ? 'remote' : originName(event.remote.origin);
  const said = stampText(stamps.remoteLaterMs, here, there);
  return (
    <div className="panel-block">
      <h2 className="detail-title">
        Clocks
        <small>{sentence(stamps, here, there)}</small>
      </h2>
      {stamps.correctedMs !== null && stamps.uncertaintyMs !== null && (
        <Drawing
          stamps={{ ...stamps, correctedMs: stamps.correctedMs, uncertaintyMs: stamps.uncertaintyMs }}
          here={here}
          there={there}
          label={said}
        />
      )}
    </div>
  );
}

function stampText(later: number, here: string, there: string): string {
  if (later === 0) return 'Both are stamped with the same millisecond';
  return `${later > 0 ? there : here} is stamped ${ms(later)} later`;
}

function sentence(stamps: Stamps, here: string, there: string): string {
  const said = `${stampText(stamps.remoteLaterMs, here, there)}.`;
  if (stamps.correctedMs === null || stamps.uncertaintyMs === null) {
    return `${said} The clocks of both nodes are not measured now, so nothing can be corrected.`;
  }
  const corrected = `By the clocks as they are measured now ${stamps.correctedMs > 0 ? there : here} was later, by ${ms(stamps.correctedMs)} ± ${stamps.uncertaintyMs.toFixed(1)}.`;
  return stamps.clocksDecided ? `${said} ${corrected} The clocks chose the winner.` : `${said} ${corrected}`;
}

function Drawing({
  stamps,
  here,
  there,
  label,
}: {
  stamps: { remoteLaterMs: number; correctedMs: number; uncertaintyMs: number };
  here: string;
  there: string;
  label: string;
}) {
  const { ref, width } = useWidth();
  const wide = Math.min(856, width);
  const narrow = wide < 560;
  const start = narrow ? 0 : 150;
  const { remoteLaterMs: as, correctedMs: corrected, uncertaintyMs: within } = stamps;
  const low = Math.min(0, as, corrected - within);
  const high = Math.max(0, as, corrected + within);
  const span = Math.max(high - low, 1);
  // Words stand left of the earliest mark and right of the latest one.
  const before = start + 44;
  const after = narrow ? 120 : 150;
  const x = (value: number) => before + ((value - low) / span) * Math.max(40, wide - before - after);
  const step =
    [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 60_000].find(
      (one) => span / one <= (narrow ? 3 : 6),
    ) ?? 3_600_000;
  const ticks: number[] = [];
  for (let tick = Math.ceil(low / step) * step; tick <= high; tick += step) ticks.push(tick);
  return (
    <div ref={ref} className="clocks">
      <svg width={wide} height="92" role="img" aria-label={label}>
        {ticks.map((tick) => (
          <g key={tick}>
            <line className="grid-line" x1={x(tick)} x2={x(tick)} y1="6" y2="74" />
            <text className="small-label" x={x(tick)} y="88" textAnchor="middle">
              {tick === 0 ? `${here}’s stamp` : `${tick > 0 ? '+' : '−'}${Math.abs(tick)} ms`}
            </text>
          </g>
        ))}
        <text x="0" y={narrow ? 10 : 26} className={narrow ? 'small-label' : undefined}>
          As stamped
        </text>
        <text x="0" y={narrow ? 48 : 62} className={narrow ? 'small-label' : undefined}>
          Clocks corrected
        </text>
        <Pair x={x} y={22} value={as} here={here} there={there} />
        {within > 0 && (
          <rect
            x={x(corrected - within)}
            y="53"
            width={Math.max(1, x(corrected + within) - x(corrected - within))}
            height="10"
            fill="url(#hatchp)"
            stroke="var(--line-3)"
          />
        )}
        <Pair x={x} y={58} value={corrected} here={here} there={there} />
      </svg>
    </div>
  );
}

/** Two stamps and the line between; the later one is named at the right of its mark. */
function Pair({
  x,
  y,
  value,
  here,
  there,
}: {
  x: (value: number) => number;
  y: number;
  value: number;
  here: string;
  there: string;
}) {
  const hereLater = value < 0;
  const left = hereLater ? value : 0;
  const right = hereLater ? 0 : value;
  return (
    <>
      <line x1={x(left)} x2={x(right)} y1={y} y2={y} className="grid-line" />
      {[left, right].map((one, index) => (
        <rect
          // biome-ignore lint/suspicious/noArrayIndexKey: two marks, earlier and later
          key={index}
          x={x(one) - 1}
          y={y - 8}
          width="2"
          height="16"
          fill="var(--ink)"
        />
      ))}
      <text className="strong" x={x(left) - 8} y={y + 4} textAnchor="end">
        {hereLater ? there : here}
      </text>
      <text className="strong" x={x(right) + 8} y={y + 4}>
        {value === 0 ? `${there}, the same ms` : `${hereLater ? here : there}, later by ${ms(value)}`}
      </text>
    </>
  );
}
