/** One table: its set, the columns whose changes are added up, and how the nodes hold it. */
import type { TableLook } from '#core/model/deploy.ts';
import { safeName } from '#src/lib/safe-name.ts';
import { bytesText, count } from '#src/lib/units.ts';
import { Facts, SideBlock, SidePanel } from '#src/ui/dialog.tsx';
import { Checkbox } from '#src/ui/field.tsx';
import { Mono } from '#src/ui/mono.tsx';
import { State } from '#src/ui/state.tsx';
import { type Choice, differs, setsFor } from './choices.ts';

interface Props {
  look: TableLook;
  choice: Choice;
  nodes: string[];
  source: string | null;
  onClose: () => void;
  onChoose: (next: (choice: Choice) => Partial<Choice>) => void;
}

const SETS: Partial<Record<string, string>> = {
  default: 'INSERT, UPDATE, DELETE and TRUNCATE replicate',
  default_insert_only: 'only INSERT and TRUNCATE replicate: an update or a delete stays on its node',
};

export function ChoicePanel({ look, choice, nodes, source, onClose, onChoose }: Props) {
  const name = `${safeName(look.schema)}.${safeName(look.table)}`;
  return (
    <SidePanel title={name} label={`Table ${name}`} onClose={onClose}>
      {!look.hasKey && (
        <SideBlock>
          <State of="warning" className="wrapping">
            It has no primary key and no replica identity
          </State>
          <p className="muted">
            Spock finds the row of an UPDATE or DELETE by its key, so such a table can only be in a set that
            replicates INSERT. Add a key, or leave the table out, if its rows change.
          </p>
        </SideBlock>
      )}
      {differs(look, source) && (
        <SideBlock title="The nodes differ">
          <ul className="muted diff">
            {look.differences.map((difference) => (
              <li key={difference}>{difference}</li>
            ))}
            {look.missingOn.length > 0 && <li>missing on {look.missingOn.join(', ')}</li>}
          </ul>
          <p className="muted">
            Rows that do not fit stop their link. Make the tables the same on all nodes first, or leave this
            one out.
          </p>
        </SideBlock>
      )}
      <SideBlock title="Replication set">
        <fieldset className="source-choice p-0">
          <legend className="sr-only">Replication set</legend>
          {[...setsFor(look), null].map((set) => (
            <label key={set ?? ''} className="tick">
              <input
                type="radio"
                name="set"
                checked={choice.set === set}
                onChange={() => onChoose(() => ({ set }))}
              />
              <span>
                {set === null ? 'in no set' : <Mono>{safeName(set)}</Mono>}{' '}
                <span className="muted">{set === null ? 'it is not replicated' : SETS[set]}</span>
              </span>
            </label>
          ))}
        </fieldset>
      </SideBlock>
      {choice.set === 'default' && look.deltaCandidates.length > 0 && (
        <SideBlock title="Columns that are added up">
          <p className="muted">
            Where two nodes change the same row at once, changes from all nodes are added up rather than the
            later overwriting the earlier. Right for sums, such as a balance; wrong for values that are set,
            such as a price.
          </p>
          {look.deltaCandidates.map(({ name: column, type, suggested }) => (
            <Checkbox
              key={column}
              checked={choice.deltaColumns.includes(column)}
              onChange={(event) => {
                const { checked } = event.target;
                onChoose(({ deltaColumns }) => ({
                  deltaColumns: checked
                    ? [...deltaColumns, column]
                    : deltaColumns.filter((other) => other !== column),
                }));
              }}
            >
              <Mono>{safeName(column)}</Mono>{' '}
              <span className="faint">
                {type}
                {suggested && ', a sum by its name'}
              </span>
            </Checkbox>
          ))}
        </SideBlock>
      )}
      <SideBlock title="On the nodes">
        <Facts
          of={nodes.map((node) => ({
            key: node,
            name: node,
            value: look.missingOn.includes(node) ? (
              <span className="faint">
                {source !== null && source !== node && !look.missingOn.includes(source)
                  ? `missing; copied from ${source}`
                  : 'missing'}
              </span>
            ) : (
              onNode(look, node)
            ),
          }))}
        />
      </SideBlock>
    </SidePanel>
  );
}

function onNode(look: TableLook, node: string): string {
  const rows = look.rows[node];
  const said = rows === null || rows === undefined ? 'rows not analysed' : `about ${count(rows)} rows`;
  return `${said}, ${bytesText(look.bytes[node] ?? 0)}`;
}
