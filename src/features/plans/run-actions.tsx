/** What can be done about a run: cancel while it goes on, resume or roll back when it has stopped. */
import { Play, Undo2 } from 'lucide-react';
import { useState } from 'react';
import type { NodeRights, Plan, Run } from '#core/model/plan.ts';
import { api } from '#src/api/client.ts';
import { runQuery } from '#src/api/queries.ts';
import { useChange } from '#src/api/use-change.ts';
import { Button } from '#src/ui/button.tsx';
import { State } from '#src/ui/state.tsx';
import { RightsDialog } from './rights-dialog.tsx';
import { dsnIssues } from './rights-form.tsx';
import { DropWrittenDialog, RollbackDialog } from './rollback-dialogs.tsx';
import { hasWrittenSince } from './written-since.ts';

type Act = 'resume' | 'rollback' | 'drop-written';

type Dsns = Record<string, string>;

interface Asked {
  act: Act;
  dsns?: Dsns;
}

function useAct(run: Run, onRefused: (error: Error, asked: Asked) => void) {
  return useChange({
    does: ({ act, dsns }: Asked) => {
      if (act === 'resume') return api.runs.resume({ id: run.id, dsns });
      return api.runs.rollback({ id: run.id, dropWritten: act === 'drop-written', dsns });
    },
    keeps: () => runQuery(run.id),
    onRefused,
  });
}

export function RunActions({ run, plan, small = false }: { run: Run; plan: Plan; small?: boolean }) {
  const [asking, setAsking] = useState<'rollback' | 'drop-written' | null>(null);
  const size = small ? 'sm' : 'md';
  const { allowed } = run;
  const back = run.direction === 'back';
  const written = allowed.rollback && hasWrittenSince(run);
  // Rights for which a DSN is asked before it goes on, and what is done then.
  const [wanting, setWanting] = useState<{ act: Act; rights: NodeRights[] } | null>(null);
  const act = useAct(run, (error, asked) => {
    if (asked.dsns !== undefined) return;
    // One that was kept may have been changed on its server meanwhile.
    const nodes = dsnIssues(error).map(({ path }) => path[1]);
    const rights = plan.rights.filter(({ node }) => nodes.includes(node));
    if (rights.length > 0) setWanting({ act: asked.act, rights });
  });
  const cancel = useChange({
    does: () => api.runs.cancel({ id: run.id }),
    asks: () => ({
      title: 'Cancel this run',
      text: 'The running step is stopped, and no other is started. What is done stays: you can resume, or roll it back, later.',
      act: 'Cancel the run',
      keep: 'Keep it running',
    }),
    keeps: () => runQuery(run.id),
  });
  const begin = (what: Act) => {
    setAsking(null);
    act.reset();
    if (run.needs.length > 0) setWanting({ act: what, rights: run.needs });
    else act.run({ act: what });
  };
  return (
    <>
      {allowed.resume && (
        <Button look="primary" size={size} icon={Play} busy={act.pending} onClick={() => begin('resume')}>
          {run.state === 'failed' ? 'Resume from here' : 'Resume'}
        </Button>
      )}
      {allowed.rollback && (
        <Button
          size={size}
          look={back ? 'primary' : 'default'}
          icon={Undo2}
          busy={act.pending}
          onClick={() => setAsking('rollback')}
        >
          {back ? 'Roll back again…' : 'Roll back…'}
        </Button>
      )}
      {written && (
        <Button size={size} busy={act.pending} onClick={() => setAsking('drop-written')}>
          Roll back, and drop what was written…
        </Button>
      )}
      {allowed.cancel && (
        <Button size={size} busy={cancel.pending} onClick={() => cancel.run()}>
          Cancel…
        </Button>
      )}
      {allowed.why !== null && <p className="muted">{allowed.why}</p>}
      {act.fault && wanting === null && (
        <span role="alert">
          <State of="critical">{act.fault.message}</State>
        </span>
      )}
      {wanting !== null && (
        <RightsDialog
          cluster={run.cluster}
          rights={wanting.rights}
          busy={act.pending}
          error={act.error}
          act={wanting.act === 'resume' ? 'Resume' : 'Roll back'}
          onClose={() => setWanting(null)}
          onDsns={(dsns) => act.run({ act: wanting.act, dsns }, () => setWanting(null))}
        />
      )}
      <RollbackDialog
        run={run}
        plan={plan}
        open={asking === 'rollback'}
        onClose={() => setAsking(null)}
        onConfirm={() => begin('rollback')}
      />
      <DropWrittenDialog
        run={run}
        plan={plan}
        open={asking === 'drop-written'}
        onClose={() => setAsking(null)}
        onConfirm={() => begin('drop-written')}
      />
    </>
  );
}
