import { Checkbox } from '#src/ui/field.tsx';
import type { Choosing } from './groups.ts';

/** The box in the head: all rows, or none. Rows that were chosen and are not shown by the filter stay chosen. */
export function ChooseAll<R>({
  choosing,
  rows,
  keyOf,
}: {
  choosing: Choosing<R>;
  rows: readonly R[];
  keyOf: (row: R) => string;
}) {
  const { chosen, onChange } = choosing;
  const keys = rows.map(keyOf);
  const taken = keys.filter((key) => chosen.has(key)).length;
  const all = keys.length > 0 && taken === keys.length;
  return (
    <th scope="col" className="choose-cell">
      <Checkbox
        checked={all}
        mixed={taken > 0 && !all}
        disabled={keys.length === 0}
        onChange={() => {
          const next = new Set(chosen);
          for (const key of keys) {
            if (all) next.delete(key);
            else next.add(key);
          }
          onChange(next);
        }}
      >
        <span className="sr-only">Choose all</span>
      </Checkbox>
    </th>
  );
}
