/** Deploy: the doors to new clusters, and every run there was. */

import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import type { Run } from '#core/model/plan.ts';
import { isFinished } from '#core/run/machine.ts';
import { hasEnded } from '#src/api/hooks.ts';
import { draftsQuery, machineQuery, runsQuery } from '#src/api/queries.ts';
import { queryClient } from '#src/api/query-client.ts';
import { paths } from '#src/lib/paths.ts';
import { countsOf } from '#src/lib/run-counts.ts';
import { bytesText, duration } from '#src/lib/units.ts';
import { DataTable } from '#src/parts/data-table/data-table.tsx';
import { SandboxForm } from '#src/parts/sandbox-form.tsx';
import { buttonClass } from '#src/ui/button.tsx';
import { ArrowText } from '#src/ui/link-name.tsx';
import { Empty, Skeleton } from '#src/ui/notice.tsx';
import { SectionHead } from '#src/ui/section.tsx';
import { Say } from '#src/ui/sentence.tsx';
import { State } from '#src/ui/state.tsx';
import type { Column } from '#src/ui/table/column.ts';
import { Time } from '#src/ui/time.tsx';
import { ServersDoor } from './servers-door.tsx';

export async function loader() {
  void queryClient.prefetchQuery(machineQuery());
  void queryClient.prefetchQuery(draftsQuery());
  await queryClient.fetchQuery({ ...runsQuery(), staleTime: 0 });
  return null;
}

export function Component() {
  const runs = useQuery({ ...runsQuery(), refetchInterval: 3000 }).data?.items;
  const going = runs?.filter((run) => !hasEnded(run)).length ?? 0;
  const stopped = runs?.filter((run) => ['failed', 'interrupted'].includes(run.state)).length ?? 0;
  return (
    <>
      <Say
        top={
          stopped > 0 ? (
            <State of="failed">{stopped} stopped</State>
          ) : going > 0 ? (
            <State of="running">{going} running</State>
          ) : (
            <span className="faint">nothing is running</span>
          )
        }
      >
        Build a cluster from servers that you have, or a sandbox here. Each is a plan, shown before anything
        is written.
      </Say>
      <ServersDoor />
      <section className="section">
        <SectionHead
          title="New sandbox"
          note="three PostgreSQL servers on this machine, each replicating to each other"
        />
        <SandboxDoor />
      </section>
      <section className="section">
        <SectionHead title="Other ways" />
        <div className="empty pt-0">
          <p className="muted">
            A running cluster is connected from the list of clusters: one address is enough, and nothing is
            written to it.
          </p>
          <div className="buttons">
            <Link className={buttonClass()} to={paths.clusters}>
              Connect a cluster
            </Link>
          </div>
        </div>
      </section>
      <section className="section">
        <DataTable
          label="Runs"
          className="runs"
          columns={RUN_COLUMNS}
          rows={runs}
          keyOf={(run) => run.id}
          to={(run) => paths.run(run.id)}
          above={(menu) => (
            <SectionHead title="Runs" count={runs?.length} note="newest first">
              {menu}
            </SectionHead>
          )}
          empty={
            <Empty title="No plan has been run yet">
              What you run is kept here: its steps, their times, what failed and why.
            </Empty>
          }
        />
      </section>
    </>
  );
}

function SandboxDoor() {
  const machine = useQuery(machineQuery()).data;
  return (
    <SandboxForm className="sandbox-door" label="Name" act="Plan the sandbox…">
      <dl className="evidence">
        <dt>engine</dt>
        <dd>{machine ? (machine.sandboxEngine?.text ?? 'none') : <Skeleton width={180} />}</dd>
        <dt>ports</dt>
        <dd>{machine ? machine.ports.join(', ') || 'none is free' : <Skeleton width={120} />}</dd>
        <dt>disk</dt>
        <dd>
          {machine ? (
            machine.diskFreeBytes === null ? (
              'free space unknown'
            ) : (
              `${bytesText(machine.diskFreeBytes)} free`
            )
          ) : (
            <Skeleton width={80} />
          )}
        </dd>
      </dl>
    </SandboxForm>
  );
}

const RUN_COLUMNS: Column<Run>[] = [
  {
    id: 'run',
    head: 'Run',
    needed: true,
    className: 'grow-cell',
    cell: (run) => (
      <Link to={paths.run(run.id)} className="name" data-row>
        <ArrowText>{run.title}</ArrowText>
      </Link>
    ),
    value: (run) => run.title,
  },
  { id: 'state', head: 'State', cell: (run) => <RunState run={run} />, value: (run) => run.state },
  {
    id: 'cluster',
    head: 'Cluster',
    wideOnly: true,
    className: 'muted',
    cell: (run) => run.cluster,
    value: (run) => run.cluster,
  },
  {
    id: 'steps',
    head: 'Steps done',
    align: 'end',
    wideOnly: true,
    cell: (run) => (
      <>
        {run.steps.filter(isFinished).length} <span className="faint">of {run.steps.length}</span>
      </>
    ),
    value: (run) => run.steps.filter(isFinished).length,
    first: 'descending',
  },
  {
    id: 'took',
    head: 'Took',
    name: 'Took, seconds',
    align: 'end',
    wideOnly: true,
    cell: (run) => {
      const seconds = secondsOf(run);
      return seconds === null ? <span className="faint">not finished</span> : duration(seconds);
    },
    value: (run) => secondsOf(run),
    first: 'descending',
  },
  {
    id: 'started',
    head: 'Started',
    align: 'end',
    className: 'muted',
    cell: (run) => <Time at={run.startedAt} />,
    value: (run) => run.startedAt,
    first: 'descending',
  },
];

function RunState({ run }: { run: Run }) {
  const { know } = countsOf(run);
  return (
    <>
      <State of={run.state} />{' '}
      {know > 0 && (
        <State of="know" size={12}>
          {know} to know
        </State>
      )}
      {run.leftToDo.length > 0 && (
        <State of="warning" size={12}>
          {run.leftToDo.length} left to do
        </State>
      )}
    </>
  );
}

/** Null while it goes on. */
const secondsOf = (run: Run): number | null =>
  run.endedAt === null ? null : Math.max(0, (Date.parse(run.endedAt) - Date.parse(run.startedAt)) / 1000);
