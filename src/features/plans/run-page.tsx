/** A run: as it goes, why it stopped, or the receipt of what it did. */
import { useSuspenseQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { Link, type LoaderFunctionArgs, useParams } from 'react-router';
import type { Run } from '#core/model/plan.ts';
import { hasEnded, useRunEvents } from '#src/api/hooks.ts';
import { clustersQuery, planQuery, runQuery } from '#src/api/queries.ts';
import { queryClient } from '#src/api/query-client.ts';
import { paths } from '#src/lib/paths.ts';
import { plural } from '#src/lib/units.ts';
import { ArrowText } from '#src/ui/link-name.tsx';
import { Say } from '#src/ui/sentence.tsx';
import { State } from '#src/ui/state.tsx';
import { Age, Time } from '#src/ui/time.tsx';
import { countsOf, gridOf } from './grid.ts';
import { runSentence } from './plan-text.ts';
import { Receipt } from './receipt.tsx';
import './plans.css';
import { RunActions } from './run-actions.tsx';
import { Counts, ProgressLine, RunGrid } from './run-grid.tsx';
import { LeftToDo, RunCopies, RunWaits } from './run-waits.tsx';

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
      <RunWaits run={run} plan={plan} />
      <RunCopies run={run} plan={plan} />
      <LeftToDo run={run} plan={plan} />
      <section className="sec">
        <div className="tools px-4! py-2!">
          <Counts counts={countsOf(run)} back={run.direction === 'back'} />
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
          back={run.direction === 'back'}
          actions={
            run.state === 'failed' ? (
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
  if (run.direction === 'back')
    return `Roll back again goes on taking back from here: ${plural(done, 'step')} to go.`;
  return `Resume runs this step again and goes on. Roll back undoes ${plural(done, 'finished step')}.`;
}

function RunTop({ run }: { run: Run }) {
  const ended = hasEnded(run);
  return (
    <>
      <State of={run.state} />
      {run.direction === 'back' && run.state !== 'rolled-back' && (
        <State of="undone">{ended ? 'taken back in part' : 'being taken back'}</State>
      )}
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
