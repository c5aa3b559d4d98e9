/**
 * What a row of the tables × nodes grid says: the chips of each node, what is missing where, and the verdict at the end.
 * A node that was not read is unknown, a node without the table says so; neither is an empty cell.
 */
import type { TableOnNode, TableRow } from '#core/contract/tables.ts';
import { isKeyless } from '#core/snapshot/tables.ts';

export interface Chip {
  set: string;
  /** The set has this table on other nodes, and here it has not. */
  missing: boolean;
  rowFilter: string | null;
  columns: string[] | null;
}

export type Cell =
  | { kind: 'unread' }
  | { kind: 'absent' }
  /** Neither on this node nor on any other that was read. */
  | { kind: 'in-no-set' }
  | { kind: 'chips'; chips: Chip[] };

/** Row filters and column lists are compared as texts; a null is "none". */
function membershipsOf(node: TableOnNode): Map<string, Chip> {
  return new Map(
    node.memberships.map((one) => [
      one.set,
      { set: one.set, missing: false, rowFilter: one.rowFilter, columns: one.columns },
    ]),
  );
}

/** Names of all sets that have the table on some node, `default` first, then by name. */
export function setsOf(row: TableRow): string[] {
  const names = new Set<string>();
  for (const node of Object.values(row.nodes)) for (const one of node?.memberships ?? []) names.add(one.set);
  return [...names].sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
}

const rank = (set: string): number => ['default', 'default_insert_only', 'ddl_sql'].indexOf(set) >>> 0;

/** One node's cell. Missing is said only where a majority, or half, of the other nodes that have the table has the set. */
export function cellOf(row: TableRow, node: string): Cell {
  if (!(node in row.nodes)) return { kind: 'unread' };
  const here = row.nodes[node];
  if (!here) return { kind: 'absent' };
  const mine = membershipsOf(here);
  const wanted = wantedSets(row);
  const names = setsOf(row).filter((set) => mine.has(set) || wanted.has(set));
  if (names.length === 0) return { kind: 'in-no-set' };
  const chips = names.map((set) => mine.get(set) ?? { set, missing: true, rowFilter: null, columns: null });
  // A table that sends by another set than its peers is not said to lack theirs as well: the chip that differs says it.
  const own = chips.filter((chip) => !chip.missing);
  if (own.length === 1 && own.some((chip) => !wanted.has(chip.set))) return { kind: 'chips', chips: own };
  return { kind: 'chips', chips };
}

/** Sets that at least half of the nodes which have the table put it into. */
export function wantedSets(row: TableRow): Set<string> {
  const present = Object.values(row.nodes).filter((node): node is TableOnNode => node !== null);
  const wanted = new Set<string>();
  for (const set of setsOf(row)) {
    const members = present.filter((node) => node.sets.includes(set)).length;
    if (members * 2 >= present.length) wanted.add(set);
  }
  return wanted;
}

/** Nodes that lack `set` though at least half of the others send the table by it: where one would add it. */
export function lacking(row: TableRow, set: string): string[] {
  if (!wantedSets(row).has(set)) return [];
  return Object.entries(row.nodes)
    .filter(([, node]) => node !== null && !node.sets.includes(set))
    .map(([name]) => name);
}

export interface Verdict {
  tone: 'warn' | 'note' | 'plain';
  words: string;
}

/** The last column: where the row differs, or what it is; null when there is nothing to say. */
export function verdictOf(row: TableRow): Verdict | null {
  if (row.differs) return { tone: 'warn', words: differing(row) };
  const read = Object.values(row.nodes).filter((node): node is TableOnNode => node !== null);
  const sets = setsOf(row);
  if (read.length > 0 && sets.length === 0) {
    return isKeyless(row) ? { tone: 'warn', words: 'not sent' } : { tone: 'plain', words: 'not sent' };
  }
  if (sets.length === 1 && sets[0] === 'default_insert_only') return { tone: 'plain', words: 'inserts only' };
  return null;
}

