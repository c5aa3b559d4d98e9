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

type Act = 'cancel' | 'resume' | 'rollback' | 'drop-written';

function useAct(run: Run) {
  return useMutation({
    mutationFn: (act: Act) =>
      act === 'drop-written'
        ? api.runs.rollback({ id: run.id, dropWritten: true })
        : api.runs[act]({ id: run.id }),
    onSuccess: (next) => queryClient.setQueryData(runQuery(run.id).queryKey, next),
  });
}

/** The copy at which a rollback stopped of the console's own accord: no server has answered with an error. */
function writtenStep(run: Run, plan: Plan): { node: string | null; message: string } | null {
  for (const { id, state, error } of run.steps) {
    if (state !== 'failed' || !error || error.sqlstate !== null || !/written to/.test(error.message))
      continue;
    return { node: plan.steps.find((step) => step.id === id)?.node ?? null, message: error.message };
  }
  return null;
}

export function RunActions({ run, plan, small = false }: { run: Run; plan: Plan; small?: boolean }) {
  const act = useAct(run);
  const [asking, setAsking] = useState<'cancel' | 'rollback' | 'drop-written' | null>(null);
  const size = small ? 'sm' : 'md';
  const stopped = run.state === 'failed' || run.state === 'interrupted' || run.state === 'cancelled';
  const back = run.direction === 'back';
  const refused = back && run.state === 'failed' ? writtenStep(run, plan) : null;
  const confirm = (what: Act) => {
    setAsking(null);
    act.mutate(what);
  };
  return (
    <>
      {stopped && (
        <Button
          look={back ? 'default' : 'primary'}
          size={size}
          icon={Play}
          busy={act.isPending}
          onClick={() => act.mutate('resume')}
        >
          {back ? 'Go on forward again' : run.state === 'failed' ? 'Resume from here' : 'Resume'}
        </Button>
      )}
      {stopped && (
        <Button
          size={size}
          look={back ? 'primary' : 'default'}
          icon={Undo2}
          busy={act.isPending}
          onClick={() => setAsking('rollback')}
        >
          {back ? 'Roll back again…' : 'Roll back…'}
        </Button>
      )}
      {refused && (
        <Button size={size} busy={act.isPending} onClick={() => setAsking('drop-written')}>
          Roll back, and drop what was written…
        </Button>
      )}
      {(run.state === 'running' || run.state === 'waiting-for-operator') && (
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
      <Dialog
        open={asking === 'drop-written'}
        onClose={() => setAsking(null)}
        title="Roll back, and drop what was written"
        actions={
          <>
            <Button onClick={() => setAsking(null)}>Keep the rows</Button>
            <Button look="primary" icon={Undo2} onClick={() => confirm('drop-written')}>
              Drop them, and roll back
            </Button>
          </>
        }
      >
        <p>{refused?.message}</p>
        <p className="q">
          The copied tables on {refused?.node ?? 'this node'} are dropped or emptied with every row in them,
          those that were written since the copy too. No other node has those, and no rollback brings them
          back.
        </p>
      </Dialog>
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
