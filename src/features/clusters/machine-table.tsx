import { useQuery } from '@tanstack/react-query';
import type { Machine } from '#core/contract/system.ts';
import { describeError } from '#src/api/errors.ts';
import { machineQuery } from '#src/api/queries.ts';
import { DataTable } from '#src/parts/data-table/data-table.tsx';
import { Mono } from '#src/ui/mono.tsx';
import { SectionHead } from '#src/ui/section.tsx';
import { State, type StateName } from '#src/ui/state.tsx';
import type { Column } from '#src/ui/table/column.ts';
import { Time } from '#src/ui/time.tsx';

const STATES: Record<Machine['found'][number]['state'], { of: StateName; word: string }> = {
  usable: { of: 'up', word: 'usable' },
  'not-found': { of: 'skipped', word: 'not found' },
  unusable: { of: 'warning', word: 'not usable' },
};

/** What was looked for on the machine that the console runs on, and what was there. */
export function MachineTable() {
  const { data: machine, error } = useQuery(machineQuery());
  return (
    <section className="last-section">
      <SectionHead
        title="Found on this machine"
        note={
          machine && (
            <>
              looked at <Time at={machine.lookedAt} />
            </>
          )
        }
      />
      {error ? (
        <p className="section-note">
          <State of="critical">{describeError(error).message}</State>
        </p>
      ) : (
        <DataTable
          name="found"
          label="Found on this machine"
          columns={COLUMNS}
          rows={machine?.found}
          keyOf={(found) => `${found.what} ${found.where}`}
        />
      )}
    </section>
  );
}

const COLUMNS: Column<Machine['found'][number]>[] = [
  { id: 'what', head: 'What', cell: (found) => found.what, value: (found) => found.what },
  {
    id: 'where',
    head: 'Where',
    cell: (found) =>
      found.state === 'not-found' ? <span className="faint">{found.where}</span> : <Mono>{found.where}</Mono>,
    value: (found) => found.where,
  },
  {
    id: 'state',
    head: 'State',
    cell: (found) => (
      <State of={STATES[found.state].of} size={12}>
        {STATES[found.state].word}
      </State>
    ),
    value: (found) => STATES[found.state].word,
  },
  { id: 'note', head: 'Next', quietHead: true, className: 'muted', cell: (found) => found.note },
];
