import { Suspense } from 'react';
import type { LoaderFunctionArgs } from 'react-router';
import { useClusterName, useSnapshot } from '#src/api/hooks.ts';
import { activityQuery } from '#src/api/queries.ts';
import { queryClient } from '#src/api/query-client.ts';
import { useShown } from '#src/lib/use-shown.ts';
import { ProveLinks } from '#src/parts/prove-links.tsx';
import { lazyPart } from '#src/ui/lazy-part.tsx';
import { EVENTS } from './events-shown.ts';
import { FindingsColumn } from './findings-column.tsx';
import { Headline } from './headline.tsx';
import { LagSection } from './lag-section.tsx';
import { Matrix } from './matrix.tsx';
import { NodesTable } from './nodes-table.tsx';
import { Topology } from './topology.tsx';

const Many = lazyPart(() => import('./many.tsx'));
const RecentEvents = lazyPart(() => import('./recent-events.tsx'));

export function loader({ params }: LoaderFunctionArgs) {
  void queryClient.prefetchQuery(activityQuery(params.cluster ?? '', EVENTS));
  return null;
}

/** Up to here every link has a cell with words; beyond, regions stand in for nodes and a mark for a cell. */
const MANY = 12;

export function Component() {
  const nodes = useSnapshot((snapshot) => snapshot.nodes.length);
  const shown = useShown();
  return (
    <>
      <Headline />
      {nodes > MANY ? (
        <Suspense fallback={<div className="cols many-wait" />}>
          <Many />
        </Suspense>
      ) : (
        <div className="cols">
          <div>
            <section className="section">
              <NodesTable />
            </section>
            {nodes > 1 && (
              <div className={`section ${nodes <= 4 ? 'side-by-side' : 'stack'}`}>
                <Topology />
                <Matrix />
              </div>
            )}
            <LagSection />
            {nodes > 1 && <ProveAll />}
          </div>
          <aside className="first" aria-label="Problems">
            <FindingsColumn />
          </aside>
        </div>
      )}
      <Suspense>{shown && <RecentEvents />}</Suspense>
    </>
  );
}

/** A mark from each node that answers to all others; a few dozen links are as many as one reads. */
function ProveAll() {
  const cluster = useClusterName();
  const up = useSnapshot((snapshot) => snapshot.nodes.filter(({ state }) => state === 'up'));
  return (
    <section className="section">
      <ProveLinks cluster={cluster} from={up.map(({ name }) => name)}>
        Prove all links now
      </ProveLinks>
    </section>
  );
}
