import { useQuery } from '@tanstack/react-query';
import type { Machine } from '#core/contract/system.ts';
import { tell } from '#src/api/errors.ts';
import { machineQuery } from '#src/api/queries.ts';
import { Mono } from '#src/ui/mono.tsx';
import { SkeletonRows } from '#src/ui/notice.tsx';
import { SectionHead } from '#src/ui/section.tsx';
import { State, type StateName } from '#src/ui/state.tsx';
import { Table } from '#src/ui/table.tsx';
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
    <section className="last" aria-label="Found on this machine">
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
        <p className="quiet">
          <State of="critical">{tell(error).message}</State>
        </p>
      ) : (
        <Table
          label="Found on this machine"
          head={
            <>
              <th scope="col">What</th>
              <th scope="col">Where</th>
              <th scope="col">State</th>
              <th scope="col">
                <span className="vh">What follows</span>
              </th>
            </>
          }
        >
          {machine ? (
            machine.found.map((found) => (
              <tr key={`${found.what} ${found.where}`}>
                <td>{found.what}</td>
                <td>
                  {found.state === 'not-found' ? (
                    <span className="f">{found.where}</span>
                  ) : (
                    <Mono>{found.where}</Mono>
                  )}
                </td>
                <td>
                  <State of={STATES[found.state].of} size={12}>
                    {STATES[found.state].word}
                  </State>
                </td>
                <td className="q">{found.note}</td>
              </tr>
            ))
          ) : (
            <SkeletonRows rows={3} columns={4} />
          )}
        </Table>
      )}
    </section>
  );
}
