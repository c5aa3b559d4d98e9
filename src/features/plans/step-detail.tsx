/** One step of a run, opened: what it ran, what the server said besides, what it found, how far it is. */
import type { PlanStep, RunStep } from '#core/model/plan.ts';
import { bytesText, duration } from '#src/lib/units.ts';
import { Facts } from '#src/ui/dialog.tsx';
import { ArrowText } from '#src/ui/link-name.tsx';
import { State } from '#src/ui/state.tsx';
import { Time } from '#src/ui/time.tsx';
import { tookSeconds } from './grid.ts';
import { SqlText } from './sql-text.tsx';

export function StepDetail({ step, state }: { step: PlanStep; state: RunStep | undefined }) {
  const seconds = state ? tookSeconds(state) : null;
  const ran = [...step.commands.map((command) => `$ ${command}`), ...step.sql].join('\n');
  return (
    <section className="step-detail" aria-label={`${step.title} on ${step.node ?? 'this machine'}`}>
      <div>
        <h3>
          {step.node ?? 'This machine'}
          {state?.startedAt && (
            <>
              , begun at <Time at={state.startedAt} />
              {seconds !== null && `, took ${duration(seconds)}`}
            </>
          )}
        </h3>
        <pre className="sql">
          <SqlText>{ran === '' ? 'No statement: the console looks for itself.' : ran}</SqlText>
        </pre>
      </div>
      {state?.waitsFor && (
        <p>
          <State of="waiting-for-operator" className="wraps">
            <ArrowText>{state.waitsFor}</ArrowText>
          </State>
        </p>
      )}
      {state?.progress && (
        <p>
          {bytesText(state.progress.doneBytes)} of {bytesText(state.progress.totalBytes)} are there
          {state.note && `; ${state.note}`}
        </p>
      )}
      {state?.note && !state.progress && <p className="q">{state.note}</p>}
      {state && state.notices.length > 0 && (
        <div>
          <h3>{step.node ?? 'It'} said besides</h3>
          <pre className="sql">
            {state.notices.map(({ severity, message }) => `${severity}:  ${message}`).join('\n')}
          </pre>
        </div>
      )}
      {state && state.facts.length > 0 && (
        <div>
          <h3>Found</h3>
          <Facts
            of={state.facts.map(({ name, value }) => ({
              key: name,
              name: <ArrowText>{name}</ArrowText>,
              value: <ArrowText>{value}</ArrowText>,
            }))}
          />
        </div>
      )}
      {step.undoSql.length > 0 && (
        <div>
          <h3>Taken back by</h3>
          <pre className="sql">
            <SqlText>{step.undoSql.join('\n')}</SqlText>
          </pre>
        </div>
      )}
    </section>
  );
}
