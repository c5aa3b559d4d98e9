/** One step of a run, opened: what it ran, what the server said besides, what it found, how far it is. */
import type { ReactNode } from 'react';
import type { PlanStep, RunStep } from '#core/model/plan.ts';
import { shownText } from '#core/model/shown-text.ts';
import { bytesText, duration } from '#src/lib/units.ts';
import { Facts } from '#src/ui/dialog.tsx';
import { ArrowText } from '#src/ui/link-name.tsx';
import { State } from '#src/ui/state.tsx';
import { Time } from '#src/ui/time.tsx';
import { tookSeconds } from './grid.ts';
import { SqlText } from './sql-text.tsx';

interface Props {
  step: PlanStep;
  state: RunStep | undefined;
  /** What can be done about it now. */
  children?: ReactNode;
}

export function StepDetail({ step, state, children }: Props) {
  const seconds = state ? tookSeconds(state) : null;
  const ran = [...step.commands.map((command) => `$ ${command}`), ...step.sql].join('\n');
  return (
    <section
      className="step-detail"
      aria-label={shownText(`${step.title} on ${step.node ?? 'this machine'}`)}
    >
      <div>
        <h2>
          {step.node ?? 'This machine'}
          {state?.startedAt && (
            <>
              , started at <Time at={state.startedAt} />
              {seconds !== null && `, took ${duration(seconds)}`}
            </>
          )}
        </h2>
        <pre className="sql">
          <SqlText>{ran === '' ? 'No statement: the console checks this itself.' : ran}</SqlText>
        </pre>
      </div>
      {state?.waitsFor && (
        <p>
          <State of="waiting-for-operator" className="wrapping">
            <ArrowText>{state.waitsFor}</ArrowText>
          </State>
        </p>
      )}
      {state?.progress && (
        <p>
          {bytesText(state.progress.doneBytes)} of {bytesText(state.progress.totalBytes)} copied
          {state.note && `; ${state.note}`}
        </p>
      )}
      {state?.know && (
        <p>
          <State of="know" className="wrapping">
            <ArrowText>{state.know}</ArrowText>
          </State>
        </p>
      )}
      {state?.note && !state.progress && <p className="muted">{state.note}</p>}
      {children && <div className="buttons">{children}</div>}
      {state && state.notices.length > 0 && (
        <div>
          <h2>{step.node ?? 'It'} also reported</h2>
          <pre className="sql">
            {state.notices.map(({ severity, message }) => `${severity}:  ${shownText(message)}`).join('\n')}
          </pre>
        </div>
      )}
      {state && state.facts.length > 0 && (
        <div>
          <h2>Found</h2>
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
          <h2>Undone by</h2>
          <pre className="sql">
            <SqlText>{step.undoSql.join('\n')}</SqlText>
          </pre>
        </div>
      )}
    </section>
  );
}
