import { useQuery } from '@tanstack/react-query';
import { Fragment } from 'react';
import { Link } from 'react-router';
import type { ClusterSummary } from '#core/contract/clusters.ts';
import { clustersQuery, machineQuery } from '#src/api/queries.ts';
import { queryClient } from '#src/api/query-client.ts';
import { paths } from '#src/lib/paths.ts';
import { plural } from '#src/lib/units.ts';
import { useSearchState } from '#src/parts/search-state.ts';
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
  const [query] = useSearchState();
  const clusters = data?.items ?? [];
  const found = clusters.find((cluster) => cluster.name === query.get('found'));
  if (clusters.length === 0) {
    return (
      <>
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
      <Headline clusters={clusters} />
      {found && <Discovered key={found.name} cluster={found.name} />}
      <ClustersTable clusters={clusters} />
      <Doors clusters={clusters} compact />
      <MachineTable />
    </>
  );
}

const ORDER = ['unknown', 'warning', 'critical'] as const;
const WORDS = { critical: 'critical', warning: 'in warning', unknown: 'unknown' };
/** Up to so many clusters of one state are named; more are counted. */
const NAMED = 3;

/** How many are well, then those that are not, worst last. */
function Headline({ clusters }: { clusters: ClusterSummary[] }) {
  const groups = ORDER.map((health) => ({
    health,
    of: clusters.filter((cluster) => cluster.health === health),
  })).filter(({ of }) => of.length > 0);
  const worst = groups.at(-1)?.health ?? 'ok';
  const ill = groups.reduce((sum, { of }) => sum + of.length, 0);
  return (
    <Say
      top={
        <>
          <State of={worst}>{worst === 'ok' ? 'Healthy' : worst === 'unknown' ? 'Unknown' : undefined}</State>
          <span className="faint">{plural(clusters.length, 'cluster')} watched</span>
        </>
      }
    >
      {wellPart(clusters.length, ill)}
      {groups.map(({ health, of }, at) => (
        <Fragment key={health}>
          {at > 0 && '; '}
          {of.length > NAMED ? `${of.length}` : <Names clusters={of} />} {of.length === 1 ? 'is' : 'are'}{' '}
          {WORDS[health]}
        </Fragment>
      ))}
      .
    </Say>
  );
}

function wellPart(all: number, ill: number): string {
  if (ill === 0) return all === 1 ? 'The watched cluster is healthy' : `All ${all} clusters are healthy`;
  if (all === 1) return '';
  return ill === all
    ? `None of ${all} clusters is healthy; `
    : `${all - ill} of ${all} clusters ${all - ill === 1 ? 'is' : 'are'} healthy; `;
}

function Names({ clusters }: { clusters: ClusterSummary[] }) {
  return clusters.map((cluster, at) => (
    <Fragment key={cluster.name}>
      {at > 0 && (at === clusters.length - 1 ? ' and ' : ', ')}
      <Link to={paths.overview(cluster.name)}>
        <u>{cluster.name}</u>
      </Link>
    </Fragment>
  ));
}
