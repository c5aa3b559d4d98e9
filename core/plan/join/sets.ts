/** The sets of the source made on the new node, and which tables can be compared by them. */
import type { SetMember } from '#core/engines/changes.ts';
import type { SqlUnit } from '#core/engines/units.ts';
import { formatNames } from '#core/model/format.ts';
import type { ObservedFacts, ObservedSetTable } from '#core/model/observed.ts';
import { type ExecutableStep, step } from '#core/plan/executable.ts';
import type { Grounds } from '#core/plan/nodes.ts';
import type { Server } from '#core/plan/servers/choices.ts';
import { memberOf, relationsOf } from '#core/plan/sets/members.ts';
import type { ComparedTable } from '#core/rows/compared-table.ts';

const TABLE_SECONDS = 60;

/** Of a node just made, which has the sets that each node has from its beginning, with nothing in them. */
export function setsStep(
  grounds: Grounds,
  added: Server,
  source: { name: string; facts: ObservedFacts },
  after: string[],
): ExecutableStep | null {
  const { sets, subscriptions, settings } = grounds.changes;
  const { facts } = source;
  const units: SqlUnit[] = [];
  // Automatic DDL takes up what a copied structure creates.
  const automatic = settings.ddl !== null && added.facts.settings[settings.ddl.name]?.value === 'on';
  const tables = wholeTables(facts.tables ?? []);
  if (automatic && tables.length > 0) {
    units.push(sets.removeUnasked(tables.map(({ schema, table }) => ({ schema, table, set: null }))));
  }
  for (const set of facts.sets) {
    const { name, insert, update, delete: deletes, truncate = true } = set;
    const sends = { insert, update, delete: deletes, truncate };
    const isGiven = subscriptions.sets.includes(name);
    if (!isGiven) units.push(sets.create(name, sends));
    else if (name !== sets.insertOnly && !(insert && update && deletes && truncate)) {
      units.push(sets.alter(name, sends, { insert: true, update: true, delete: true, truncate: true }));
    }
    const into = tables.flatMap((table) => membersOf(table, name));
    const sequencesInto = (facts.sequences ?? []).filter((each) => each.sets.includes(name));
    if (into.length === 0 && sequencesInto.length === 0) continue;
    units.push(
      sets.change(name, {
        out: [],
        into,
        sequencesOut: [],
        sequencesInto: sequencesInto.map(({ schema, sequence }) => ({ schema, sequence })),
      }),
    );
  }
  if (units.length === 0) return null;
  return step({
    id: `sets:${added.name}`,
    title: `Create the replication sets of ${source.name}, with their tables`,
    node: added.name,
    after,
    undo: 'Removes the tables from them, and the sets that it created.',
    action: { type: 'sql', node: added.name, timeoutSeconds: TABLE_SECONDS, units },
  });
}

/** A partition stands with the table that it is of. */
function wholeTables(tables: readonly ObservedSetTable[]): ObservedSetTable[] {
  const parts = new Set(
    tables.flatMap(({ partitions = [] }) => partitions.map(({ schema, table }) => `${schema}.${table}`)),
  );
  return tables.filter(({ schema, table }) => !parts.has(`${schema}.${table}`));
}

const membersOf = (table: ObservedSetTable, set: string): SetMember[] =>
  relationsOf(table).flatMap((relation) => {
    const member = memberOf(relation, set);
    if (member === null) return [];
    const { schema, table: name, alone } = relation;
    return [{ schema, table: name, alone, like: { columns: member.columns, rowFilter: member.rowFilter } }];
  });

/**
 * Those whose rows are to be the same on all nodes: in a set that is taken, whole. A filter or a list of columns makes rows differ on
 * purpose.
 */
export function comparedTables(
  grounds: Grounds,
  source: Server,
  facts: ObservedFacts,
  taken: readonly string[],
): ComparedTable[] {
  const partly: string[] = [];
  const tables = source.facts.tables.flatMap(({ schema, table, columns, sets }): ComparedTable[] => {
    if (!sets.some((set) => taken.includes(set))) return [];
    const memberships =
      facts.tables?.find((each) => each.schema === schema && each.table === table)?.memberships ?? [];
    if (memberships.some((each) => each.rowFilter !== null || each.columns !== null)) {
      partly.push(`${schema}.${table}`);
      return [];
    }
    return [{ schema, table, columns: columns.map(({ name }) => name) }];
  });
  if (partly.length > 0) {
    grounds.know(
      null,
      'Comparison',
      `${formatNames(partly, 5)}: not compared at the end, since a row filter or a list of columns lets rows differ`,
    );
  }
  return tables;
}
