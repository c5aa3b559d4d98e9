import { memo, Suspense } from 'react';
import { Link } from 'react-router';
import type { Snapshot } from '#core/model/snapshot.ts';
import { useClusterName, useSnapshot } from '#src/api/hooks.ts';
import { MAX_SERIES } from '#src/api/recent.ts';
import { paths } from '#src/lib/paths.ts';
import { count } from '#src/lib/units.ts';
import { useShown } from '#src/lib/use-shown.ts';
import { useSearchState } from '#src/parts/search-state.ts';
import { ChartFrame } from '#src/ui/charts/chart-frame.tsx';
import type { LagMetric } from '#src/ui/charts/lag-shape.ts';
import { lazyPart } from '#src/ui/lazy-part.tsx';
import { SectionHead } from '#src/ui/section.tsx';
import { Segmented } from '#src/ui/segmented.tsx';

const RecentLag = lazyPart(async () => ({ default: (await import('./recent-lag.tsx')).RecentLag }));

/** Of the chart, and of what stands in its place until it comes; in px. */
const HEIGHT = 244;

const MEASURES: { value: LagMetric; label: string }[] = [
  { value: 'seconds', label: 'Time' },
  { value: 'bytes', label: 'Bytes' },
  { value: 'held', label: 'WAL held' },
];

const hasMany = ({ links }: Snapshot): boolean => links.length > MAX_SERIES;
const countReadable = ({ links }: Snapshot): number =>
  links.filter((link) => link.lagSeconds !== null).length;

/** Lag of the last 15 minutes. The measure is on the address. */
export const LagSection = memo(function LagSection() {
  const shown = useShown();
  const cluster = useClusterName();
  const many = useSnapshot(hasMany);
  const readable = useSnapshot(countReadable);
  const [query, setQuery] = useSearchState();
  const measure = MEASURES.find(({ value }) => value === query.get('lag'))?.value ?? 'seconds';
  const choose = (next: LagMetric) => setQuery({ lag: next === 'seconds' ? null : next });
  return (
    <section className="section" aria-label="Lag">
      <SectionHead
        title="Lag"
        note={many ? `${count(readable)} readable links, last 15 min, log` : 'last 15 min'}
      >
        <Segmented label="Measure" value={measure} options={MEASURES} onChange={choose} />
        <Link className="text-action" to={paths.lag(cluster)}>
          Open
        </Link>
      </SectionHead>
      <Suspense fallback={<ChartFrame height={HEIGHT} />}>
        {shown ? <RecentLag metric={measure} height={HEIGHT} /> : <ChartFrame height={HEIGHT} />}
      </Suspense>
    </section>
  );
});
