/** What somebody has to do outside the console before a run goes on, and copies under way. */

import type { Plan, Run } from '#core/model/plan.ts';
import { isHeld } from '#src/lib/run-counts.ts';
import { bytesText } from '#src/lib/units.ts';
import { Copyable } from '#src/ui/mono.tsx';
import { SectionHead } from '#src/ui/section.tsx';
import { State } from '#src/ui/state.tsx';
import { Age } from '#src/ui/time.tsx';

/** The remark of a command that follows a colon is the command: it is set to be copied. */
function parts(text: string): { words: string; command: string | null } {
  const at = text.indexOf(': ');
  return at < 0 ? { words: text, command: null } : { words: text.slice(0, at), command: text.slice(at + 2) };
}

export function RunWaits({ run, plan }: { run: Run; plan: Plan }) {
  const waits = run.steps.filter(isHeld);
  if (waits.length === 0) return null;
  return (
    <section className="section waits" aria-label="Waits for you">
      <SectionHead
        title="To do by you"
        note="the run notices it and continues by itself; nothing has to be clicked"
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
                <span className="faint">
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

/** Copies under way, in words: how much is there, the pace, and the time that is left. */
export function RunCopies({ run, plan }: { run: Run; plan: Plan }) {
  const copies = run.steps.filter((step) => step.state === 'running' && step.progress !== null);
  if (copies.length === 0) return null;
  return (
    <section className="section waits" aria-label="Copies under way">
      <SectionHead title="Under way" note="no need to stay: the run continues without this page" />
      <ul>
        {copies.map(({ id, note, progress }) => (
          <li key={id}>
            <State of="running">{plan.steps.find((step) => step.id === id)?.node ?? 'This machine'}</State>
            <span>{note ?? `${bytesText(progress?.doneBytes ?? 0)} copied`}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
