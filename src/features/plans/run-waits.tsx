/** What somebody has to do outside the console before a run goes on, and what a rollback has left to do by hand. */
import type { Plan, Run } from '#core/model/plan.ts';
import { ArrowText } from '#src/ui/link-name.tsx';
import { Copyable } from '#src/ui/mono.tsx';
import { SectionHead } from '#src/ui/section.tsx';
import { State } from '#src/ui/state.tsx';
import { Age } from '#src/ui/time.tsx';
import { calledStep, leftToDo } from './plan-text.ts';

/** The remark of a command that follows a colon is the command: it is set to be copied. */
function parts(text: string): { words: string; command: string | null } {
  const at = text.indexOf(': ');
  return at < 0 ? { words: text, command: null } : { words: text.slice(0, at), command: text.slice(at + 2) };
}

export function RunWaits({ run, plan }: { run: Run; plan: Plan }) {
  const waits = run.steps.filter((step) => step.state === 'running' && step.waitsFor !== null);
  if (waits.length === 0) return null;
  return (
    <section className="sec waits" aria-label="Waits for you">
      <SectionHead
        title="To do by you"
        note="the run sees it, and goes on by itself; nothing has to be clicked"
      />
      <ul>
        {waits.map((wait) => {
          const { words, command } = parts(wait.waitsFor ?? '');
          const node = plan.steps.find((step) => step.id === wait.id)?.node;
          return (
            <li key={wait.id}>
              <State of="waiting-for-operator">{node ?? 'This machine'}</State>
              <span>
                {words}
                {command !== null && (
                  <>
                    {': '}
                    <Copyable text={command} />
                  </>
                )}
              </span>
              {wait.startedAt && (
                <span className="f">
                  for <Age since={wait.startedAt} />
                </span>
              )}
            </li>
          );
        })}
      </ul>
    </section>
  );
}

export function LeftToDo({ run, plan }: { run: Run; plan: Plan }) {
  const left = leftToDo(run, plan);
  if (left.length === 0) return null;
  return (
    <section className="sec waits" aria-label="Left to do">
      <SectionHead title="Left to do by hand" note="what could not be taken back from here" />
      <ul>
        {left.map(({ step, says }) => (
          <li key={step.id}>
            <State of="warning">{calledStep(step)}</State>
            <span>
              <ArrowText>{says}</ArrowText>
            </span>
            {step.undoSql.length > 0 && <pre className="sql">{step.undoSql.join('\n')}</pre>}
          </li>
        ))}
      </ul>
    </section>
  );
}
