import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useNavigate } from 'react-router';
import type { ClusterSummary } from '#core/contract/clusters.ts';
import { api } from '#src/api/client.ts';
import { tell } from '#src/api/errors.ts';
import { clustersQuery } from '#src/api/queries.ts';
import { queryClient } from '#src/api/query-client.ts';
import { PlanButton } from '#src/layouts/plan-button.tsx';
import { paths } from '#src/lib/paths.ts';
import { count } from '#src/lib/units.ts';
import { Button } from '#src/ui/button.tsx';
import { Dialog } from '#src/ui/dialog.tsx';
import { ArrowText } from '#src/ui/link-name.tsx';
import { State } from '#src/ui/state.tsx';
import { NumCell, Row, Table } from '#src/ui/table.tsx';
import { Unknown } from '#src/ui/value.tsx';

const WORDS = { ok: 'well', warning: 'warning', critical: 'critical', unknown: 'unknown' };

export function ClustersTable({ clusters }: { clusters: ClusterSummary[] }) {
  const navigate = useNavigate();
  const [forgetting, setForgetting] = useState<string | null>(null);
  return (
    <section className="sec" aria-label="Clusters">
      <Table
        label="Clusters"
        className="clusters"
        head={
          <>
            <th scope="col">Cluster</th>
            <th scope="col">State</th>
            <th scope="col" className="wid">
              What is so
            </th>
            <th scope="col" className="r">
              Nodes up
            </th>
            <th scope="col" className="r wid">
              Links replicating
            </th>
            <th scope="col" className="r wid">
              Findings
            </th>
            <th scope="col" className="wid">
              Engine
            </th>
            <th scope="col">
              <span className="vh">Actions</span>
            </th>
          </>
        }
      >
        {clusters.map((cluster) => (
          <Row key={cluster.name} onOpen={() => navigate(paths.overview(cluster.name))}>
            <td>
              <Link to={paths.overview(cluster.name)} className="name">
                {cluster.name}
              </Link>{' '}
              {cluster.sandbox && <span className="chip plain">sandbox</span>}
            </td>
            <td>
              <State of={cluster.health}>{WORDS[cluster.health]}</State>
            </td>
            <td className="wid say1" title={cluster.sentence}>
              <ArrowText>{cluster.sentence}</ArrowText>
            </td>
            <NumCell>
              {count(cluster.nodesUp)} of {count(cluster.nodes)}
            </NumCell>
            <NumCell className="wid">
              {count(cluster.linksReplicating)} of {count(cluster.links)}
            </NumCell>
            <NumCell className="wid">{count(cluster.findings)}</NumCell>
            <td className="wid">
              <Engine cluster={cluster} />
            </td>
            <td className="r">
              {cluster.sandbox ? (
                <PlanButton request={{ kind: 'remove', target: 'sandbox', name: cluster.name }}>
                  Remove…
                </PlanButton>
              ) : (
                <Button size="sm" onClick={() => setForgetting(cluster.name)}>
                  Forget
                </Button>
              )}
            </td>
          </Row>
        ))}
      </Table>
      <ForgetDialog cluster={forgetting} onClose={() => setForgetting(null)} />
    </section>
  );
}

function Engine({ cluster }: { cluster: ClusterSummary }) {
  if (cluster.engineVersions.length === 0) return <Unknown>not read yet</Unknown>;
  return (
    <>
      {cluster.standin && (
        <>
          <span
            className="chip plain"
            title="Tricorder's own stand-in for Spock: for trying things out, never for production."
          >
            stand-in
          </span>{' '}
        </>
      )}
      Spock {cluster.engineVersions.join(', ')}
      <span className="f"> · PostgreSQL {cluster.serverVersions.join(', ')}</span>
    </>
  );
}

/** Forgetting touches no node; it is asked for all the same, since the history of its lag goes with it. */
function ForgetDialog({ cluster, onClose }: { cluster: string | null; onClose: () => void }) {
  const forget = useMutation({
    mutationFn: (name: string) => api.clusters.forget({ cluster: name }),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: clustersQuery().queryKey });
      onClose();
    },
  });
  return (
    <Dialog
      open={cluster !== null}
      onClose={onClose}
      title={`Forget ${cluster ?? ''}`}
      actions={
        <>
          <Button onClick={onClose}>Keep it</Button>
          <Button
            look="primary"
            busy={forget.isPending}
            onClick={() => cluster !== null && forget.mutate(cluster)}
          >
            Forget {cluster ?? ''}
          </Button>
        </>
      }
    >
      <p>
        The console stops watching it and drops its addresses, their passwords and the history of its lag. Its
        nodes are not touched: they go on replicating as they do.
      </p>
      {forget.isError && (
        <p role="alert">
          <State of="critical">{tell(forget.error).message}</State>
        </p>
      )}
    </Dialog>
  );
}
