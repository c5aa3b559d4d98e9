/** A plan as a file: for psql, or as the pgedge CLI's commands. The console writes it, without passwords. */
import { useMutation } from '@tanstack/react-query';
import type { Plan } from '#core/model/plan.ts';
import { api } from '#src/api/client.ts';
import { tell } from '#src/api/errors.ts';
import { State } from '#src/ui/state.tsx';

const KINDS = [
  ['psql', 'psql script'],
  ['pgedge', 'pgedge commands'],
] as const;

export function TakeAway({ plan }: { plan: Plan }) {
  const take = useMutation({
    mutationFn: (as: 'psql' | 'pgedge') => api.plans.script({ id: plan.id, as }),
    onSuccess: ({ fileName, text }) => saveAs(fileName, text),
  });
  return (
    <>
      {take.error && <State of="critical">{tell(take.error).message}</State>}
      {KINDS.map(([as, words]) => (
        <button
          key={as}
          type="button"
          className="act"
          disabled={take.isPending}
          title="As a file, passwords left out"
          onClick={() => take.mutate(as)}
        >
          {words}
        </button>
      ))}
    </>
  );
}

/** Hands a text to the browser as a file. */
export function saveAs(fileName: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = fileName;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}
