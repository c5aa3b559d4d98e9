/** Which tables a deploy takes, into which set, from where: the request's answers made whole by what the servers have. */
import type { Changes } from '#core/engines/changes.ts';
import type { DeploySequence, DeployServers, DeployTable, TableLook } from '#core/model/deploy.ts';
import type { ObservedServer, ServerColumn, ServerFacts, ServerTable } from '#core/model/observed-server.ts';

export interface Server {
  name: string;
  facts: ServerFacts;
}

export const readServers = (servers: readonly ObservedServer[]): Server[] =>
  servers.flatMap(({ name, read }) => (read.ok ? [{ name, facts: read.facts }] : []));

export const tableKey = (table: { schema: string; table: string }): string =>
  JSON.stringify([table.schema, table.table]);

export const shownName = (table: { schema: string; table: string }): string =>
  `${table.schema}.${table.table}`;

/** Of more faults than this the rest is counted. */
const SAID = 5;

export const some = (said: readonly string[]): string =>
  said.length > SAID ? `${said.slice(0, SAID).join('; ')}; and ${said.length - SAID} more` : said.join('; ');

/**
 * A set that replicates UPDATE and DELETE needs an index to find the row: the replica identity's. REPLICA IDENTITY FULL names
 * none, also where there is a primary key, and Spock refuses the table (rd_replidindex in spock_repset.c).
 */
export const hasKey = (table: ServerTable): boolean => table.key.length > 0 && !table.identityFull;

/** A table that is taken, with the nodes that have it now. */
export interface Chosen extends DeployTable {
  set: string;
  on: Map<string, ServerTable>;
}

export interface Choices {
  /** Of the engine that is deployed. */
  changes: Changes;
  tables: Chosen[];
  /** Asked for, and on no server. */
  unknown: DeployTable[];
  sequences: DeploySequence[];
  source: Server | null;
  /** Nodes that get structure and rows from the source: they have no table of their own. */
  structure: string[];
  /** Nodes that have the tables, empty, and get the rows only. */
  rowsOnly: string[];
}

export function choose(request: DeployServers, servers: readonly Server[], changes: Changes): Choices {
  const source = servers.find(({ name }) => name === request.dataFrom) ?? null;
  const found = tablesOf(servers);
  const wanted: DeployTable[] =
    request.tables === 'none'
      ? []
      : request.tables === 'all'
        ? [...found.values()].map((on) => defaultChoice([...on.values()][0] as ServerTable, changes))
        : request.tables;
  const tables: Chosen[] = [];
  const unknown: DeployTable[] = [];
  const seen = new Set<string>();
  for (const table of wanted) {
    if (table.set === null || seen.has(tableKey(table))) continue;
    seen.add(tableKey(table));
    const on = found.get(tableKey(table));
    if (on === undefined) unknown.push(table);
    else tables.push({ ...table, set: table.set, on });
  }
  const others = source === null ? [] : servers.filter(({ name }) => name !== source.name);
  const structure = others.filter(({ facts }) => facts.tables.length === 0).map(({ name }) => name);
  return {
    changes,
    tables,
    unknown,
    sequences: request.sequences,
    source,
    structure: source !== null && source.facts.tables.length > 0 ? structure : [],
    rowsOnly: others
      .filter(({ name }) => !structure.includes(name) && !tables.some(({ on }) => on.get(name)?.hasRows))
      .map(({ name }) => name),
  };
}

/** By table, in order of name, which nodes have it and how. */
export function tablesOf(servers: readonly Server[]): Map<string, Map<string, ServerTable>> {
  const all = new Map<string, Map<string, ServerTable>>();
  for (const { name, facts } of servers) {
    for (const table of facts.tables) {
      const key = tableKey(table);
      const on = all.get(key) ?? new Map<string, ServerTable>();
      all.set(key, on.set(name, table));
    }
  }
  return new Map([...all].sort(([a], [b]) => (a < b ? -1 : 1)));
}

export function defaultChoice(table: ServerTable, { sets }: Changes): DeployTable {
  return {
    schema: table.schema,
    table: table.table,
    set: hasKey(table) ? sets.default : sets.insertOnly,
    deltaColumns: [],
  };
}

/** How `other` differs from `first`, in words; empty: rows of one fit into the other. */
export function differencesOf(
  first: { node: string; table: ServerTable },
  other: { node: string; table: ServerTable },
): string[] {
  const said: string[] = [];
  const theirs = new Map(other.table.columns.map((column) => [column.name, column]));
  for (const column of first.table.columns) {
    const same = theirs.get(column.name);
    theirs.delete(column.name);
    if (same === undefined) said.push(`${other.node} lacks column ${column.name}`);
    else if (same.type !== column.type) {
      said.push(`column ${column.name} is ${same.type} on ${other.node}, ${column.type} on ${first.node}`);
    } else if (same.generated !== column.generated) {
      const word = (generated: ServerColumn['generated']) =>
        generated === null ? 'a plain column' : `generated (${generated})`;
      said.push(
        `column ${column.name} is ${word(same.generated)} on ${other.node}, ${word(column.generated)} on ${first.node}`,
      );
    } else if (same.notNull !== column.notNull) {
      const word = (notNull: boolean) => (notNull ? 'NOT NULL' : 'nullable');
      said.push(
        `column ${column.name} is ${word(same.notNull)} on ${other.node}, ${word(column.notNull)} on ${first.node}`,
      );
    }
  }
  for (const name of theirs.keys()) said.push(`${other.node} also has column ${name}`);
  // What one side refuses would be lost there; definitions of a table that somebody holds were not read.
  if (first.table.rowsUnread === null && other.table.rowsUnread === null) {
    const only = (own: readonly string[], others: readonly string[]) =>
      own.filter((text) => !others.includes(text));
    for (const text of only(other.table.constraints, first.table.constraints)) {
      said.push(`only ${other.node} has ${text}`);
    }
    for (const text of only(first.table.constraints, other.table.constraints)) {
      said.push(`only ${first.node} has ${text}`);
    }
  }
  const keyOf = (table: ServerTable) => (table.key.length === 0 ? 'no key' : `key (${table.key.join(', ')})`);
  if (keyOf(first.table) !== keyOf(other.table)) {
    said.push(`${other.node} has ${keyOf(other.table)}, ${first.node} ${keyOf(first.table)}`);
  }
  return said;
}

const LIKE_A_SUM =
  /(^|_)(balance|qty|quantity|stock|count|counter|total|amount|sum|votes|points|credits?)(_|$)|balance$/i;

/** Numeric columns outside the key; Spock refuses delta-apply on columns that may be NULL. */
export function deltaCandidatesOf(table: ServerTable, { sums }: Changes): TableLook['deltaCandidates'] {
  return table.columns
    .filter(
      ({ name, type, notNull, generated }) =>
        generated === null && notNull && sums?.takes(type) === true && !table.key.includes(name),
    )
    .map(({ name, type }) => ({ name, type, suggested: LIKE_A_SUM.test(name) }));
}
