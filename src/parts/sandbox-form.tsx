/** Names a sandbox and plans it. The plan is shown before anything is made. */
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { clustersQuery, machineQuery } from '#src/api/queries.ts';
import { freeName } from '#src/lib/cluster-name.ts';
import { Button, type ButtonLook, type ButtonSize } from '#src/ui/button.tsx';
import { Field } from '#src/ui/field.tsx';
import { State } from '#src/ui/state.tsx';
import { Form, FormFault } from './form/form.tsx';
import { useForm } from './form/use-form.ts';
import { usePlan } from './use-plan.ts';

export function SandboxForm({
  className,
  label,
  act,
  look = 'default',
  size = 'md',
  children,
}: {
  className: string;
  /** Of the field of its name. */
  label: string;
  /** What the button says. */
  act: string;
  look?: ButtonLook;
  size?: ButtonSize;
  /** What the machine has for it. */
  children?: ReactNode;
}) {
  const machine = useQuery(machineQuery()).data;
  const taken = useQuery(clustersQuery()).data?.items.map((cluster) => cluster.name) ?? [];
  const plan = usePlan();
  const form = useForm({ initial: { name: freeName(taken) }, saving: plan, unsaved: null });
  const impossible = machine !== undefined && machine.sandboxEngine === null;
  return (
    <Form
      of={form}
      className={className}
      onSubmit={({ name }) => plan.run({ kind: 'deploy', target: 'sandbox', name: name.trim() })}
    >
      <Field
        label={label}
        {...form.text('name')}
        maxLength={63}
        required
        spellCheck={false}
        autoComplete="off"
      />
      {children}
      <div className="buttons">
        <Button
          look={look}
          size={size}
          type="submit"
          busy={plan.pending}
          disabled={impossible || form.values.name.trim() === ''}
        >
          {act}
        </Button>
        {impossible && (
          <State of="stop">{machine.reason ?? 'No PostgreSQL was found on this machine.'}</State>
        )}
      </div>
      <FormFault of={form} />
    </Form>
  );
}
