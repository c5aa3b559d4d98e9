/** Taking leave of a cluster: forgetting it touches no node; a sandbox is removed by a plan. */
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import type { Cluster } from '#core/contract/clusters.ts';
import { api } from '#src/api/client.ts';
import { tell } from '#src/api/errors.ts';
import { clusterQuery, clustersQuery, snapshotQuery } from '#src/api/queries.ts';
import { queryClient } from '#src/api/query-client.ts';
import { PlanButton } from '#src/layouts/plan-button.tsx';
import { paths } from '#src/lib/paths.ts';
import { Button } from '#src/ui/button.tsx';
import { Dialog } from '#src/ui/dialog.tsx';
import { SectionHead } from '#src/ui/section.tsx';
import { State } from '#src/ui/state.tsx';

export function ForgetCluster({ cluster }: { cluster: Cluster }) {
  const [asking, setAsking] = useState(false);
  const navigate = useNavigate();
  const forget = useMutation({
    mutationFn: () => api.clusters.forget({ cluster: cluster.name }),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: clustersQuery().queryKey });
      navigate(paths.clusters);
      queryClient.removeQueries({ queryKey: clusterQuery(cluster.name).queryKey });
      queryClient.removeQueries({ queryKey: snapshotQuery(cluster.name).queryKey });
    },
  });
  if (cluster.sandbox !== null) {
    return (
      <section className="sec">
        <SectionHead
          title="Remove the sandbox"
          note="a plan: it stops the three servers and deletes their folders"
        />
        <div className="pad btns">
          <PlanButton size="md" request={{ kind: 'remove', target: 'sandbox', name: cluster.name }} />
        </div>
      </section>
    );
  }
  return (
    <section className="sec">
      <SectionHead title="Forget this cluster" note="touches no node" />
      <div className="pad btns">
        <Button onClick={() => setAsking(true)}>Forget {cluster.name}</Button>
      </div>
      <Dialog
        open={asking}
        onClose={() => setAsking(false)}
        title={`Forget ${cluster.name}`}
        actions={
          <>
            <Button onClick={() => setAsking(false)}>Keep it</Button>
            <Button look="primary" busy={forget.isPending} onClick={() => forget.mutate()}>
              Forget {cluster.name}
            </Button>
          </>
        }
      >
        <p className="q">
          The console stops polling its {cluster.nodes.length} nodes and forgets their addresses, its history
          of lag and its findings. Nothing is written to a node, and the cluster goes on as it is.
        </p>
        {forget.error && (
          <p role="alert">
            <State of="critical">{tell(forget.error).message}</State>
          </p>
        )}
      </Dialog>
    </section>
  );
}
