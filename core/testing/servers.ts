/** For tests: servers as a deploy may find them, bare and well unless told otherwise. */
import { changesOf } from '#core/engines/registry.ts';
import type { DeployServers } from '#core/model/deploy.ts';
import type { Observed } from '#core/model/observed.ts';
import type {
  ObservedServer,
  SequenceUse,
  ServerColumn,
  ServerFacts,
  ServerSequence,
  ServerSetting,
  ServerTable,
  Structure,
} from '#core/model/observed-server.ts';
import type { ExecutablePlan } from '#core/plan/executable.ts';
import { planDeployServers } from '#core/plan/servers/deploy-servers.ts';
import { shownSql, shownUndo } from '#core/plan/shown.ts';

export const NODES = ['n1', 'n2', 'n3'];

export const setting = (value: string, change: Partial<ServerSetting> = {}): ServerSetting => ({
  value,
  altered: null,
  pendingRestart: false,
  source: 'configuration file',
  ...change,
});

export const READY: Record<string, ServerSetting> = {
  wal_level: setting('logical'),
  track_commit_timestamp: setting('on'),
  shared_preload_libraries: setting('pg_stat_statements, spock'),
  max_worker_processes: setting('16'),
  max_replication_slots: setting('16'),
  max_wal_senders: setting('16'),
};

export const BARE: Record<string, ServerSetting> = {
  ...READY,
  wal_level: setting('replica'),
  track_commit_timestamp: setting('off'),
  shared_preload_libraries: setting(''),
};

export const column = (name: string, type = 'integer', change: Partial<ServerColumn> = {}): ServerColumn => ({
  name,
  type,
  notNull: true,
  delta: false,
  generated: null,
  ...change,
});

export const table = (name: string, change: Partial<ServerTable> = {}): ServerTable => ({
  schema: 'public',
  table: name,
  columns: [column('id'), column('balance', 'numeric(12,2)'), column('text', 'text', { notNull: false })],
  key: ['id'],
  identityFull: false,
  keyUnused: null,
  owner: 'app',
  rows: 0,
  bytes: 8192,
  hasRows: false,
  rowsUnread: null,
  constraints: [],
  alwaysTriggers: [],
  foreignPartitions: [],
  sets: [],
  ...change,
});

export const filled = (name: string, change: Partial<ServerTable> = {}): ServerTable =>
  table(name, { rows: 1000, bytes: 1_000_000, hasRows: true, ...change });

export const sequenceUse = (change: Partial<SequenceUse> = {}): SequenceUse => ({
  schema: 'public',
  table: 'a',
  column: 'id',
  type: 'integer',
  how: 'owned',
  dependents: [],
  ...change,
});

export const sequence = (name: string, change: Partial<ServerSequence> = {}): ServerSequence => ({
  schema: 'public',
  sequence: name,
  usedBy: 'public.a.id',
  uses: [sequenceUse()],
  functions: [],
  snowflake: false,
  ...change,
});

export const structure = (change: Partial<Structure> = {}): Structure => ({
  extensions: { plpgsql: { schema: 'pg_catalog', version: '1.0' } },
  available: { plpgsql: '1.0', spock: '5.0.11', snowflake: '2.4' },
  tablespaces: ['pg_default', 'pg_global'],
  usedTablespaces: [],
  objects: [],
  types: {},
  withPasswords: [],
  eventTriggers: [],
  materializedViews: [],
  unloggedTables: [],
  largeObjects: 0,
  relations: { dumped: 10, restored: 40 },
  ...change,
});

/** A server with Spock 5 on disk, settings in order, and nothing in its database. */
export const facts = (name: string, change: Partial<ServerFacts> = {}): ServerFacts => ({
  address: `${name}.example:5432`,
  identity: `identity of ${name}`,
  systemIdentifier: `system of ${name}`,
  inRecovery: false,
  pooled: false,
  serverVersion: '15.18',
  serverVersionNum: 150018,
  database: 'shop',
  role: 'admin',
  superuser: true,
  replication: true,
  encoding: 'UTF8',
  collation: 'C.UTF-8',
  dataDirectory: '/data',
  clockOffsetSeconds: 0,
  clockErrorSeconds: 0.001,
  extension: { available: '5.0.11', installed: null, standin: false },
  snowflake: true,
  settings: READY,
  used: { slots: 0, senders: 0, workers: 1 },
  syncStandbys: 0,
  lockRoom: 6400,
  walPerSecond: null,
  others: { subscriptions: [], publications: [], slots: [], engineDatabases: [] },
  structure: structure(),
  unread: [],
  nodeName: null,
  subscriptions: [],
  slots: [],
  roles: ['admin', 'app'],
  neededRoles: [],
  extensions: ['plpgsql'],
  availableExtensions: ['plpgsql', 'spock', 'snowflake'],
  tables: [],
  sequences: [],
  oldestWriteSeconds: null,
  preparedTransactions: 0,
  reach: {},
  ...change,
});

export const server = (name: string, change: Partial<ServerFacts> = {}): ObservedServer => ({
  name,
  read: { ok: true, facts: facts(name, change) },
});

/** Three that are alike. */
export const alike = (change: Partial<ServerFacts>): ObservedServer[] =>
  NODES.map((name) => server(name, change));

/** `seed` on the first, and the others empty. */
export const oneFilled = (
  change: Partial<ServerFacts>,
  others: Partial<ServerFacts> = {},
): ObservedServer[] =>
  NODES.map((name, index) => server(name, index === 0 ? { ...others, ...change } : others));

export const request = (change: Partial<DeployServers> = {}, names = NODES): DeployServers => ({
  kind: 'deploy',
  target: 'servers',
  name: 'orders',
  nodes: names.map((name) => ({ name, dsn: `host=${name}`, peerDsn: null, location: null })),
  tables: 'all',
  sequences: [],
  dataFrom: null,
  ddlReplication: true,
  ...change,
});

export const observed = (servers: ObservedServer[], change: Partial<Observed> = {}): Observed => ({
  clusters: [],
  machine: null,
  sandbox: null,
  nodes: null,
  servers,
  ...change,
});

/** The plan of a deploy on them, as it would be carried out. */
export const plannedFor = (servers: ObservedServer[], change: Partial<DeployServers> = {}): ExecutablePlan =>
  planDeployServers(
    request(
      change,
      servers.map(({ name }) => name),
    ),
    observed(servers),
  );

export const codes = (plan: ExecutablePlan): string[] => [...new Set(plan.problems.map(({ code }) => code))];
export const ids = (plan: ExecutablePlan): string[] => plan.steps.map(({ id }) => id);

export const check = (plan: ExecutablePlan, node: string | null, name: string) =>
  plan.checks.find((each) => each.node === node && each.name === name);

export const MASKED = (node: string): string => `host=${node} password=••••`;

const stepOf = (plan: ExecutablePlan, id: string) => {
  const found = plan.steps.find((step) => step.id === id);
  if (found === undefined) throw new Error(`no step ${id} in ${ids(plan).join(', ')}`);
  return found;
};
export const sqlOf = (plan: ExecutablePlan, id: string): string[] =>
  shownSql(stepOf(plan, id).action, MASKED, changesOf(plan.engine));
export const undoOf = (plan: ExecutablePlan, id: string): string[] =>
  shownUndo(stepOf(plan, id).action, MASKED, changesOf(plan.engine));
export { stepOf };
