/** What a planner may know: read anew for each plan, since a plan is made of what is so now. */
import type { CopyState } from './copy-state.ts';
import type { EngineName } from './engine-name.ts';
import type { ObservedServer, Reach, ServerSetting } from './observed-server.ts';

/** This machine, for sandboxes. */
export interface ObservedMachine {
  engine: {
    text: string;
    standin: boolean;
    /** Folder with postgres and initdb. */
    bin: string;
  } | null;
  /** Why there is no engine. */
  reason: string | null;
  /** Folder that would hold the sandbox's servers. */
  folder: string;
  /** Free ports, as many as a sandbox needs or fewer. */
  ports: number[];
  diskFreeBytes: number | null;
  /** The account that the servers run as; null: the console's own. */
  account: string | null;
}

/** A sandbox that is on disk, whole or half made. */
export interface ObservedSandbox {
  folder: string;
  nodes: { name: string; port: number; running: boolean }[];
  /** False: its deploy has not ended. */
  whole: boolean;
}

export interface ObservedSubscription {
  name: string;
  /** Absent: the cluster's main one. */
  engine?: EngineName;
  provider: string | null;
  enabled: boolean;
  /** As the receiver has it; Spock says `replicating` for seconds while the worker is stuck (see `worker`). */
  status: string;
  /** `running`, or what else the engine says of it; `none`: no worker. Null: the version cannot tell. */
  worker?: string | null;
  slot: string;
  sets: string[];
  forwardOrigins: string[];
  /** A transaction that is stepped over when it comes; null: none, or the version cannot tell. */
  skipLsn?: string | null;
  /** Absent: the role may not read them. */
  options?: ObservedOptions;
}

export interface ObservedOptions {
  applyDelaySeconds: number;
  /** Schemas that copies leave out; null: the version has no such thing. */
  skipSchema: string[] | null;
}

export interface ObservedSlot {
  name: string;
  plugin: string | null;
  database: string | null;
  active: boolean;
  walHeldBytes: number | null;
  /** What its reader has not confirmed; null: it has confirmed nothing yet, or that cannot be told. */
  unconfirmedBytes?: number | null;
  /** `reserved`, `extended`, `unreserved` or `lost`; null: it holds nothing yet. */
  walStatus?: string | null;
  physical?: boolean;
  /** What was decoded of it, since the server's statistics begin; null: not known. */
  decodedBytes?: number | null;
  /** Marked for failover (PostgreSQL 17 and later); null: the server has no such mark. */
  failover?: boolean | null;
  /** It is still being made, by a copy that begins: it has no position yet. */
  begun?: boolean;
  /** Of one that is active: seconds since its reader last answered the walsender; null: not known, or not read. */
  answeredSecondsAgo?: number | null;
}

/** How far a node has applied what another one sent. */
export interface ObservedApplied {
  subscription: string;
  provider: string;
  /** In the provider's WAL; null: nothing yet, or the role may not see it. */
  lsn: string | null;
  /** The provider's clock, as text with its zone; null: the version cannot tell, or has forgotten it with a restart. */
  lastCommitAt: string | null;
}

/** A subscription as the console last read it, of a node that may not answer any more. */
export interface RememberedSubscription {
  receiver: string;
  name: string;
  /** By its name in the engine's catalog. */
  provider: string | null;
  slot: string;
}

/** A table's membership of one set. */
export interface ObservedMembership {
  set: string;
  columns: string[] | null;
  rowFilter: string | null;
}

export interface ObservedColumn {
  name: string;
  /** As format_type has it. */
  type: string;
  notNull: boolean;
  /** What stands in it when a row comes without: nothing, an expression, an identity; or always, an expression over the row. */
  filledBy: 'nothing' | 'default' | 'identity' | 'generated';
}

/** What can refuse a row that comes: a check, a unique index, an exclusion, a domain, the labels of an enum, a partition's bounds. */
export interface ObservedRule {
  /** Of the table itself or of a partition, `schema.table`. */
  table: string;
  kind: 'check' | 'unique' | 'exclusion' | 'foreign key' | 'domain' | 'enum' | 'bounds';
  name: string;
  /** Without the name, so that the same on two nodes is the same text. */
  definition: string;
}

/** How many rows a table has on a node. */
export interface ObservedRows {
  rows: number;
  /** counted; at least: it was counted up to that; estimated: the server's own statistics. */
  how: 'counted' | 'at least' | 'estimated';
  /** Those that the provider's row filter lets through, counted; null: there is no filter, or it was not tried. */
  within: number | null;
}

