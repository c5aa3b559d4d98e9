/** What a change of a set's tables is called, which tables are in the set before it, and what to know about it. */
import type { SetMember } from '#core/engines/changes.ts';
import { countOf, formatCount, formatNames } from '#core/model/format.ts';
import type { Observed, ObservedSetTable } from '#core/model/observed.ts';
import type { ExecutableStep } from '#core/plan/executable.ts';
import type { Grounds } from '#core/plan/nodes.ts';
import { rowsText } from '#core/plan/rows-text.ts';
import { keyOf } from './members.ts';
import type { SequenceChange } from './sequences.ts';
import { listText, tablesText } from './tables-words.ts';
import type { Wanted } from './wanted.ts';

/** What is to be done on one node. */
export interface NodeChange {
  node: string;
  adds: ObservedSetTable[];
  removes: ObservedSetTable[];
  out: SetMember[];
  into: SetMember[];
  /** Relations that are as wanted: of a node on which nothing is to be done, they are what its step is about. */
  sameIn: SetMember[];
  sameOut: SetMember[];
  sequences: SequenceChange;
}

export function tellMembers(
  grounds: Grounds,
  set: string,
  change: NodeChange,
  isDone: boolean,
  id: string,
): void {
  const { node, adds, removes, out, into, sequences } = change;
  const words: string[] = [];
  const changed = new Set(out.map(keyOf));
  const some = (table: ObservedSetTable, which: ReadonlySet<string>) =>
    [table, ...(table.partitions ?? [])].some((each) => which.has(keyOf(each)));
  if (adds.length > 0) {
    const coming = into.map(keyOf);
    const isFresh = new Set(coming.filter((each) => !changed.has(each)));
    const isOther = new Set(coming.filter((each) => changed.has(each)));
    const fresh = adds.filter((each) => some(each, isFresh));
    const other = adds.filter((each) => some(each, isOther));
    const isOne = adds.length === 1;
    if (fresh.length > 0)
      words.push(
        isOne
          ? `not in ${set}`
          : `${formatCount(fresh.length)} of ${countOf(adds.length, 'table')} not in ${set}`,
      );
    if (other.length > 0)
      words.push(`in ${set} with other rows or columns${isOne ? '' : `: ${listText(other)}`}`);
    if (fresh.length + other.length === 0) words.push(`in ${set} already`);
  }
  if (removes.length > 0) {
    const members = removes.filter((each) => some(each, changed));
    if (members.length === 0) words.push(`not in ${set}`);
    else if (removes.length === 1) words.push(`in ${set}`);
    else words.push(`${formatCount(members.length)} of ${countOf(removes.length, 'table')} in ${set}`);
  }
  const text = `${words.join('; ')}${partitionsText([...adds, ...removes])}`;
  if (words.length > 0) {
    if (isDone) grounds.ok(node, 'Member', text);
    else if (out.length + into.length > 0) grounds.todo(node, 'Member', text, id);
    else grounds.ok(node, 'Member', text);
  }
  if (sequences.wanted > 0) {
    const left = sequences.into.length + sequences.out.length;
    if (left === 0) grounds.ok(node, 'Sequences', 'as wanted already');
    else grounds.todo(node, 'Sequences', `${countOf(left, 'sequence')} of ${sequences.wanted} to change`, id);
  }
}

/** `, with 2 partitions`. */
function partitionsText(tables: readonly ObservedSetTable[]): string {
  const count = tables.reduce((sum, { partitions = [] }) => sum + partitions.length, 0);
  return count === 0 ? '' : `, with ${countOf(count, 'partition')}`;
}

/** A change of a row that a receiver has not, or has otherwise, is discarded there or writes over its own. */
export function riskOf(change: NodeChange, filled: ReadonlySet<string>): Partial<ExecutableStep> {
  const { node, adds, removes, out } = change;
  const texts: string[] = [];
  if (adds.some((each) => filled.has(keyOf(each)))) {
    texts.push(
      `Changes of ${tablesText(adds)} are sent from then on: where a receiver does not have the same rows, they are discarded there, or overwrite its own.`,
    );
  }
  if (removes.length > 0 && out.length > 0) {
    texts.push(
      `Changes of ${tablesText(removes)} on ${node} are no longer sent; those made meanwhile are not sent when ${removes.length === 1 ? 'it is' : 'they are'} added again.`,
    );
  }
  if (texts.length === 0) return {};
  return { risk: 'data', riskText: texts.join(' ') };
}