/** Which nodes stand apart: the fewer ones are named, "n3 differs". */
function differing(row: TableRow): string {
  if (row.differences.length > 0 && row.differences.every((one) => one === 'schema')) return 'columns differ';
  const groups = new Map<string, string[]>();
  for (const [name, node] of Object.entries(row.nodes)) {
    const face = node === null ? 'absent' : faceOf(node);
    groups.set(face, [...(groups.get(face) ?? []), name]);
  }
  const bySize = [...groups.values()].sort((a, b) => a.length - b.length);
  const few = bySize.slice(0, -1).flat();
  if (few.length === 0) return 'differs';
  if (few.length === 1) return `${few[0]} differs`;
  if (few.length === 2 && few.length < Object.keys(row.nodes).length - 1) return `${few.join(', ')} differ`;
  return 'nodes differ';
}

function faceOf(node: TableOnNode): string {
  const members = [...node.memberships].sort((a, b) => (a.set < b.set ? -1 : 1));
  return JSON.stringify([members, [...node.deltaColumns].sort(), node.tableColumns]);
}

/** Columns that some nodes have and others have not, or that have another type there. Null: nothing could be compared. */
export function columnDrift(row: TableRow): { column: string; on: string[]; notOn: string[] }[] | null {
  const read = Object.entries(row.nodes).filter(([, node]) => node?.tableColumns);
  if (read.length < 2) return null;
  const all = new Set(read.flatMap(([, node]) => node?.tableColumns ?? []));
  return [...all]
    .map((column) => ({
      column,
      on: read.filter(([, node]) => node?.tableColumns?.includes(column)).map(([name]) => name),
      notOn: read.filter(([, node]) => !node?.tableColumns?.includes(column)).map(([name]) => name),
    }))
    .filter((one) => one.notOn.length > 0);
}

/** The largest estimate of the nodes, as a table's size is not told by an empty copy of it; null: never analysed. */
export function rowsOf(row: TableRow): number | null {
  const counts = Object.values(row.nodes).flatMap((node) =>
    node?.rowsEstimate == null ? [] : [node.rowsEstimate],
  );
  return counts.length === 0 ? null : Math.max(...counts);
}

/** Key columns as the first node that has the table gives them; null where there is no key. */
export function keyOf(row: TableRow): string[] | null {
  if (isKeyless(row)) return null;
  const node = Object.values(row.nodes).find((one) => one !== null);
  return node && node.keyColumns.length > 0 ? node.keyColumns : null;
}

/** A column of the grid: a node, or the many that agree and need no column each. */
export interface GridColumn {
  key: string;
  title: string;
  /** Whose cell a row shows in this column; null: the row's nodes do not agree, and none stands for them. */
  nodeOf: (row: TableRow) => string | null;
}

/** From here on nodes that agree share one column. */
const MANY = 8;

/** The face that most nodes of a row have, and one node that has it. */
function usualOf(row: TableRow): { face: string; node: string; count: number } | null {
  const groups = new Map<string, { face: string; node: string; count: number }>();
  for (const [name, node] of Object.entries(row.nodes)) {
    const face = node === null ? 'absent' : faceOf(node);
    const group = groups.get(face);
    if (group) group.count += 1;
    else groups.set(face, { face, node: name, count: 1 });
  }
  return [...groups.values()].sort((a, b) => b.count - a.count)[0] ?? null;
}

/** Nodes that stand apart from most others in some row have a column of their own; the rest share one. */
export function columnsOf(rows: TableRow[], nodes: string[]): GridColumn[] {
  const own = (name: string): GridColumn => ({ key: name, title: name, nodeOf: () => name });
  if (nodes.length <= MANY) return nodes.map(own);
  const apart = new Set<string>();
  for (const row of rows) {
    if (!row.differs) continue;
    const usual = usualOf(row);
    for (const name of nodes) {
      const node = row.nodes[name];
      if (node === undefined) continue;
      if ((node === null ? 'absent' : faceOf(node)) !== usual?.face) apart.add(name);
    }
  }
  const alone = nodes.filter((name) => apart.has(name));
  const rest = nodes.length - alone.length;
  if (rest < 2) return nodes.map(own);
  const nodeOf = (row: TableRow) => {
    const usual = usualOf(row);
    return usual?.node ?? null;
  };
  return [
    { key: '', title: alone.length === 0 ? `all ${rest} nodes` : `${rest} nodes`, nodeOf },
    ...alone.map(own),
  ];
}