/** The table that a request speaks of, on one node. */
export interface ObservedTable {
  /** An index that a set with UPDATE or DELETE takes: primary key or replica identity index, not deferrable. */
  hasKey: boolean;
  /** Why it has none, where something looks like one: `its primary key is deferrable`. */
  keyTrouble?: string | null;
  memberships: ObservedMembership[];
  /** Tables with a foreign key to this one or to a partition of it, `schema.table`; itself and its partitions left out. */
  referencedBy: string[];
  /** pg_class.relkind: `r`, `p` partitioned, `f` foreign. */
  kind?: string;
  /** pg_class.relpersistence: `p`, `u` unlogged, `t` temporary. */
  persistence?: string;
  /** The partitioned table that it is a part of. */
  partitionOf?: string | null;
  /** Tables that inherit from it and are no partitions. */
  children?: string[];
  /** All below it. */
  partitions?: { schema: string; table: string; kind: string; memberships: ObservedMembership[] }[];
  columns?: ObservedColumn[];
  rules?: ObservedRule[];
  /** `name of schema.table`: fire for rows that come by replication too (ENABLE ALWAYS, ENABLE REPLICA). */
  triggers?: string[];
  /** Copies of the table by subscriptions; `status` as the engine's catalog has it. */
  syncs?: { subscription: string; status: string; state: CopyState }[];
  /** Null: could not be counted, or the table holds none of its own. */
  rows?: ObservedRows | null;
}

/** What a parser said of a text: its tree, or why it is none and where it stopped, in characters from 0. */
export type ParsedSql = { ok: true; tree: unknown } | { ok: false; message: string; at: number | null };

/** A row filter tried on the rows of a table. `unread`: it could not be, which says nothing against it. */
export type FilterTried =
  /** `within`: how many of the rows it lets through; `whole`: all rows were looked at. */
  { ok: true; rows: number; within: number; whole: boolean } | { ok: false; unread: boolean; error: string };

/** Names of a schema are quoted and qualified, definitions as PostgreSQL prints them with every schema named. */
export interface SchemaColumn {
  name: string;
  type: string;
  notNull: boolean;
  default: string | null;
  generated: string | null;
  /** pg_attribute.attidentity. */
  identity: string | null;
  /** Where it is not that of the type. */
  collation: string | null;
}

export interface SchemaTable {
  name: string;
  /** pg_class.relpersistence. */
  persistence: string;
  partitionBy: string | null;
  partitionOf: string | null;
  bound: string | null;
  columns: SchemaColumn[];
  /** `kind`: pg_constraint.contype. */
  constraints: { name: string; kind: string; definition: string }[];
  /** Those of no constraint. */
  indexes: { name: string; definition: string; valid: boolean }[];
}

export interface ObservedSchema {
  schemas: string[];
  extensions: { name: string; version: string }[];
  enums: { name: string; labels: string[] }[];
  sequences: { name: string; definition: string; start: string }[];
  /** Partitions after the tables that they are of. */
  tables: SchemaTable[];
  settings: Record<string, string>;
}

/** A column of the table whose columns are to be added up, or no longer. */
export interface ObservedSummed {
  name: string;
  /** As format_type has it. */
  type: string;
  notNull: boolean;
  generated: boolean;
  key: boolean;
  /** Changes of two nodes are added up. */
  summed: boolean;
}

/** What a node says of DDL that is to run on it. */
export interface ObservedDdl {
  /** Of each statement: it is so already; null: that cannot be told. */
  so: (boolean | null)[];
  /** Those that it locks. `sets`: in which they are. */
  tables: { table: string; there: boolean; bytes: number | null; sets: ObservedMembership[] }[];
  /** What it would make and is there. */
  made: string[];
  /** Whose transactions hold a lock that it would wait for. */
  holders: {
    pid: number;
    user: string | null;
    application: string | null;
    state: string | null;
    type: string | null;
    /** Since the transaction began. */
    seconds: number | null;
  }[];
  roles: string[];
  /** Of the server, or of the role; 0: none. */
  lockTimeoutMs: number;
  /** How often it has discarded the same text before. */
  discarded: number;
}

/** A table that a request about replication sets speaks of, by name or by pattern, on one node. */
export interface ObservedSetTable
  extends Pick<
    ObservedTable,
    | 'hasKey'
    | 'keyTrouble'
    | 'memberships'
    | 'kind'
    | 'persistence'
    | 'partitionOf'
    | 'children'
    | 'partitions'
    | 'columns'
    | 'rows'
  > {
  schema: string;
  table: string;
  /** Of the index by which a receiver finds a row; empty: it has none. */
  key?: string[];
  /** The row filter that is asked for it; absent: none, or one that must not be tried. */
  tried?: FilterTried;
}

/** A sequence that such a request speaks of. */
export interface ObservedSequence {
  schema: string;
  sequence: string;
  sets: string[];
}

