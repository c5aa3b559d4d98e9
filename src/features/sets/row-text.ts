/** What differs about a table, as sentences say it. */

import type { TableRow } from '#core/contract/tables.ts';
import { formatNames } from '#core/model/format.ts';
import { cellOf, columnDrift, lacking, setsOf } from './cells.ts';

/** `is missing from default on n3`: the first thing that differs, for a sentence about the table. */
export function differenceText(row: TableRow): string {
  const gone = Object.entries(row.nodes).filter(([, node]) => node === null);
  if (gone.length > 0) return `does not exist on ${formatNames(gone.map(([name]) => name))}`;
  for (const set of setsOf(row)) {
    const without = Object.keys(row.nodes).filter((name) => {
      const cell = cellOf(row, name);
      return cell.kind === 'chips' && cell.chips.some((chip) => chip.missing && chip.set === set);
    });
    const bare = lacking(row, set).filter((name) => row.nodes[name]?.sets.length === 0);
    const all = [...new Set([...without, ...bare])];
    if (all.length > 0) return `is missing from ${set} on ${formatNames(all)}`;
  }
  if (row.differences.includes('membership')) return otherSets(row);
  const drift = columnDrift(row);
  if (drift && drift.length > 0)
    return `has different columns on ${formatNames(fewer(drift[0]?.on ?? [], drift[0]?.notOn ?? []))}`;
  if (row.differences.includes('row-filter')) return 'does not have the same row filter on all nodes';
  if (row.differences.includes('columns')) return 'does not send the same columns from all nodes';
  if (row.differences.includes('delta-columns')) return 'does not sum the same columns on all nodes';
  return 'differs between nodes';
}

function otherSets(row: TableRow): string {
  const groups = new Map<string, string[]>();
  for (const [name, node] of Object.entries(row.nodes)) {
    const face = [...(node?.sets ?? [])].sort().join(', ');
    groups.set(face, [...(groups.get(face) ?? []), name]);
  }
  const [face, nodes] = [...groups].sort((a, b) => a[1].length - b[1].length)[0] ?? ['', []];
  return face === ''
    ? `is in no set on ${formatNames(nodes)}`
    : `is sent by ${face} from ${formatNames(nodes)}`;
}

const fewer = (a: string[], b: string[]): string[] => (a.length <= b.length ? a : b);

/** What a difference costs: for the panel, under its title. */
export function consequence(row: TableRow): string {
  const name = row.table;
  const gone = Object.entries(row.nodes)
    .filter(([, node]) => node === null)
    .map(([node]) => node);
  if (gone.length > 0)
    return `A row for ${name} that reaches ${formatNames(gone)} is an exception there, and its transaction is discarded.`;
  const missing = Object.keys(row.nodes).filter((node) =>
    setsOf(row).some((set) => lacking(row, set).includes(node)),
  );
  if (row.differences.includes('membership') && missing.length > 0) {
    const others = Object.keys(row.nodes).filter((node) => !missing.includes(node));
    return `What ${formatNames(missing)} writes to ${name} does not reach ${formatNames(others)} through the missing set.`;
  }
  if (row.differences.includes('schema'))
    return 'A row whose columns do not fit on its receiver is an exception there.';
  if (row.differences.includes('row-filter')) return 'The nodes do not send the same rows of it.';
  if (row.differences.includes('columns')) return 'The nodes do not send the same columns of it.';
  return 'The nodes do not treat it the same.';
}
