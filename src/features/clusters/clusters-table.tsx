import { useMemo, useRef } from 'react';
import { Link } from 'react-router';
import type { ClusterSummary } from '#core/contract/clusters.ts';
import { wordsOf } from '#core/engines/words.ts';
import { paths } from '#src/lib/paths.ts';
import { count } from '#src/lib/units.ts';
import { DataTable } from '#src/parts/data-table/data-table.tsx';
import { useForget } from '#src/parts/forget-cluster.ts';
import { PlanButton } from '#src/parts/plan-button.tsx';
import { Button } from '#src/ui/button.tsx';
import { ArrowText } from '#src/ui/link-name.tsx';
import { State } from '#src/ui/state.tsx';
import type { Column } from '#src/ui/table/column.ts';
import { tip } from '#src/ui/tooltip.ts';
import { Unknown } from '#src/ui/value.tsx';

const WORDS = { ok: 'well', warning: 'warning', critical: 'critical', unknown: 'unknown' };

export function ClustersTable({ clusters }: { clusters: ClusterSummary[] }) {
  const { run } = useForget();
  const latest = useRef(run);
  latest.current = run;
  const columns = useMemo(() => columnsOf((name) => latest.current(name)), []);
  return (
    <section className="section" aria-label="Clusters">
      <DataTable
        label="Clusters"
        className="clusters"
        columns={columns}
        rows={clusters}
        keyOf={(cluster) => cluster.name}
        worst={(cluster) => BADNESS[cluster.health]}
        to={(cluster) => paths.overview(cluster.name)}
      />
    </section>
  );
}

const BADNESS = { ok: 0, unknown: 1, warning: 2, critical: 3 };

const columnsOf = (onForget: (cluster: string) => void): Column<ClusterSummary>[] => [
  {
    id: 'cluster',
    head: 'Cluster',
    cell: (cluster) => (
      <>
        <Link to={paths.overview(cluster.name)} className="name" data-row>
          {cluster.name}
        </Link>{' '}
        {cluster.sandbox && <span className="chip plain">sandbox</span>}
      </>
    ),
    value: (cluster) => cluster.name,
  },
  {
    id: 'state',
    head: 'State',
    cell: (cluster) => <State of={cluster.health}>{WORDS[cluster.health]}</State>,
    value: (cluster) => cluster.health,
    rank: (cluster) => BADNESS[cluster.health],
    first: 'descending',
  },
  {
    id: 'sentence',
    head: 'Summary',
    wideOnly: true,
    className: 'cluster-sentence',
    title: (cluster) => cluster.sentence,
    cell: (cluster) => <ArrowText>{cluster.sentence}</ArrowText>,
  },
  {
    id: 'nodes',
    head: 'Nodes up',
    align: 'end',
    cell: (cluster) => `${count(cluster.nodesUp)} of ${count(cluster.nodes)}`,
    rank: (cluster) => cluster.nodesUp - cluster.nodes,
  },
  {
    id: 'links',
    head: 'Links replicating',
    align: 'end',
    wideOnly: true,
    cell: (cluster) => `${count(cluster.linksReplicating)} of ${count(cluster.links)}`,
    rank: (cluster) => cluster.linksReplicating - cluster.links,
  },
  {
    id: 'findings',
    head: 'Findings',
    align: 'end',
    wideOnly: true,
    cell: (cluster) => count(cluster.findings),
    value: (cluster) => cluster.findings,
    first: 'descending',
  },
  { id: 'engine', head: 'Engine', wideOnly: true, cell: (cluster) => <Engine cluster={cluster} /> },
  {
    id: 'actions',
    head: 'Actions',
    quietHead: true,
    align: 'end',
    cell: (cluster) =>
      cluster.sandbox ? (
        <PlanButton request={{ kind: 'remove', target: 'sandbox', name: cluster.name }}>Remove…</PlanButton>
      ) : (
        <Button size="sm" onClick={() => onForget(cluster.name)}>
          Forget
        </Button>
      ),
  },
];

function Engine({ cluster }: { cluster: ClusterSummary }) {
  if (cluster.engineVersions.length === 0) return <Unknown>not read yet</Unknown>;
  return (
    <>
      {cluster.standin && (
        <>
          <span
            className="chip plain"
            {...tip("Tricorder's own stand-in for Spock: for trying things out, never for production.")}
          >
            stand-in
          </span>{' '}
        </>
      )}
      {wordsOf(cluster.engine).name} {cluster.engineVersions.join(', ')}
      <span className="faint"> · PostgreSQL {cluster.serverVersions.join(', ')}</span>
    </>
  );
}
