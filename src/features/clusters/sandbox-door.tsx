import { type FormEvent, useState } from 'react';
import { useNavigate } from 'react-router';
import type { Machine } from '#core/contract/system.ts';
import { issueAt, tell } from '#src/api/errors.ts';
import { usePlan } from '#src/api/hooks.ts';
import { freeName } from '#src/lib/cluster-name.ts';
import { paths } from '#src/lib/paths.ts';
import { Button } from '#src/ui/button.tsx';
import { Field } from '#src/ui/field.tsx';
import { State } from '#src/ui/state.tsx';

/** Names the sandbox and plans it. The plan is shown before anything is made. */
export function SandboxDoor({
  machine,
  taken,
  primary,
}: {
  machine: Machine | undefined;
  taken: string[];
  primary: boolean;
}) {
  const [edited, setEdited] = useState<string | null>(null);
  const plan = usePlan();
  const navigate = useNavigate();
  const name = edited ?? freeName(taken);
  const told = plan.isError ? tell(plan.error) : null;
  const fault = told && (issueAt(told.issues, 'name') ?? null);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    plan.mutate(
      { kind: 'deploy', target: 'sandbox', name: name.trim() },
      { onSuccess: ({ id }) => navigate(paths.plan(id)) },
    );
  };
  const impossible = machine !== undefined && machine.sandboxEngine === null;
  return (
    <form className="door-form" onSubmit={submit}>
      <Field
        label="Name of the sandbox"
        value={name}
        maxLength={63}
        required
        spellCheck={false}
        autoComplete="off"
        onChange={(event) => {
          setEdited(event.target.value);
          plan.reset();
        }}
        error={fault}
      />
      <Button
        look={primary ? 'primary' : 'default'}
        size="lg"
        type="submit"
        busy={plan.isPending}
        disabled={impossible || name.trim() === ''}
      >
        Make a sandbox
      </Button>
      {impossible && <State of="stop">{machine.reason ?? 'No PostgreSQL was found on this machine.'}</State>}
      {told && !fault && (
        <p role="alert" className="fault">
          <State of="critical">{told.message}</State>
          {told.remedy && <span className="q"> {told.remedy}</span>}
        </p>
      )}
    </form>
  );
}
