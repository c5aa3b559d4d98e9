import { lazy, Suspense, useEffect, useState } from 'react';
import { Link, useSearchParams } from 'react-router';
import { useClusterName, useSnapshot } from '#src/api/hooks.ts';
import { MAX_SERIES } from '#src/api/recent.ts';
import { paths } from '#src/lib/paths.ts';
import { count } from '#src/lib/units.ts';
import { SectionHead } from '#src/ui/section.tsx';
import { Segmented } from '#src/ui/segmented.tsx';
import type { Measure } from './lag-lines.ts';

const LagChart = lazy(() => import('./lag-chart.tsx'));

const MEASURES: { value: Measure; label: string }[] = [
  { value: 'time', label: 'Time' },
  { value: 'bytes', label: 'Bytes' },
  { value: 'held', label: 'WAL held' },
];

/** Lag of the last 15 minutes. The measure is on the address. */
export function LagSection() {
  // The chart's library is asked for once the page's data stands: React may hold a page back for what it waits for.
  const [shown, setShown] = useState(false);
  useEffect(() => setShown(true), []);
  const cluster = useClusterName();
  const links = useSnapshot((snapshot) => snapshot.links);
  const many = links.length > MAX_SERIES;
  const readable = links.filter((link) => link.lagSeconds !== null).length;
  const [query, setQuery] = useSearchParams();
  const measure = MEASURES.find(({ value }) => value === query.get('lag'))?.value ?? 'time';
  const choose = (next: Measure) =>
    setQuery(
      (old) => {
        if (next === 'time') old.delete('lag');
        else old.set('lag', next);
        return old;
      },
      { replace: true, preventScrollReset: true },
    );
  return (
    <section className="sec" aria-label="Lag">
      <SectionHead
        title="Lag"
        note={many ? `${count(readable)} readable links, last 15 min, log` : 'last 15 min'}
      >
        <Segmented label="Measure" value={measure} options={MEASURES} onChange={choose} />
        <Link className="act" to={paths.lag(cluster)}>
          Open
        </Link>
      </SectionHead>
      <div className="chart">
        <Suspense>{shown && <LagChart measure={measure} />}</Suspense>
      </div>
    </section>
  );
}
