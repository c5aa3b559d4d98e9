/** The tables and sequences of all servers, compared: what the wizard's second step is answered with. */
import type { Changes } from '#core/engines/changes.ts';
import { changesOf } from '#core/engines/registry.ts';
import type { ServerLook, TableLook, TablesLook } from '#core/model/deploy.ts';
import type { ObservedServer, ServerFacts, ServerTable } from '#core/model/observed-server.ts';
import {
  defaultChoice,
  deltaCandidatesOf,
  differencesOf,
  hasKey,
  readServers,
  type Server,
  tablesOf,
} from './choices.ts';
import { requirementsOf } from './requirements.ts';

export function tablesLook(
  observed: readonly ObservedServer[],
  at: string,
  changes: Changes = changesOf(),
): TablesLook {
  const servers = readServers(observed);
  const bytes = (server: Server) =>
    server.facts.tables.reduce((sum, table) => sum + (table.hasRows ? table.bytes : 0), 0);
  const withRows = servers
    .filter(({ facts }) => facts.tables.some((table) => table.hasRows))
    .sort((a, b) => bytes(b) - bytes(a))
    .map(({ name }) => name);
  const tables = [...tablesOf(servers).values()].map((on) => tableLook(on, servers, changes));
  return {
    at,
    nodes: observed.map(({ name }) => name),
    unread: observed.flatMap(({ name, read }) => (read.ok ? [] : [{ node: name, error: read.error }])),
    tables,
    sequences: sequencesOf(servers),
    suggestedSource: suggestedSource(servers, withRows, tables),
    withRows,
  };
}

/** The only node with rows; without rows, the only one with tables. Rows on several are nobody's to choose. */
function suggestedSource(servers: readonly Server[], withRows: string[], tables: TableLook[]): string | null {
  if (withRows.length === 1) return withRows[0] ?? null;
  if (withRows.length > 1 || tables.every(({ missingOn }) => missingOn.length === 0)) return null;
  const owners = servers.filter(({ facts }) => facts.tables.length > 0);
  return owners.length === 1 ? (owners[0]?.name ?? null) : null;
}

function tableLook(on: Map<string, ServerTable>, servers: readonly Server[], changes: Changes): TableLook {
  const [[node, first]] = [...on] as [[string, ServerTable]];
  const each = [...on].map(([name, table]) => ({ node: name, table }));
  return {
    schema: first.schema,
    table: first.table,
    hasKey: each.every(({ table }) => hasKey(table)),
    rows: Object.fromEntries(each.map(({ node: name, table }) => [name, table.hasRows ? table.rows : 0])),
    bytes: Object.fromEntries(each.map(({ node: name, table }) => [name, table.bytes])),
    missingOn: servers.map(({ name }) => name).filter((name) => !on.has(name)),
    differences: each.slice(1).flatMap((other) => differencesOf({ node, table: first }, other)),
    deltaCandidates: deltaCandidatesOf(first, changes),
    suggestedSet: defaultChoice(first, changes).set ?? '',
  };
}

function sequencesOf(servers: readonly Server[]): TablesLook['sequences'] {
  const lacking = servers.filter(({ facts }) => !facts.snowflake).map(({ name }) => name);
  const reason = lacking.length === 0 ? null : `${lacking.join(', ')} has no extension snowflake`;
  const seen = new Map<string, TablesLook['sequences'][number]>();
  for (const { facts } of servers) {
    for (const { schema, sequence, usedBy, snowflake } of facts.sequences) {
      const key = JSON.stringify([schema, sequence]);
      if (snowflake || seen.has(key)) continue;
      seen.set(key, { schema, sequence, usedBy, convertible: reason === null, reason });
    }
  }
  return [...seen.values()];
}

/** One server in a line; `nodes`: how many the cluster is to have. */
export function serverLook(
  facts: ServerFacts,
  nodes: number,
  roundTripMs: number,
  changes: Changes = changesOf(),
): ServerLook {
  const { installed, available } = facts.extension;
  return {
    serverVersion: facts.serverVersion,
    database: facts.database,
    role: facts.role,
    superuser: facts.superuser,
    engineVersion: installed ?? available,
    engineInstalled: installed !== null,
    standin: facts.extension.standin,
    nodeName: facts.nodeName,
    tables: facts.tables.length,
    tableBytes: facts.tables.reduce((sum, table) => sum + table.bytes, 0),
    restartFor: requirementsOf(facts, nodes, changes)
      .filter(({ met, needsRestart }) => !met && needsRestart)
      .map(({ setting }) => setting),
    roundTripMs,
  };
}
