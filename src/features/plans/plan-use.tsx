/** A plan that has been run: by which run, and what came of it. */

import { Link } from 'react-router';
import type { Run } from '#core/model/plan.ts';
import { isFinished } from '#core/run/machine.ts';
import { paths } from '#src/lib/paths.ts';
import { countsOf } from '#src/lib/run-counts.ts';
import { plural } from '#src/lib/units.ts';
import { State } from '#src/ui/state.tsx';
import { Time } from '#src/ui/time.tsx';

const BECAME: Record<Run['state'], string> = {
  running: 'is running it',
  'waiting-for-operator': 'is running it and waits for you',
  succeeded: 'used this plan and succeeded',
  failed: 'used this plan and failed',
  cancelled: 'was cancelled',
  'rolled-back': 'was rolled back',
  interrupted: 'was interrupted',
};

/** `Run 4 has run it, and succeeded.` */
export function sentenceOfUse(run: Run): string {
  const { length } = run.steps.filter(isFinished);
  const { know } = countsOf(run);
  const what =
    run.direction === 'back' && run.state !== 'rolled-back' ? 'is partly rolled back' : BECAME[run.state];
  const done = run.state === 'rolled-back' ? '' : ` ${length} of ${plural(run.steps.length, 'step')} done.`;
  const left = run.leftToDo.length > 0 ? ` ${plural(run.leftToDo.length, 'thing')} left to do.` : '';
  return `Run ${run.id} ${what}.${done}${know > 0 ? ` ${know} to know.` : ''}${left}`;
}

export function UsedTop({ run }: { run: Run }) {
  return (
    <>
      <State of={run.state} />
      {countsOf(run).know > 0 && <State of="know">{countsOf(run).know} to know</State>}
      {run.leftToDo.length > 0 && <State of="warning">{run.leftToDo.length} left to do</State>}
      <span className="faint">
        by{' '}
        <Link className="text-action" to={paths.run(run.id)}>
          run {run.id}
        </Link>
        , started <Time at={run.startedAt} />
        {run.endedAt !== null && (
          <>
            , ended <Time at={run.endedAt} />
          </>
        )}
      </span>
    </>
  );
}
