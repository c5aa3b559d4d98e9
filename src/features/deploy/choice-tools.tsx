/** Above the tables: what of them is shown, and what can be done to all that are shown at once. */
import type { TableLook, TablesLook } from '#core/model/deploy.ts';
import { count, plural } from '#src/lib/units.ts';
import { Button } from '#src/ui/button.tsx';
import { FilterInput } from '#src/ui/field.tsx';
import { Segmented } from '#src/ui/segmented.tsx';
import { type Choice, type Choices, shown, suggestedDeltas, tableKey, type Which } from './choices.ts';

interface Props {
  look: TablesLook;
  /** Those that are shown. */
  rows: TableLook[];
  choices: Choices;
  source: string | null;
  filter: string;
  onFilter: (filter: string) => void;
  which: Which;
  onWhich: (which: Which) => void;
  onChoose: (chosen: TableLook[], next: (choice: Choice, look: TableLook) => Partial<Choice>) => void;
}

export function ChoiceTools({
  look,
  rows,
  choices,
  source,
  filter,
  onFilter,
  which,
  onWhich,
  onChoose,
}: Props) {
  const numberOf = (kind: Which) =>
    count(shown(look.tables, choices, { filter: '', which: kind, source }).length);
  const offered = rows.filter((row) => {
    const choice = choices.get(tableKey(row));
    return (
      choice?.set === 'default' && suggestedDeltas(row).some((name) => !choice.deltaColumns.includes(name))
    );
  });
  return (
    <div className="tools px-4 py-2">
      <FilterInput label="Filter tables" value={filter} onValue={onFilter} />
      <Segmented<Which>
        label="Which tables are shown"
        value={which}
        onChange={onWhich}
        options={[
          { value: 'all', label: `All ${numberOf('all')}` },
          { value: 'no-key', label: `No key ${numberOf('no-key')}` },
          { value: 'differs', label: `Differ ${numberOf('differs')}` },
          { value: 'out', label: `Out ${numberOf('out')}` },
        ]}
      />
      <span className="buttons ml-auto">
        {offered.length > 0 && (
          <Button
            size="sm"
            onClick={() =>
              onChoose(offered, (choice, row) => ({
                deltaColumns: [...new Set([...choice.deltaColumns, ...suggestedDeltas(row)])],
              }))
            }
          >
            {`Add up the sums of ${plural(offered.length, 'table')}`}
          </Button>
        )}
        <Button size="sm" onClick={() => onChoose(rows, (_, row) => ({ set: row.suggestedSet }))}>
          Include all shown
        </Button>
        <Button size="sm" onClick={() => onChoose(rows, () => ({ set: null }))}>
          Leave out all shown
        </Button>
      </span>
    </div>
  );
}
