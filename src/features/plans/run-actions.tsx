/** What can be done about a run: cancel while it goes on, resume or roll back when it has stopped. */
import { useMutation } from '@tanstack/react-query';
import { Play, Undo2 } from 'lucide-react';
import { useState } from 'react';
import type { Plan, Run } from '#core/model/plan.ts';
import { api } from '#src/api/client.ts';
import { tell } from '#src/api/errors.ts';
import { runQuery } from '#src/api/queries.ts';
import { queryClient } from '#src/api/query-client.ts';
import { plural } from '#src/lib/units.ts';
import { Button } from '#src/ui/button.tsx';
import { Dialog } from '#src/ui/dialog.tsx';
import { State } from '#src/ui/state.tsx';
import { countsOf } from './grid.ts';
import { calledStep } from './plan-text.ts';

type Act = 'cancel' | 'resume' | 'rollback';

function useAct(run: Run) {
  return useMutation({
    mutationFn: (act: Act) => api.runs[act]({ id: run.id }),
    onSuccess: (next) => queryClient.setQueryData(runQuery(run.id).queryKey, next),
  });
}

export function RunActions({ run, plan, small = false }: { run: Run; plan: Plan; small?: boolean }) {
  const act = useAct(run);
  const [asking, setAsking] = useState<'cancel' | 'rollback' | null>(null);
  const size = small ? 'sm' : 'md';
  const stopped =
    run.state === 'failed' || run.state === 'interrupted' || run.state === 'waiting-for-operator';
  const undoable = stopped || run.state === 'cancelled';
  const confirm = (what: Act) => {
    setAsking(null);
    act.mutate(what);
  };
  return (
    <>
      {(stopped || run.state === 'cancelled') && (
        <Button
          look="primary"
          size={size}
          icon={Play}
          busy={act.isPending}
          onClick={() => act.mutate('resume')}
        >
          {run.state === 'failed' ? 'Resume from here' : 'Resume'}
        </Button>
      )}
      {undoable && (
        <Button size={size} icon={Undo2} busy={act.isPending} onClick={() => setAsking('rollback')}>
          Roll back…
        </Button>
      )}
      {run.state === 'running' && (
        <Button size={size} busy={act.isPending} onClick={() => setAsking('cancel')}>
          Cancel…
        </Button>
      )}
      {act.error && (
        <span role="alert">
          <State of="critical">{tell(act.error).message}</State>
        </span>
      )}
      <Dialog
        open={asking === 'cancel'}
        onClose={() => setAsking(null)}
        title="Cancel this run"
        actions={
          <>
            <Button onClick={() => setAsking(null)}>Let it go on</Button>
            <Button look="primary" onClick={() => confirm('cancel')}>
              Cancel the run
            </Button>
          </>
        }
      >
        <p className="q">
          The step that is running is ended, and none is begun after it. What is done stands: you can resume,
          or roll it back, later.
        </p>
      </Dialog>
      <RollbackDialog
        run={run}
        plan={plan}
        open={asking === 'rollback'}
        onClose={() => setAsking(null)}
        onConfirm={() => confirm('rollback')}
      />
    </>
  );
}

/** Names each step that will be taken back, and how, newest first. */
function RollbackDialog({
  run,
  plan,
  open,
  onClose,
  onConfirm,
}: {
  run: Run;
  plan: Plan;
  open: boolean;
  onClose: () => void;
  onConfirm: () => void;
}) {
  const begun = new Set(
    run.steps.filter((step) => step.state === 'done' || step.state === 'failed').map((step) => step.id),
  );
  const steps = plan.steps.filter((step) => begun.has(step.id)).reverse();
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title={`Roll back ${plural(countsOf(run).done, 'step')}`}
      actions={
        <>
          <Button onClick={onClose}>Leave it as it is</Button>
          <Button look="primary" icon={Undo2} onClick={onConfirm}>
            Roll back
          </Button>
        </>
      }
    >
      <p className="q">
        Taken back in this order. It can be watched here, and a step that cannot be undone is said so.
      </p>
      <ol className="undo-list">
        {steps.map((step) => (
          <li key={step.id}>
            <b>{calledStep(step)}</b>
            <span className="q">{step.undo ?? 'Left as it is.'}</span>
          </li>
        ))}
      </ol>
    </Dialog>
  );
}
