/** Steps that compare what they have moved: how far they are, and the operator's way to end that. */
import type { Plan, PlanStep, Run, RunStep } from '#core/model/plan.ts';
import { api } from '#src/api/client.ts';
import { runQuery } from '#src/api/queries.ts';
import { useChange } from '#src/api/use-change.ts';
import { Button } from '#src/ui/button.tsx';
import { ArrowText } from '#src/ui/link-name.tsx';
import { SectionHead } from '#src/ui/section.tsx';
import { State } from '#src/ui/state.tsx';
import { Age } from '#src/ui/time.tsx';
import { calledStep } from './plan-text.ts';

export function RunProofs({ run, plan }: { run: Run; plan: Plan }) {
  const proofs = run.steps.flatMap((state) => {
    const step = state.proving ? plan.steps.find(({ id }) => id === state.id) : undefined;
    return step ? [{ step, state }] : [];
  });
  if (proofs.length === 0) return null;
  return (
    <section className="section waits" aria-label="Proofs under way">
      <SectionHead
        title="Being proved"
        note="what was moved is compared on both sides; done means that it is equal"
      />
      <ul>
        {proofs.map(({ step, state }) => (
          <li key={step.id}>
            <State of="running">{step.node ?? 'All nodes'}</State>
            <span>
              <ArrowText>{state.note ?? `${step.title}: comparing rows`}</ArrowText>
            </span>
            {state.startedAt && (
              <span className="faint">
                for <Age since={state.startedAt} />
              </span>
            )}
            <span className="ml-auto">
              <EndProof run={run.id} step={step} />
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** The operator's word that a proof ends without its answer; what that means is said before. */
export function EndProof({ run, step }: { run: string; step: PlanStep }) {
  const end = useChange({
    does: () => api.runs.endProof({ id: run, step: step.id }),
    asks: () => ({
      title: 'End the proof',
      act: 'End the proof',
      keep: 'Keep comparing',
      text: <Ending step={step} />,
    }),
    keeps: () => runQuery(run),
  });
  return (
    <Button
      size="sm"
      busy={end.pending}
      aria-label={`End the proof of ${calledStep(step)}…`}
      onClick={() => end.run()}
    >
      End the proof…
    </Button>
  );
}

function Ending({ step }: { step: PlanStep }) {
  return (
    <>
      <p>
        <b>{calledStep(step)}</b> is comparing what was moved with where it came from.
      </p>
      <ul className="ending">
        <li>What was moved stays where it is. Nothing is undone.</li>
        <li>
          Whether it is equal on all nodes is then <b>not known</b>: rows may be missing or differ.
        </li>
        <li>
          The step becomes “know this: not proved”, on this page and in the receipt, and the run continues.
        </li>
      </ul>
    </>
  );
}

/** For a cell and its detail: the step is at its proof. */
export const isProving = (state: Pick<RunStep, 'state' | 'proving'>): boolean =>
  state.state === 'running' && state.proving;
