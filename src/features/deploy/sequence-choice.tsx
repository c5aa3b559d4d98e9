/** Sequences that could give numbers of their own on each node. */

import type { DeploySequence, SequenceLook, TablesLook } from '#core/model/deploy.ts';
import { safeName } from '#src/lib/safe-name.ts';
import { DataTable } from '#src/parts/data-table/data-table.tsx';
import { Checkbox } from '#src/ui/field.tsx';
import { SectionHead } from '#src/ui/section.tsx';
import type { Column } from '#src/ui/table/column.ts';
import { tip } from '#src/ui/tooltip.ts';

const nameOf = (one: SequenceLook): string => `${safeName(one.schema)}.${safeName(one.sequence)}`;

interface Props {
  look: TablesLook;
  chosen: DeploySequence[];
  onChange: (chosen: DeploySequence[]) => void;
}

export function SequenceChoice({ look, chosen, onChange }: Props) {
  const { sequences } = look;
  if (sequences.length === 0) return null;
  const able = sequences.filter((one) => one.convertible);
  const has = (one: DeploySequence) =>
    chosen.some((other) => other.schema === one.schema && other.sequence === one.sequence);
  const toggle = (one: SequenceLook, on: boolean) =>
    onChange([
      ...chosen.filter((other) => other.schema !== one.schema || other.sequence !== one.sequence),
      ...(on ? [{ schema: one.schema, sequence: one.sequence }] : []),
    ]);
  const taken = able.filter(has).length;
  const columns: Column<SequenceLook>[] = [
    {
      id: 'sequence',
      head: 'Sequence',
      title: nameOf,
      cell: (one) => <code>{nameOf(one)}</code>,
      value: nameOf,
    },
    {
      id: 'usedby',
      head: 'Used by',
      wideOnly: true,
      title: (one) => one.usedBy ?? undefined,
      cell: (one) =>
        one.usedBy === null ? <span className="faint">none</span> : <code>{safeName(one.usedBy)}</code>,
      value: (one) => one.usedBy,
    },
    {
      id: 'snowflake',
      head: 'Snowflake',
      cell: (one) =>
        one.convertible ? (
          <Checkbox checked={has(one)} onChange={(event) => toggle(one, event.target.checked)}>
            <span className="sr-only">{nameOf(one)} as a </span>snowflake
          </Checkbox>
        ) : (
          <span className="faint" {...tip(one.reason)}>
            {one.reason ?? 'cannot be'}
          </span>
        ),
      rank: (one) => one.convertible,
      first: 'descending',
    },
  ];
  return (
    <section className="section" aria-label="Sequences">
      <SectionHead title="Sequences" count={sequences.length} note="each node counts on its own" />
      <div className="choice-block">
        {able.length > 0 && (
          <Checkbox
            checked={taken === able.length}
            mixed={taken > 0 && taken < able.length}
            onChange={() =>
              onChange(
                taken === able.length ? [] : able.map(({ schema, sequence }) => ({ schema, sequence })),
              )
            }
          >
            {`Convert all ${able.length} that can be to snowflake`}
          </Checkbox>
        )}
        <p className="muted">
          A plain sequence generates the same numbers on every node, so two nodes would insert rows with the
          same key. A snowflake number contains its node and its time: none is generated twice, and each needs
          a bigint.
        </p>
      </div>
      <DataTable
        name="sequences"
        label="Sequences of the deploy"
        className="choice"
        columns={columns}
        rows={sequences}
        keyOf={nameOf}
      />
    </section>
  );
}
