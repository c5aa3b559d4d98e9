/** A run: as it goes, why it stopped, or the receipt of what it did. */
import { useSuspenseQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { Link, type LoaderFunctionArgs, useParams } from 'react-router';
import type { Plan, Run } from '#core/model/plan.ts';
import { hasEnded, useRunEvents } from '#src/api/hooks.ts';
import { clustersQuery, planQuery, runQuery } from '#src/api/queries.ts';
import { queryClient } from '#src/api/query-client.ts';
import { paths } from '#src/lib/paths.ts';
import { duration, plural } from '#src/lib/units.ts';
import { buttonClass } from '#src/ui/button.tsx';
import { ArrowText } from '#src/ui/link-name.tsx';
import { SectionHead } from '#src/ui/section.tsx';
import { Say } from '#src/ui/sentence.tsx';
import { State } from '#src/ui/state.tsx';
import { Age, Time } from '#src/ui/time.tsx';
import { countsOf, gridOf } from './grid.ts';
import { runSentence } from './plan-text.ts';
import './plans.css';
import { RunActions } from './run-actions.tsx';
import { Counts, ProgressLine, RunGrid } from './run-grid.tsx';

export async function loader({ params }: LoaderFunctionArgs) {
  const run = await queryClient.fetchQuery({ ...runQuery(params.id ?? ''), staleTime: 0 });
  await queryClient.ensureQueryData(planQuery(run.plan));
  return null;
}

export function Component() {
  const { id = '' } = useParams();
  const run = useSuspenseQuery(runQuery(id)).data;
  const plan = useSuspenseQuery(planQuery(run.plan)).data;
  useRunEvents(id, !hasEnded(run));
  const ended = hasEnded(run);
  // A run makes and removes clusters: lists that were read before it ended are old.
  useEffect(() => {
    if (ended) void queryClient.invalidateQueries({ queryKey: clustersQuery().queryKey });
  }, [ended]);
  const grid = gridOf(plan.steps);
  const states = new Map(run.steps.map((step) => [step.id, step]));
  const failed = run.steps.some((step) => step.state === 'failed');
  const actions = <RunActions run={run} plan={plan} />;
  return (
    <>
      <title>{`${plan.title}: ${run.state} · Tricorder`}</title>
      <Say top={<RunTop run={run} />}>
        <ArrowText>{runSentence(run, plan, grid)}</ArrowText>
      </Say>
      {run.state === 'succeeded' && <Receipt run={run} plan={plan} />}
      <section className="sec">
        <div className="tools px-4! py-2!">
          <Counts counts={countsOf(run)} />
          <span className="btns ml-auto">
            {(!failed || hasEnded(run) === false) && <RunActions run={run} plan={plan} small />}
            <Link className="act text-12" to={paths.plan(run.plan)}>
              Plan
            </Link>
          </span>
        </div>
        <ProgressLine steps={run.steps} />
        <RunGrid
          grid={grid}
          states={states}
          actions={
            ['failed', 'waiting-for-operator'].includes(run.state) ? (
              <>
                {actions}
                <p className="f">{whatActionsDo(run)}</p>
              </>
            ) : null
          }
        />
      </section>
    </>
  );
}

function whatActionsDo(run: Run): string {
  const { done } = countsOf(run);
  return `Resume runs this step again and goes on. Roll back undoes ${plural(done, 'finished step')}.`;
}

function RunTop({ run }: { run: Run }) {
  return (
    <>
      <State of={run.state} />
      <span className="f">
        started <Time at={run.startedAt} />
        {run.endedAt === null ? (
          <>
            , <Age since={run.startedAt} /> ago
          </>
        ) : (
          <>
            , ended <Time at={run.endedAt} />
          </>
        )}
      </span>
    </>
  );
}

/** What was made, how long it took, and the way to it. */
function Receipt({ run, plan }: { run: Run; plan: Plan }) {
  const clusters = useSuspenseQuery(clustersQuery()).data.items;
  const cluster = clusters.find((one) => one.name === run.cluster);
  const took = run.endedAt === null ? null : (Date.parse(run.endedAt) - Date.parse(run.startedAt)) / 1000;
  const counts = countsOf(run);
  const writes = plan.steps.reduce((sum, step) => sum + step.sql.length, 0);
  return (
    <section className="sec">
      <SectionHead title="Receipt" />
      <div className="receipt">
        <dl className="ev">
          <dt>done</dt>
          <dd>
            {plural(counts.done, 'step')}, {plural(writes, 'statement')}
            {counts.skipped > 0 && `, ${counts.skipped} not needed`}
          </dd>
          <dt>took</dt>
          <dd>{took === null ? 'unknown' : duration(took)}</dd>
          {cluster && (
            <>
              <dt>now</dt>
              <dd>
                <ArrowText>{cluster.sentence}</ArrowText>
              </dd>
            </>
          )}
        </dl>
        <div className="btns">
          {plan.request.kind === 'remove' ? (
            <Link className={buttonClass('primary', 'lg')} to={paths.clusters}>
              Show clusters
            </Link>
          ) : (
            <Link className={buttonClass('primary', 'lg')} to={paths.overview(run.cluster)}>
              Open {run.cluster}
            </Link>
          )}
        </div>
      </div>
    </section>
  );
}
