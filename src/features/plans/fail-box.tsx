/** A failed step, opened: what ran, what the server answered unaltered, the likely cause, the remedy, what to do now. */
import type { ReactNode } from 'react';
import type { PlanStep, RunStep } from '#core/model/plan.ts';
import { ArrowText } from '#src/ui/link-name.tsx';
import { Time } from '#src/ui/time.tsx';
import { SqlText } from './sql-text.tsx';

export function FailBox({
  step,
  state,
  back = false,
  actions,
}: {
  step: PlanStep;
  state: RunStep | undefined;
  /** It failed when it was to be taken back. */
  back?: boolean;
  actions: ReactNode;
}) {
  const error = state?.error;
  // An error without an SQLSTATE is the console's own word: no server has answered.
  const refused = back && error !== null && error !== undefined && error.sqlstate === null;
  const where = step.node ?? 'this machine';
  const ran = error?.statement ?? (back ? step.undoSql : [...step.commands, ...step.sql]).join('\n');
  return (
    <div className="fail-box" role="alert" aria-label={`${step.title} failed on ${where}`}>
      <div>
        <div>
          <h3>
            {refused ? 'Was to run' : 'Ran'} on {where}
            {state?.startedAt && (
              <>
                {' at '}
                <Time at={state.startedAt} />
              </>
            )}
          </h3>
          <pre className="sql">
            <SqlText>{ran === '' ? 'No statement was sent.' : ran}</SqlText>
          </pre>
        </div>
        <div>
          <h3>
            {refused ? 'Why it was not done' : step.node === null ? 'It answered' : `${step.node} answered`}
          </h3>
          <pre className="sql err">
            {error?.message ?? 'No answer was recorded.'}
            {error?.sqlstate && `\nSQLSTATE ${error.sqlstate}`}
          </pre>
        </div>
      </div>
      <div>
        {error?.cause && (
          <div>
            <h3>Likely cause</h3>
            <p>
              <ArrowText>{error.cause}</ArrowText>
            </p>
          </div>
        )}
        <div>
          <h3>Remedy</h3>
          <p>
            <ArrowText>
              {error?.remedy ??
                'Mend what the answer speaks of, then resume: the step runs again from its beginning.'}
            </ArrowText>
          </p>
        </div>
      </div>
      {actions && <div className="acts">{actions}</div>}
    </div>
  );
}
