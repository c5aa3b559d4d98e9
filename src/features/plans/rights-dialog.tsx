/** Another role for a run that has stopped: what was given for it is not there any more, or works no longer. */
import type { NodeRights } from '#core/model/plan.ts';
import { describeError } from '#src/api/errors.ts';
import { Button } from '#src/ui/button.tsx';
import { Dialog } from '#src/ui/dialog.tsx';
import { State } from '#src/ui/state.tsx';
import { dsnIssues, RightsForm, useRightsForm } from './rights-form.tsx';

export function RightsDialog({
  cluster,
  rights,
  act,
  busy,
  error,
  onClose,
  onDsns,
}: {
  cluster: string;
  rights: readonly NodeRights[];
  /** What the button does. */
  act: string;
  busy: boolean;
  /** Of the last try. */
  error: Error | null;
  onClose: () => void;
  onDsns: (dsns: Record<string, string>) => void;
}) {
  const form = useRightsForm(cluster, rights);
  const issues = dsnIssues(error);
  return (
    <Dialog
      open
      onClose={onClose}
      title={`${act}, as another role`}
      actions={
        <>
          <Button onClick={onClose}>Leave it as it is</Button>
          <Button
            look="primary"
            busy={busy}
            disabled={form.dsns === null}
            onClick={() => form.dsns && onDsns(form.dsns)}
          >
            {act}
          </Button>
        </>
      }
    >
      <RightsForm rights={rights} form={form} issues={issues} />
      {error && issues.length === 0 && (
        <p role="alert">
          <State of="critical">{describeError(error).message}</State>
        </p>
      )}
    </Dialog>
  );
}