/** What of a node could not be read for itself, with the reason, while the rest could. */
export type ObservedPart =
  | 'exceptions'
  | 'settings'
  | 'records'
  | 'extension'
  | 'interfaces'
  | 'places'
  | 'session'
  | 'subscriptions'
  | 'sets'
  | 'slots'
  | 'table'
  | 'tables'
  | 'sequences'
  | 'rows'
  | 'ddl'
  | 'schema'
  | 'room'
  | 'applied';

/** How much of a limit of the server is used. */
export interface ObservedLimit {
  setting: string;
  used: number;
  max: number;
}

/** The role by which the console reads a node. */
export interface ObservedRole {
  name: string;
  superuser: boolean;
  replication: boolean;
  /** Functions of the engine that it may not run. */
  refused: string[];
}

/** A setting of a running node. */
export interface ObservedSetting extends ServerSetting {
  /** pg_settings.unit: `MB`, `8kB`, `ms`; null: it has none. `value` counts in it. */
  unit: string | null;
  /** pg_settings.context: `postmaster` takes a restart, `internal` nothing; all others a reload. */
  context: string;
  /** pg_settings.vartype: `bool`, `enum`, `integer`, `real`, `string`. */
  type: string;
  /** Of an enum. */
  allowed: string[] | null;
  /** Of a number, in its unit. */
  min: number | null;
  max: number | null;
  /** What it would be without ALTER SYSTEM, as another file or PostgreSQL itself has it. */
  beneath: string;
}

/** The engine's extension beside what the server could update it to. */
export interface ObservedExtension {
  /** pg_available_extensions.default_version; null: its files are gone. */
  available: string | null;
  /** Versions from the one that is there to the available one; null: no scripts lead there. */
  path: string[] | null;
  /** Of the library that is loaded; null: not known. */
  library: string | null;
}

/** By whom a node is reached, as a catalog has it. */
export interface ObservedInterfaceRole {
  node: string;
  name: string;
  /** Null: its DSN cannot be read, or names none. */
  role: string | null;
}

export interface ObservedSet {
  name: string;
  insert: boolean;
  update: boolean;
  delete: boolean;
  /** Absent: as a set is made, it is. */
  truncate?: boolean;
  /** How many are in it, partitions counted each; absent: not counted. */
  tables?: number;
}

/** The transaction that has disabled a subscription, as its receiver has recorded it. */
export interface ObservedException {
  /** Where it commits on the provider; null: not recorded. `0/0`: it was no transaction, as when a copy has failed. */
  lsn: string | null;
  message: string;
  /** The provider's clock, as text. */
  commitAt: string | null;
  /** What it would have changed, as far as that was recorded. */
  rows: { operation: string; schema: string | null; table: string | null; count: number }[];
}

/** An address of a node, as another one (or itself) has it in its catalog. */
export interface ObservedInterface {
  /** Whose. */
  node: string;
  name: string;
  /** Subscriptions of the node that was asked that read by it. */
  usedBy: string[];
  /** It is by this one that the node that was asked knows itself. */
  own: boolean;
}

/** A session of a node's server. */
export interface ObservedSession {
  pid: number;
  /** backend_start, as in `Blocker`. */
  startedAt: string;
  /** pg_stat_activity.backend_type; null: the role may not see it. */
  type: string | null;
  /** `app, payroll, 10.0.0.7`. */
  who: string;
  database: string | null;
  /** `active`, `idle in transaction`; null: not visible. */
  state: string | null;
  query: string | null;
  /** Since its transaction began; null: it has none. */
  openSeconds: number | null;
  /** It is the console's own. */
  own: boolean;
  /** Who waits for a lock that it holds. */
  waiting: { pid: number; type: string; query: string | null; seconds: number | null }[];
}

/** Where a node is, as the node that was asked has it in its catalog. */
export interface ObservedPlace {
  /** Whose. */
  node: string;
  location: string | null;
  country: string | null;
}