/** Tables that are not known to be empty on every node. */
export function filledTables(observed: Observed): Set<string> {
  const filled = new Set<string>();
  for (const { read } of observed.nodes ?? []) {
    for (const table of (read.ok ? read.facts.tables : undefined) ?? []) {
      if (table.rows?.how !== 'counted' || table.rows.rows > 0) filled.add(keyOf(table));
    }
  }
  return filled;
}

export function undoOf(set: string, { adds, removes, out, into }: NodeChange, special: boolean): string {
  const changed = out.length > 0 && into.length > 0 && adds.length > 0;
  const texts = [
    ...(adds.length > 0 ? [`Removes from ${set} what was not in it before`] : []),
    ...(changed && removes.length === 0 ? ['restores the columns and filters that were there'] : []),
    ...(removes.length > 0
      ? [`Adds to ${set} again what was in it${special ? ', with its columns and filter' : ''}`]
      : []),
  ];
  return texts.length === 0 ? `Restores ${set} as it was.` : `${texts.join('; ')}.`;
}

/** On all nodes, since those that take the set have rows as well. */
export function tellCounts(
  grounds: Grounds,
  observed: Observed,
  nodes: readonly string[],
  changes: readonly NodeChange[],
): void {
  const keys = new Set(changes.flatMap(({ adds }) => adds.map(keyOf)));
  const counts = (observed.nodes ?? []).flatMap(({ name, read }) => {
    const found = ((read.ok ? read.facts.tables : undefined) ?? []).filter((each) => keys.has(keyOf(each)));
    return found.length === 0 && !nodes.includes(name) ? [] : [`${name} ${sumText(found)}`];
  });
  grounds.know(
    null,
    'Rows',
    `existing rows are not copied, only changes from then on are sent: ${counts.join(', ')}`,
  );
}

function sumText(tables: readonly ObservedSetTable[]): string {
  const [only] = tables;
  if (tables.length === 1) return rowsText(only?.rows);
  const known = tables.flatMap(({ rows }) => rows ?? []);
  if (known.length === 0) return rowsText(null);
  const how = known.every((each) => each.how === 'counted') ? 'counted' : 'estimated';
  const text = rowsText({ rows: known.reduce((sum, each) => sum + each.rows, 0), how, within: null });
  const left = tables.length - known.length;
  return left === 0 ? text : `${text}, ${countOf(left, 'table')} not counted`;
}

interface Touched {
  adds: readonly { schema: string; table: string; partitions?: unknown[] | undefined }[];
  removes: readonly { schema: string; table: string; partitions?: unknown[] | undefined }[];
  sequences: { adds: number; removes: number };
}

function distinct(lists: readonly (readonly ObservedSetTable[])[]): { schema: string; table: string }[] {
  const found = new Map<string, { schema: string; table: string }>();
  for (const list of lists) {
    for (const each of list) {
      const key = keyOf(each);
      if (!found.has(key)) found.set(key, { schema: each.schema, table: each.table });
    }
  }
  return [...found.values()];
}

/** Of the whole plan: by the patterns, or the names of the request. */
export function titleTables(wanted: Wanted, changes: readonly NodeChange[]): Touched {
  return {
    adds: wanted.pattern === null ? wanted.add : distinct(changes.map(({ adds }) => adds)),
    removes: wanted.removePattern === null ? wanted.remove : distinct(changes.map(({ removes }) => removes)),
    sequences: { adds: wanted.addSequences.length, removes: wanted.removeSequences.length },
  };
}

/** `Add s.t to set default`. */
export function whatOf({ set }: Wanted, { adds, removes, sequences }: Touched): string {
  const things = (tables: Touched['adds'], count: number) =>
    [
      ...(tables.length === 0 && count > 0
        ? []
        : [`${tablesText(tables)}${partitionsText(tables as ObservedSetTable[])}`]),
      ...(count === 0 ? [] : [countOf(count, 'sequence')]),
    ].join(' and ');
  const isIn = adds.length + sequences.adds > 0;
  const isOut = removes.length + sequences.removes > 0;
  if (isIn && isOut)
    return `Add ${things(adds, sequences.adds)} to set ${set}, remove ${things(removes, sequences.removes)}`;
  if (isOut) return `Remove ${things(removes, sequences.removes)} from set ${set}`;
  return `Add ${things(adds, sequences.adds)} to set ${set}`;
}

export const nodesText = (nodes: readonly string[]): string =>
  nodes.length > 6 ? formatNames(nodes) : nodes.join(', ');
