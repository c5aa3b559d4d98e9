/** Steps that change tables of users: columns that are added up, and tables that come into sets. */
import { type ExecutableStep, step } from '#core/plan/executable.ts';
import { type Choices, type Server, tableKey } from './choices.ts';

/** Statements that change tables wait for locks of applications. */
const TABLE_SECONDS = 60;
/** Tables of one transaction: a failure takes back these, and a resume goes on with them. */
const TABLES_AT_ONCE = 50;

/** On nodes that have the table; a structure that is copied brings it along. */
export function deltaStep({ name }: Server, choices: Choices): ExecutableStep | null {
  const { sums } = choices.changes;
  if (sums === null) return null;
  const units = choices.tables.flatMap((table) => {
    const there = table.on.get(name);
    if (there === undefined) return [];
    return table.deltaColumns
      .filter((column) => there.columns.some((own) => own.name === column && !own.delta))
      .map((column) => sums.add(table, column));
  });
  if (units.length === 0) return null;
  return step({
    id: `delta:${name}`,
    title: 'Set delta-apply columns',
    node: name,
    after: [`node:${name}`],
    undo: 'Makes the later update win again.',
    action: { type: 'sql', node: name, timeoutSeconds: TABLE_SECONDS, units },
  });
}

/**
 * What an earlier try has put into its set is left out: an engine may refuse to put it in a second time. Where tables may have come into
 * sets meanwhile, of themselves (automatic DDL is on: it takes up what a copied structure creates) or by an earlier try, each
 * relation is looked at when its turn comes.
 */
export function setsStep(
  { name, facts }: Server,
  { tables, structure, source, changes }: Choices,
  after: string[],
): ExecutableStep | null {
  const own = tables.filter((table) => structure.includes(name) || table.on.has(name));
  const { sets, settings } = changes;
  const automatic = settings.ddl !== null && facts.settings[settings.ddl.name]?.value === 'on';
  const takenUp = automatic || facts.nodeName !== null;
  // What the copy brought came into sets by itself, unasked as well, and before its keys were there.
  const brought = takenUp && structure.includes(name) ? (source?.facts.tables ?? []) : [];
  if (own.length === 0 && brought.length === 0) return null;
  const setsOf = new Map(tables.map((table) => [tableKey(table), table.set]));
  const lacking = own.filter(({ on, set }) => on.get(name)?.sets.includes(set) !== true);
  const unasked = brought.map((table) => ({ ...table, set: setsOf.get(tableKey(table)) ?? null }));
  const done = lacking.length === 0 && brought.length === 0;
  const wanted = done ? own : lacking;
  const each = takenUp ? sets.addLacking : sets.addAll;
  const units = [
    ...inParts(unasked).map((part) => sets.removeUnasked(part)),
    ...inParts(wanted).map((part) => each(part)),
  ];
  return step({
    id: `sets:${name}`,
    title: 'Add tables to sets',
    node: name,
    after: [`node:${name}`, `delta:${name}`, ...after],
    undo: 'Removes them again.',
    done,
    action: { type: 'sql', node: name, timeoutSeconds: TABLE_SECONDS, units },
  });
}

function inParts<T>(tables: readonly T[]): T[][] {
  const parts: T[][] = [];
  for (let from = 0; from < tables.length; from += TABLES_AT_ONCE)
    parts.push(tables.slice(from, from + TABLES_AT_ONCE));
  return parts;
}
