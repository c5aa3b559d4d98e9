import { lazy, Suspense } from 'react';
import type { LoaderFunctionArgs } from 'react-router';
import { useClusterName, useSnapshot } from '#src/api/hooks.ts';
import { activityQuery } from '#src/api/queries.ts';
import { queryClient } from '#src/api/query-client.ts';
import { FindingsColumn } from './findings-column.tsx';
import { Headline } from './headline.tsx';
import { LagSection } from './lag-section.tsx';
import { Matrix } from './matrix.tsx';
import { NodesTable } from './nodes-table.tsx';
import { EVENTS, RecentEvents } from './recent-events.tsx';
import { Topology } from './topology.tsx';

const Many = lazy(() => import('./many.tsx'));

export function loader({ params }: LoaderFunctionArgs) {
  void queryClient.prefetchQuery(activityQuery(params.cluster ?? '', EVENTS));
  return null;
}

/** Up to here every link has a cell with words; beyond, regions stand in for nodes and a mark for a cell. */
const MANY = 12;

export function Component() {
  const cluster = useClusterName();
  const nodes = useSnapshot((snapshot) => snapshot.nodes.length);
  return (
    <>
      <title>{`${cluster} · Tricorder`}</title>
      <Headline />
      {nodes > MANY ? (
        <Suspense fallback={<div className="cols many-wait" />}>
          <Many />
        </Suspense>
      ) : (
        <div className="cols">
          <div>
            <section className="sec">
              <NodesTable />
            </section>
            {nodes > 1 && (
              <div className={`sec ${nodes <= 4 ? 'two' : 'stack'}`}>
                <Topology />
                <Matrix />
              </div>
            )}
            <LagSection />
          </div>
          <aside aria-label="What is not well">
            <FindingsColumn />
          </aside>
        </div>
      )}
      <RecentEvents />
    </>
  );
}
