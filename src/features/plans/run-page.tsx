/** A run: as it goes, why it stopped, or the receipt of what it did. */

import { useSuspenseQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { Link, type LoaderFunctionArgs, useParams } from 'react-router';
import { formatNames } from '#core/model/format.ts';
import type { Run } from '#core/model/plan.ts';
import { hasEnded, useRunEvents } from '#src/api/hooks.ts';
import { clustersQuery, planQuery, runQuery } from '#src/api/queries.ts';
import { queryClient } from '#src/api/query-client.ts';
import { paths } from '#src/lib/paths.ts';
import { countsOf, leftSteps, standing } from '#src/lib/run-counts.ts';
import { plural } from '#src/lib/units.ts';
import { ArrowText } from '#src/ui/link-name.tsx';
import { Say } from '#src/ui/sentence.tsx';
import { State } from '#src/ui/state.tsx';
import { Age, Time } from '#src/ui/time.tsx';
import { gridOf } from './grid.ts';
import { stepKnows, thingsToKnow } from './know.ts';
import { LeftToDo } from './left-to-do.tsx';
import { runSentence } from './plan-text.ts';
import { Receipt } from './receipt.tsx';
import { RunActions } from './run-actions.tsx';
import { Counts, ProgressLine, RunGrid } from './run-grid.tsx';
import { RunProofs } from './run-proofs.tsx';
import { RunCopies, RunWaits } from './run-waits.tsx';

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
      <Say top={<RunTop run={run} known={stepKnows(run, plan).length} />}>
        <ArrowText>{runSentence(run, plan, grid)}</ArrowText>
      </Say>
      {run.state === 'succeeded' && <Receipt run={run} plan={plan} />}
      <RunWaits run={run} plan={plan} />
      <RunCopies run={run} plan={plan} />
      <RunProofs run={run} plan={plan} />
      <LeftToDo
        run={run}
        plan={plan}
        actions={
          ended ? (
            <>
              {actions}
              {run.state === 'failed' && <p className="faint">{whatActionsDo(run)}</p>}
            </>
          ) : null
        }
      />
      <section className="section">
        <div className="tools px-4 py-2">
          <Counts counts={countsOf(run)} back={run.direction === 'back'} />
          <span className="buttons ml-auto">
            {(!failed || hasEnded(run) === false) && <RunActions run={run} plan={plan} small />}
            <Link className="text-action text-12" to={paths.plan(run.plan)}>
              Plan
            </Link>
          </span>
        </div>
        <ProgressLine steps={run.steps} />
        <RunGrid
          grid={grid}
          states={states}
          back={run.direction === 'back'}
          left={leftSteps(run)}
          run={run.id}
          cluster={run.cluster}
          actions={
            run.state === 'failed' && run.leftToDo.length === 0 ? (
              <>
                {actions}
                <p className="faint">{whatActionsDo(run)}</p>
              </>
            ) : null
          }
        />
      </section>
    </>
  );
}

function whatActionsDo(run: Run): string {
  const { length } = standing(run);
  if (run.direction === 'back')
    return `Roll back again continues from here: ${plural(length, 'step')} to go.`;
  return `Resume runs this step again and continues. Roll back undoes ${plural(length, 'finished step')}.`;
}

function RunTop({ run, known }: { run: Run; known: number }) {
  const ended = hasEnded(run);
  return (
    <>
      <State of={run.state} />
      {known > 0 && <State of="know">{thingsToKnow(known)}</State>}
      {run.leftToDo.length > 0 && <State of="warning">{run.leftToDo.length} left to do</State>}
      {run.direction === 'back' && run.state !== 'rolled-back' && (
        <State of="undone">{ended ? 'partly rolled back' : 'being rolled back'}</State>
      )}
      <span className="faint">
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
        {run.dsnsKept.length > 0 && `, as another role on ${formatNames(run.dsnsKept)}, kept sealed`}
      </span>
    </>
  );
}
