/** What is asked before a run is rolled back: which steps, and, apart, whether rows that others wrote may go. */

import { Undo2 } from 'lucide-react';
import type { Plan, Run } from '#core/model/plan.ts';
import { shownText } from '#core/model/shown-text.ts';
import { standing } from '#src/lib/run-counts.ts';
import { plural } from '#src/lib/units.ts';
import { Button } from '#src/ui/button.tsx';
import { Dialog } from '#src/ui/dialog.tsx';
import { calledStep } from './plan-text.ts';

interface Props {
  run: Run;
  plan: Plan;
  open: boolean;
  onClose: () => void;
  onConfirm: () => void;
}

/** Names each step that will be taken back, and how, newest first. */
export function RollbackDialog({ run, plan, open, onClose, onConfirm }: Props) {
  const stands = standing(run);
  const begun = new Set([
    ...stands.map(({ id }) => id),
    ...run.steps.filter(({ state }) => state === 'failed').map(({ id }) => id),
  ]);
  const steps = plan.steps.filter((step) => begun.has(step.id)).reverse();
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title={`Roll back ${plural(stands.length, 'step')}`}
      actions={
        <>
          <Button onClick={onClose}>Leave it as it is</Button>
          <Button look="primary" icon={Undo2} onClick={onConfirm}>
            Roll back
          </Button>
        </>
      }
    >
      <p className="muted">
        Steps are undone in this order. Only what this run created is removed; what others have since written
        or created is kept, and listed with its statements.
      </p>
      <ol className="undo-list">
        {steps.map((step) => (
          <li key={step.id}>
            <b>{calledStep(step)}</b>
            <span className="muted">{step.undo ?? 'Left as it is.'}</span>
          </li>
        ))}
      </ol>
    </Dialog>
  );
}

/** What was written since, as the run has found it: by object, and by the step that was refused. */
function writtenOf(run: Run, plan: Plan): { key: string; node: string | null; text: string }[] {
  const left = run.leftToDo
    .filter(({ code }) => code === 'written-since')
    .map(({ node, step, object, message }) => ({ key: `${step} ${object}`, node, text: message }));
  if (left.length > 0) return left;
  return run.steps
    .filter(({ state, error }) => state === 'failed' && error?.code === 'written-since')
    .map(({ id, error }) => ({
      key: id,
      node: plan.steps.find((step) => step.id === id)?.node ?? null,
      text: error?.message ?? '',
    }));
}

/** A word of its own: rows that nobody else has are dropped by it. */
export function DropWrittenDialog({ run, plan, open, onClose, onConfirm }: Props) {
  const written = writtenOf(run, plan);
  const nodes = [...new Set(written.map(({ node }) => node ?? 'this machine'))];
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title="Roll back, and drop what was written"
      actions={
        <>
          <Button onClick={onClose}>Keep the rows</Button>
          <Button look="primary" icon={Undo2} onClick={onConfirm}>
            Drop them, and roll back
          </Button>
        </>
      }
    >
      <ul className="undo-list one">
        {written.map(({ key, text }) => (
          <li key={key}>{shownText(text)}</li>
        ))}
      </ul>
      <p className="muted">
        The copied tables on {nodes.join(', ')} are dropped or emptied with every row in them, including rows
        written since the copy. No other node has those, and no rollback can restore them.
      </p>
    </Dialog>
  );
}
