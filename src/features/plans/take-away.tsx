/** A plan as a file: for psql, or as the pgedge CLI's commands. The console writes it, without passwords. */
import type { Plan } from '#core/model/plan.ts';
import { api } from '#src/api/client.ts';
import { useChange } from '#src/api/use-change.ts';
import { saveAs } from '#src/lib/save-as.ts';
import { State } from '#src/ui/state.tsx';
import { tipInside } from '#src/ui/tooltip.ts';

const KINDS = [
  ['psql', 'psql script'],
  ['pgedge', 'pgedge commands'],
] as const;

export function TakeAway({ plan }: { plan: Plan }) {
  const take = useChange({
    does: (as: 'psql' | 'pgedge') => api.plans.script({ id: plan.id, as }),
    after: ({ fileName, text }) => saveAs(fileName, text),
    says: ({ fileName }) => ({ text: `Saved as ${fileName}, passwords left out` }),
  });
  return (
    <>
      {take.fault && <State of="critical">{take.fault.message}</State>}
      {KINDS.map(([as, words]) => (
        <button
          key={as}
          type="button"
          className="text-action"
          disabled={take.pending}
          {...tipInside('As a file, passwords left out')}
          onClick={() => take.run(as)}
        >
          {words}
        </button>
      ))}
    </>
  );
}
