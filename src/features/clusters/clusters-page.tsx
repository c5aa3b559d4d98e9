import { useQuery } from '@tanstack/react-query';
import { Fragment } from 'react';
import { Link, useSearchParams } from 'react-router';
import type { ClusterSummary } from '#core/contract/clusters.ts';
import { clustersQuery, machineQuery } from '#src/api/queries.ts';
import { queryClient } from '#src/api/query-client.ts';
import { paths } from '#src/lib/paths.ts';
import { plural } from '#src/lib/units.ts';
import { Say } from '#src/ui/sentence.tsx';
import { State } from '#src/ui/state.tsx';
import { ClustersTable } from './clusters-table.tsx';
import { Discovered } from './discovered.tsx';
import { Doors } from './doors.tsx';
import { MachineTable } from './machine-table.tsx';

export async function loader() {
  void queryClient.prefetchQuery(machineQuery());
  await queryClient.ensureQueryData(clustersQuery());
  return null;
}

/** Every watched cluster; or, before there is any, the three ways to one. */
export function Component() {
  const { data } = useQuery({ ...clustersQuery(), refetchInterval: 2_000 });
  const [query] = useSearchParams();
  const clusters = data?.items ?? [];
  const found = clusters.find((cluster) => cluster.name === query.get('found'));
  if (clusters.length === 0) {
    return (
      <>
        <title>Clusters · Tricorder</title>
        <Say top={<State of="waiting">Nothing is watched yet</State>}>
          Make a sandbox here, connect a cluster that runs, or deploy one on your servers.
        </Say>
        <Doors clusters={clusters} />
        <MachineTable />
      </>
    );
  }
  return (
    <>
      <title>Clusters · Tricorder</title>
      <Headline clusters={clusters} />
      {found && <Discovered key={found.name} cluster={found.name} />}
      <ClustersTable clusters={clusters} />
      <Doors clusters={clusters} compact />
      <MachineTable />
    </>
  );
}

const RANK = { critical: 0, warning: 1, unknown: 2, ok: 3 };
const WORDS = { critical: 'critical', warning: 'in warning', unknown: 'unknown', ok: 'well' };

function Headline({ clusters }: { clusters: ClusterSummary[] }) {
  const ill = clusters
    .filter((cluster) => cluster.health !== 'ok')
    .sort((a, b) => RANK[b.health] - RANK[a.health]);
  const worst = ill.at(-1)?.health ?? 'ok';
  const well = clusters.length - ill.length;
  return (
    <Say
      top={
        <>
          <State of={worst}>{worst === 'ok' ? 'Well' : worst === 'unknown' ? 'Unknown' : undefined}</State>
          <span className="f">{plural(clusters.length, 'cluster')} watched</span>
        </>
      }
    >
      {ill.length === 0 ? (
        clusters.length === 1 ? (
          'The one cluster that is watched is well.'
        ) : (
          `All ${clusters.length} clusters are well.`
        )
      ) : (
        <>
          {clusters.length > 1 && `${well} of ${clusters.length} clusters are well; `}
          {ill.map((cluster, at) => (
            <Fragment key={cluster.name}>
              {at > 0 && (at === ill.length - 1 ? ' and ' : ', ')}
              <Link to={paths.overview(cluster.name)}>
                <u>{cluster.name}</u>
              </Link>{' '}
              is {WORDS[cluster.health]}
            </Fragment>
          ))}
          .
        </>
      )}
    </Say>
  );
}
