/** Deploy: the doors to new clusters, and every run there was. */
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { Link, useNavigate } from 'react-router';
import type { Run } from '#core/model/plan.ts';
import { tell } from '#src/api/errors.ts';
import { hasEnded, usePlan } from '#src/api/hooks.ts';
import { clustersQuery, draftsQuery, machineQuery, runsQuery } from '#src/api/queries.ts';
import { queryClient } from '#src/api/query-client.ts';
import { paths } from '#src/lib/paths.ts';
import { bytesText, duration } from '#src/lib/units.ts';
import { Button, buttonClass } from '#src/ui/button.tsx';
import { Field } from '#src/ui/field.tsx';
import { ArrowText } from '#src/ui/link-name.tsx';
import { Empty, Skeleton, SkeletonRows } from '#src/ui/notice.tsx';
import { SectionHead } from '#src/ui/section.tsx';
import { Say } from '#src/ui/sentence.tsx';
import { State } from '#src/ui/state.tsx';
import { NumCell, Row, Table } from '#src/ui/table.tsx';
import { Time } from '#src/ui/time.tsx';
import { countsOf } from './grid.ts';
import { ServersDoor } from './servers-door.tsx';
import './plans.css';

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
      <title>Deploy · Tricorder</title>
      <Say
        top={
          stopped > 0 ? (
            <State of="failed">{stopped} stopped</State>
          ) : going > 0 ? (
            <State of="running">{going} running</State>
          ) : (
            <span className="f">nothing is running</span>
          )
        }
      >
        Make a cluster of servers that you have, or a sandbox here. Each is a plan, shown before anything is
        written.
      </Say>
      <ServersDoor />
      <section className="sec">
        <SectionHead
          title="New sandbox"
          note="three PostgreSQL servers on this machine, joined each to each"
        />
        <SandboxDoor />
      </section>
      <section className="sec">
        <SectionHead title="Other ways" />
        <div className="empty pt-0!">
          <p className="q">
            A cluster that is in service is connected from the list of clusters: one address is enough, and
            nothing is written to it.
          </p>
          <div className="btns">
            <Link className={buttonClass()} to={paths.clusters}>
              Connect a cluster
            </Link>
          </div>
        </div>
      </section>
      <section className="sec">
        <SectionHead title="Runs" count={runs?.length} note="newest first" />
        {runs?.length === 0 ? (
          <Empty title="No plan has been run yet">
            What you run is kept here: its steps, their times, what failed and why.
          </Empty>
        ) : (
          <RunsTable runs={runs} />
        )}
      </section>
    </>
  );
}

function SandboxDoor() {
  const machine = useQuery(machineQuery()).data;
  const taken = useQuery(clustersQuery()).data?.items.map((cluster) => cluster.name) ?? [];
  const [name, setName] = useState<string | null>(null);
  const plan = usePlan();
  const navigate = useNavigate();
  const shown = name ?? freeName(taken);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    plan.mutate(
      { kind: 'deploy', target: 'sandbox', name: shown },
      { onSuccess: (made) => navigate(paths.plan(made.id)) },
    );
  };
  const told = plan.error ? tell(plan.error) : null;
  const unable = machine !== undefined && machine.sandboxEngine === null;
  return (
    <form className="sandbox-door" onSubmit={submit}>
      <Field
        label="Name"
        value={shown}
        maxLength={63}
        spellCheck={false}
        autoComplete="off"
        onChange={(event) => setName(event.target.value)}
        error={
          told
            ? {
                message: told.issues[0]?.message ?? told.message,
                remedy: told.issues[0]?.remedy ?? told.remedy,
              }
            : null
        }
      />
      <dl className="ev">
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
      <div className="btns">
        <Button type="submit" busy={plan.isPending} disabled={unable || shown === ''}>
          Plan the sandbox…
        </Button>
        {unable && <span className="q">{machine.reason}</span>}
      </div>
    </form>
  );
}

/** `demo`, or the first of demo-2, demo-3, … that is not watched yet. */
function freeName(taken: string[]): string {
  if (!taken.includes('demo')) return 'demo';
  let number = 2;
  while (taken.includes(`demo-${number}`)) number += 1;
  return `demo-${number}`;
}

function RunsTable({ runs }: { runs: Run[] | undefined }) {
  const navigate = useNavigate();
  return (
    <Table
      label="Runs"
      className="runs"
      head={
        <>
          <th>Run</th>
          <th>State</th>
          <th className="wid">Cluster</th>
          <th className="r wid">Steps done</th>
          <th className="r wid">Took</th>
          <th className="r">Started</th>
        </>
      }
    >
      {runs ? (
        runs.map((run) => (
          <Row key={run.id} onOpen={() => navigate(paths.run(run.id))}>
            <td className="grow1">
              <Link to={paths.run(run.id)} className="name">
                <ArrowText>{run.title}</ArrowText>
              </Link>
            </td>
            <td>
              <State of={run.state} />
            </td>
            <td className="q wid">{run.cluster}</td>
            <NumCell className="wid">
              {countsOf(run).done + countsOf(run).skipped} <span className="f">of {run.steps.length}</span>
            </NumCell>
            <NumCell className="wid">{tookOf(run)}</NumCell>
            <NumCell className="q">
              <Time at={run.startedAt} />
            </NumCell>
          </Row>
        ))
      ) : (
        <SkeletonRows columns={6} />
      )}
    </Table>
  );
}

function tookOf(run: Run) {
  if (run.endedAt === null) return <span className="f">not ended</span>;
  return duration(Math.max(0, (Date.parse(run.endedAt) - Date.parse(run.startedAt)) / 1000));
}
