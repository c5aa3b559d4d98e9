/** Which tables a deploy takes, into which set, from where: the request's answers made whole by what the servers have. */
import type { DeploySequence, DeployServers, DeployTable, TableLook } from '#core/model/deploy.ts';
import type { ObservedServer, ServerFacts, ServerTable } from './observed-server.ts';

export const DEFAULT_SET = 'default';
export const INSERT_ONLY_SET = 'default_insert_only';

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

export function choose(request: DeployServers, servers: readonly Server[]): Choices {
  const source = servers.find(({ name }) => name === request.dataFrom) ?? null;
  const found = tablesOf(servers);
  const wanted: DeployTable[] =
    request.tables === 'none'
      ? []
      : request.tables === 'all'
        ? [...found.values()].map((on) => defaultChoice([...on.values()][0] as ServerTable))
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

export function defaultChoice(table: ServerTable): DeployTable {
  return {
    schema: table.schema,
    table: table.table,
    set: hasKey(table) ? DEFAULT_SET : INSERT_ONLY_SET,
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
    } else if (same.notNull !== column.notNull) {
      const word = (notNull: boolean) => (notNull ? 'NOT NULL' : 'nullable');
      said.push(
        `column ${column.name} is ${word(same.notNull)} on ${other.node}, ${word(column.notNull)} on ${first.node}`,
      );
    }
  }
  for (const name of theirs.keys()) said.push(`${other.node} has column ${name} besides`);
  const keyOf = (table: ServerTable) => (table.key.length === 0 ? 'no key' : `key (${table.key.join(', ')})`);
  if (keyOf(first.table) !== keyOf(other.table)) {
    said.push(`${other.node} has ${keyOf(other.table)}, ${first.node} ${keyOf(first.table)}`);
  }
  return said;
}

/** Types whose changes Spock can add up (spock.delta_apply is there for these). */
const SUMMABLE = /^(smallint|integer|bigint|real|double precision|money|numeric(\(.*\))?)$/;
const LIKE_A_SUM =
  /(^|_)(balance|qty|quantity|stock|count|counter|total|amount|sum|votes|points|credits?)(_|$)|balance$/i;

/** Numeric columns outside the key; Spock refuses delta-apply on columns that may be NULL. */
export function deltaCandidatesOf(table: ServerTable): TableLook['deltaCandidates'] {
  return table.columns
    .filter(({ name, type, notNull }) => notNull && SUMMABLE.test(type) && !table.key.includes(name))
    .map(({ name, type }) => ({ name, type, suggested: LIKE_A_SUM.test(name) }));
}
