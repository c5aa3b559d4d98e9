/** Which columns of a table are compared. */
import type { Described } from './describe.ts';

export type ComparedColumns = { ok: true; names: string[] } | { ok: false; why: string };

/**
 * `wanted` by name; none: all of the first node. What is generated wherever it is, and is not on another node, is left out: its
 * values follow from the others. `described`: the table on each of `nodes`.
 */
export function comparedColumns(
  wanted: readonly string[],
  nodes: readonly string[],
  described: readonly Described[],
): ComparedColumns {
  const all = wanted.length > 0 ? wanted : (described[0]?.columns.map(({ name }) => name) ?? []);
  const names: string[] = [];
  for (const name of all) {
    const found = described.map(({ columns }) => columns.find((column) => column.name === name));
    const without = nodes.filter((_, index) => found[index] === undefined);
    if (without.length === 0) names.push(name);
    else if (without.length === nodes.length || found.some((column) => column?.generated === false)) {
      return { ok: false, why: `${without.join(', ')} has no column ${name}` };
    }
  }
  return { ok: true, names };
}
