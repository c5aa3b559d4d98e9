/** A form: sent by Enter or its button, unless something is wrong; then, and when the server refuses it, the first fault gets the focus. */
import { type FormEvent, type ReactNode, useEffect, useRef } from 'react';
import { Refusal } from '#src/ui/refusal.tsx';
import type { FormState } from './use-form.ts';

interface Props<Values> {
  of: Pick<FormState<Values>, 'values' | 'tries' | 'pending' | 'faultMark'>;
  onSubmit: (values: Values) => void;
  className?: string;
  children: ReactNode;
  label?: string;
}

export function Form<Values>({ of, onSubmit, className, children, label }: Props<Values>) {
  const ref = useRef<HTMLFormElement>(null);
  const { faultMark } = of;
  const first = () => ref.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the mark stands for the fault
  useEffect(() => first(), [faultMark]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (of.pending) return;
    if (of.tries()) onSubmit(of.values);
    // The faults are drawn first.
    else requestAnimationFrame(first);
  };
  return (
    <form ref={ref} className={className} aria-label={label} noValidate onSubmit={submit}>
      {children}
    </form>
  );
}

/** What is wrong and stands at no field. */
export function FormFault<Values>({ of }: { of: FormState<Values> }) {
  return <Refusal of={of.rest} />;
}
