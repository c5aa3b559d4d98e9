/** Another password for the role by which the nodes reach each other; sends no more than a request for a plan. */
import { Form, FormFault } from '#src/parts/form/form.tsx';
import { useForm } from '#src/parts/form/use-form.ts';
import { usePlan } from '#src/parts/use-plan.ts';
import { Button } from '#src/ui/button.tsx';
import { Checkbox, Field } from '#src/ui/field.tsx';

interface Props {
  cluster: string;
  onClose: () => void;
}

export function PasswordForm({ cluster, onClose }: Props) {
  const plan = usePlan();
  const form = useForm({
    initial: { role: '', password: '', again: '', alterRole: true },
    saving: plan,
    place: ({ path }) => (path.at(-1) === 'password' ? 'password' : 'role'),
    check: ({ role, password, again }) => ({
      role: role.trim() === '' && { message: 'Type the role.' },
      password: !/^[\x20-\x7e]+$/.test(password) && {
        message: password === '' ? 'Type the new password.' : 'Other characters than printable ASCII.',
      },
      again: again !== password && { message: 'Not the same password.' },
    }),
    unsaved: 'the password that was typed',
  });
  return (
    <Form
      of={form}
      className="sets-form"
      label="Password of the peers"
      onSubmit={({ role, password, alterRole }) =>
        plan.run({ kind: 'peer-password', cluster, role: role.trim(), password, alterRole })
      }
    >
      <Field
        label="Role by which the nodes reach each other"
        hint="As in their interfaces: user=…"
        mono
        spellCheck={false}
        autoComplete="off"
        {...form.text('role')}
      />
      <Field label="New password" type="password" autoComplete="new-password" {...form.text('password')} />
      <Field label="The same once more" type="password" autoComplete="new-password" {...form.text('again')} />
      <Checkbox {...form.tick('alterRole')}>Change the password of the role itself, on all nodes</Checkbox>
      <FormFault of={form} />
      <div className="buttons">
        <Button type="submit" look="primary" busy={plan.pending}>
          Change password…
        </Button>
        <Button look="bare" onClick={onClose}>
          Cancel
        </Button>
      </div>
    </Form>
  );
}
