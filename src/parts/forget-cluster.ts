/** A cluster is let go of: no node is touched. It is asked for all the same, since the history of its lag goes with it. */
import { useNavigate } from 'react-router';
import { api } from '#src/api/client.ts';
import { clusterQuery, clustersQuery, snapshotQuery } from '#src/api/queries.ts';
import { queryClient } from '#src/api/query-client.ts';
import { type Change, useChange } from '#src/api/use-change.ts';
import { paths } from '#src/lib/paths.ts';

export function useForget(): Change<string> {
  const navigate = useNavigate();
  return useChange({
    does: (cluster: string) => api.clusters.forget({ cluster }),
    asks: (cluster) => ({
      title: `Forget ${cluster}`,
      text: 'The console stops watching it, and drops its addresses, their passwords, its findings and the history of its lag. Its nodes are not touched, and continue to replicate.',
      act: `Forget ${cluster}`,
      keep: 'Keep it',
    }),
    refreshes: () => [clustersQuery()],
    after: async (_, cluster) => {
      await navigate(paths.clusters);
      queryClient.removeQueries({ queryKey: clusterQuery(cluster).queryKey });
      queryClient.removeQueries({ queryKey: snapshotQuery(cluster).queryKey });
    },
    says: (_, cluster) => ({
      text: `${cluster} is no longer watched`,
      to: paths.activity,
      link: 'Show activity',
    }),
  });
}