/** What one node said, read for this plan. */
export interface ObservedFacts {
  engineVersion: string;
  /** Runs the stand-in, not Spock. */
  standin: boolean;
  database: string;
  /** The console's DSN leads to a pooler, not to the server; absent: not looked at. */
  pooled?: boolean;
  /** `host:port` that answered. */
  where?: string;
  /** Absent: it could not be asked. */
  role?: ObservedRole;
  /** In recovery: a standby, on which nothing can be changed. */
  recovery?: boolean;
  /** Of the server, from pg_control_system; null: the role may not read it. */
  systemId?: string | null;
  /** How far the engine keeps writes off the node (of Spock spock.readonly); null: not at all. */
  readOnly?: string | null;
  /** What ALTER SYSTEM has set it to (postgresql.auto.conf); null: nothing. Only where a plan is about it. */
  readOnlyAltered?: string | null;
  /** Those that a plan is about, by name; a setting that the server does not know is not there. */
  settings?: Record<string, ObservedSetting>;
  /** Records that a plan would remove, of how many; `needed`: something that is still to be done takes one of them. */
  records?: { old: number; total: number; needed: boolean };
  extension?: ObservedExtension;
  /** Only where a plan is about them. */
  interfaceRoles?: ObservedInterfaceRole[];
  /** The role that a plan is about is there. */
  hasRole?: boolean;
  /** max_slot_wal_keep_size; null: without limit. */
  slotKeepBytes?: number | null;
  /** Its own name in the engine's catalog; null: no node was created here. */
  nodeName: string | null;
  /** Every node in that catalog. */
  knows: string[];
  subscriptions: ObservedSubscription[];
  sets: ObservedSet[];
  slots: ObservedSlot[];
  /** Sessions of copies that begin or run, by their names: `sub_n2n1_snap`. */
  copies?: string[];
  /** Replication origins, by name. */
  origins?: string[];
  room?: { slots: ObservedLimit; senders: ObservedLimit; workers: ObservedLimit; origins: ObservedLimit };
  /** By the names in `knows`: their ids there. */
  nodeIds?: Record<string, string>;
  /** Only where a node is to be removed. */
  applied?: ObservedApplied[];
  /** On the survivor that has most of a dead node: how many of its rows another lacks, by that one's name. */
  lacked?: { node: string; tables: { schema: string; table: string; rows: number }[] }[];
  /** Of the node that is to be removed: how the names of its slots end here, by the usual names of its subscriptions. */
  slotEndings?: string[];
  /** Of the subscription that is asked about; null: nothing has disabled it. Only where a plan is about it. */
  exception?: ObservedException | null;
  /** Only where a plan is about them. */
  interfaces?: ObservedInterface[];
  /** The session that is to be ended; null: there is none. Only where a plan is about it. */
  session?: ObservedSession | null;
  places?: ObservedPlace[];
  /** Whether the server reaches the provider by the interface that is asked for, by the subscription's name; by one that is to be added, by the provider's. */
  reach?: Record<string, Reach>;
  /** server_version_num. */
  serverVersion?: number;
  /** The engine can mark slots that are there for failover. */
  marksFailover?: boolean;
  /** Options of a subscription can be changed while it stands. */
  altersOptions?: boolean;
  /** Rows about a node stay when it goes, in a table (Spock 5.0). */
  keepsProgress?: boolean;
  /** Of subscriptions that are to be made, by provider: names for each, and what its slot would be called. */
  slotNames?: Record<string, { subscription: string; slot: string }[]>;
  unread?: Partial<Record<ObservedPart, string>>;
  /** Null: not asked, or there is no such table. */
  table: ObservedTable | null;
  /** Where several are to be copied again: each, in the order of the request. On the receiver and its provider only. */
  copied?: { schema: string; table: string; found: ObservedTable | null }[];
  /** Those that there are of what a request about sets speaks of; absent: not asked. */
  tables?: ObservedSetTable[];
  sequences?: ObservedSequence[];
  /** Only where it is to be held against another node's. */
  schema?: ObservedSchema;
  /** Columns of the table that a plan is about; empty: there is no such table. */
  summed?: ObservedSummed[];
  /** Only where a plan is about DDL. */
  ddl?: ObservedDdl;
}

export interface ObservedNode {
  /** As the registry has it. */
  name: string;
  /**
   * `error`: why it could not be read. `answered`: the server itself said so, it is there. `silent`: it was asked, and nothing
   * came back. Neither: not known, as where the console cannot use the DSN.
   */
  read:
    | { ok: true; facts: ObservedFacts }
    | { ok: false; error: string; answered?: boolean; silent?: boolean };
}

export interface Observed {
  /** The main engine of the request's cluster; absent: the console's own choice. */
  engine?: EngineName;
  /** Names in the registry. */
  clusters: string[];
  machine: ObservedMachine | null;
  sandbox: ObservedSandbox | null;
  /** The nodes of the request's cluster, in the registry's order; null: no such cluster. */
  nodes: ObservedNode[] | null;
  /** Subscriptions of the cluster's nodes as they were last read. */
  remembered?: RememberedSubscription[];
  /** The console runs the cluster's servers itself. */
  isSandbox?: boolean;
  /** Texts of SQL in the request, and what they are held against: by the text. */
  parsed?: Record<string, ParsedSql>;
  /** The servers of a deploy that is asked for, in the request's order; absent for all other requests. */
  servers?: ObservedServer[];
}
