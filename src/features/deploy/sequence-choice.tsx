/** Sequences that could give numbers of their own on each node. */
import { useCallback, useRef } from 'react';
import type { DeploySequence, SequenceLook, TablesLook } from '#core/model/deploy.ts';
import { useRowWindow } from '#src/lib/row-window.ts';
import { safeName } from '#src/lib/safe-name.ts';
import { Checkbox } from '#src/ui/field.tsx';
import { SectionHead } from '#src/ui/section.tsx';

const ROW = 28;
const HEAD = 24;

interface Props {
  look: TablesLook;
  chosen: DeploySequence[];
  onChange: (chosen: DeploySequence[]) => void;
}

export function SequenceChoice({ look, chosen, onChange }: Props) {
  const { sequences } = look;
  const box = useRef<HTMLElement>(null);
  const { indexes, before, after } = useRowWindow(
    box,
    HEAD,
    sequences.length,
    useCallback(() => ROW, []),
  );
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
  return (
    <section className="sec" aria-label="Sequences">
      <SectionHead title="Sequences" count={sequences.length} note="each node counts for itself" />
      <div className="opt">
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
            {`Make snowflake sequences of all ${able.length} that can be`}
          </Checkbox>
        )}
        <p className="q">
          A plain sequence gives the same numbers on every node, so two nodes would insert rows with one key.
          A snowflake number holds its node and its time: none is given twice, and each needs a bigint.
        </p>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls has to be reachable by keyboard */}
      <section className="scroll" aria-label="Sequences of the deploy" ref={box} tabIndex={0}>
        <table className="t choice">
          <thead>
            <tr>
              <th>Sequence</th>
              <th className="wid">Gives numbers to</th>
              <th>Snowflake</th>
            </tr>
          </thead>
          <tbody>
            {before > 0 && <tr style={{ height: before }} />}
            {indexes.map((index) => {
              const one = sequences[index];
              if (!one) return null;
              const name = `${safeName(one.schema)}.${safeName(one.sequence)}`;
              return (
                <tr key={name}>
                  <td title={name}>
                    <code>{name}</code>
                  </td>
                  <td className="wid" title={one.usedBy ?? undefined}>
                    {one.usedBy === null ? (
                      <span className="f">none</span>
                    ) : (
                      <code>{safeName(one.usedBy)}</code>
                    )}
                  </td>
                  <td>
                    {one.convertible ? (
                      <Checkbox checked={has(one)} onChange={(event) => toggle(one, event.target.checked)}>
                        <span className="vh">{name} as a </span>snowflake
                      </Checkbox>
                    ) : (
                      <span className="f" title={one.reason ?? undefined}>
                        {one.reason ?? 'cannot be'}
                      </span>
                    )}
                  </td>
                </tr>
              );
            })}
            {after > 0 && <tr style={{ height: after }} />}
          </tbody>
        </table>
      </section>
    </section>
  );
}
