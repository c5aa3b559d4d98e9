/** What the console reads of a bare server, as core's planner takes it. */
import type { DeployServers } from '#core/model/deploy.ts';
import type { ObservedServer, Reach, ServerFacts } from '#core/model/observed-server.ts';
import type { BareServer, BareTable } from './bare.ts';
import { serverOf } from './bare.ts';
import type { World } from './world.ts';

export function observeServers(
  world: World,
  nodes: Pick<DeployServers['nodes'][number], 'name' | 'dsn' | 'peerDsn'>[],
): ObservedServer[] {
  const found = nodes.map(({ name, dsn, peerDsn }) => ({
    name,
    own: serverOf(world, dsn, []),
    peer: serverOf(world, peerDsn || dsn, []),
  }));
  return found.map(({ name, own }): ObservedServer => {
    if (!own.server || !own.dsn)
      return {
        name,
        read: {
          ok: false,
          error: own.issue?.message ?? 'It could not be read.',
          remedy: own.issue?.remedy ?? null,
        },
      };
    const { server } = own;
    const reach = Object.fromEntries(
      found
        .filter((other) => other.name !== name)
        .map((other): [string, Reach] => [other.name, reachOf(server, other.peer.server)]),
    );
    return { name, read: { ok: true, facts: factsOf(server, own.dsn.user || 'postgres', reach) } };
  });
}

/** A host with `walled` in its name lets in the console and nobody else. */
function reachOf(from: BareServer, to: BareServer | null): Reach {
  if (!from.superuser) return { state: 'untried', reason: 'dblink needs a superuser' };
  if (to === null) return { state: 'untried', reason: 'its peer does not answer' };
  if (!to.host.includes('walled')) return { state: 'ok' };
  const error = `FATAL:  no pg_hba.conf entry for host "${from.host}", user "postgres", database "${to.database}", no encryption`;
  return { state: 'failed', error, replication: false };
}

export function factsOf(server: BareServer, role: string, reach: Record<string, Reach> = {}): ServerFacts {
  return {
    address: `${server.host}:${server.port}`,
    identity: `${server.systemIdentifier}/${server.database}`,
    systemIdentifier: server.systemIdentifier,
    inRecovery: false,
    pooled: false,
    serverVersion: server.serverVersion,
    serverVersionNum: 170010,
    database: server.database,
    role,
    superuser: server.superuser,
    replication: server.replicationRole,
    encoding: 'UTF8',
    collation: 'en_US.UTF-8',
    dataDirectory: '/var/lib/postgresql/17/main',
    clockOffsetSeconds: server.clockOffsetSeconds,
    clockErrorSeconds: server.roundTripMs / 2000,
    extension: {
      available: server.engineVersion,
      installed: server.engineInstalled ? server.engineVersion : null,
      standin: false,
    },
    snowflake: true,
    settings: Object.fromEntries(
      [...server.settings].map(([name, value]) => [
        name,
        { value, altered: null, pendingRestart: false, source: 'configuration file' },
      ]),
    ),
    used: { slots: 0, senders: 0, workers: 2 },
    syncStandbys: 0,
    lockRoom: 6400,
    walPerSecond: null,
    others: { subscriptions: [], publications: [], slots: [], engineDatabases: [] },
    structure: {
      extensions: {},
      available: {},
      tablespaces: ['pg_default', 'pg_global'],
      usedTablespaces: [],
      objects: [],
      types: {},
      withPasswords: [],
      eventTriggers: [],
      materializedViews: [],
      unloggedTables: [],
      largeObjects: 0,
      relations: { dumped: server.tables.length, restored: server.tables.length * 4 },
    },
    unread: [],
    nodeName: server.nodeName,
    subscriptions: [],
    slots: [],
    roles: ['postgres', 'shop', 'spock_repl'],
    neededRoles: server.tables.length > 0 ? ['shop'] : [],
    extensions: server.engineInstalled ? ['plpgsql', 'spock'] : ['plpgsql'],
    availableExtensions: ['plpgsql', 'dblink', 'snowflake', 'spock'],
    tables: server.tables.map(tableFacts),
    sequences: server.sequences.map(({ schema, name, usedBy }) => ({
      schema,
      sequence: name,
      usedBy,
      uses: [],
      functions: [],
      snowflake: false,
    })),
    oldestWriteSeconds: null,
    preparedTransactions: 0,
    reach,
  };
}

const tableFacts = (table: BareTable): ServerFacts['tables'][number] => ({
  schema: table.schema,
  table: table.name,
  columns: table.columns.map((column) => {
    const [name = '', ...type] = column.split(' ');
    return { name, type: type.join(' '), notNull: true, delta: false, generated: null };
  }),
  key: table.key,
  identityFull: false,
  keyUnused: null,
  owner: 'shop',
  rows: table.rows,
  bytes: table.bytes,
  hasRows: (table.rows ?? 0) > 0,
  rowsUnread: null,
  constraints: [],
  alwaysTriggers: [],
  foreignPartitions: [],
  sets: [],
});
