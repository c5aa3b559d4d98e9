/** A failed step, opened: what ran, what the server answered unaltered, the likely cause, the remedy, what to do now. */
import type { ReactNode } from 'react';
import type { PlanStep, RunStep } from '#core/model/plan.ts';
import { shownText } from '#core/model/shown-text.ts';
import { safeName } from '#src/lib/safe-name.ts';
import { PlanButton } from '#src/parts/plan-button.tsx';
import { ArrowText } from '#src/ui/link-name.tsx';
import { State } from '#src/ui/state.tsx';
import { Time } from '#src/ui/time.tsx';
import { failureTitle, isFinding } from './failure-words.ts';
import { SqlText } from './sql-text.tsx';

export function FailBox({
  step,
  state,
  back = false,
  cluster,
  actions,
}: {
  step: PlanStep;
  state: RunStep | undefined;
  /** It failed when it was to be taken back. */
  back?: boolean;
  cluster: string;
  actions: ReactNode;
}) {
  const error = state?.error;
  const finding = error ? isFinding(error) : false;
  // Nothing was sent to a node that could not be reached at all.
  const notRun = finding || (error?.code === 'unreachable' && error.statement === null);
  const where = safeName(step.node ?? 'this machine');
  const ran = error?.statement ?? (back ? step.undoSql : [...step.commands, ...step.sql]).join('\n');
  return (
    <div className="fail-box" role="alert" aria-label={shownText(`${step.title} failed on ${where}`)}>
      {error && (
        <div className="kind">
          <State of="failed" className="wrapping">
            {failureTitle(error.code, step.node)}
          </State>
        </div>
      )}
      <div>
        <div>
          <h2>
            {back && notRun ? 'Not run' : 'Ran'} on {where}
            {state?.startedAt && (
              <>
                {' at '}
                <Time at={state.startedAt} />
              </>
            )}
          </h2>
          <pre className="sql">
            <SqlText>{ran === '' ? 'No statement was sent.' : ran}</SqlText>
          </pre>
        </div>
        <div>
          <h2>
            {finding
              ? back
                ? 'Why it was not done'
                : 'What the console found'
              : step.node === null
                ? 'It answered'
                : `${safeName(step.node)} answered`}
          </h2>
          <pre className="sql server-error">
            {shownText(error?.message ?? 'No answer was recorded.')}
            {error?.sqlstate && `\nSQLSTATE ${error.sqlstate}`}
          </pre>
        </div>
      </div>
      <div>
        {error?.cause && (
          <div>
            <h2>Likely cause</h2>
            <p>
              <ArrowText>{error.cause}</ArrowText>
            </p>
          </div>
        )}
        <div>
          <h2>Remedy</h2>
          <p>
            <ArrowText>
              {error?.remedy ??
                (back
                  ? 'Fix what it reports, then roll back again.'
                  : 'Fix what it reports, then resume: the step runs again from its start.')}
            </ArrowText>
          </p>
        </div>
      </div>
      {(actions || error?.blockers) && (
        <div className="actions">
          {actions}
          {error?.blockers?.map((blocker) => (
            <PlanButton key={blocker.pid} request={{ kind: 'session-cancel', cluster, ...blocker }} />
          ))}
        </div>
      )}
    </div>
  );
}
