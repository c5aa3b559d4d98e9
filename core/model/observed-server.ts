/** What a deploy may know of one server before anything is written there. */
/** One object that has a name of its own. */
export interface NamedObject {
  /** `table`, `operator class`, …: as pg_identify_object() has it. */
  type: string;
  identity: string;
  /** The extension that it is a member of. */
  extension: string | null;
}

/** A setting as the server has it. */
export interface ServerSetting {
  value: string;
  /** As ALTER SYSTEM has set it before (postgresql.auto.conf); null: it has not. */
  altered: string | null;
  /** Changed in a file, and not in force before a restart. */
  pendingRestart: boolean;
  /** pg_settings.source: `configuration file`, `command line`, `environment variable`, `database`, `user` … */
  source: string;
}

export interface ServerColumn {
  name: string;
  /** As format_type() prints it with nothing but pg_catalog on the search path. */
  type: string;
  notNull: boolean;
  /** Its changes are added up already (attoption log_old_value). */
  delta: boolean;
  /** Null: it is written to, and not computed. */
  generated: 'stored' | 'virtual' | null;
}

export interface ServerTable {
  schema: string;
  table: string;
  columns: ServerColumn[];
  /** Columns of the primary key or of the replica identity index; empty: it has none. */
  key: string[];
  /** REPLICA IDENTITY FULL. */
  identityFull: boolean;
  /** Why PostgreSQL does not find rows by the key that is there: it is DEFERRABLE, or REPLICA IDENTITY is NOTHING. */
  keyUnused: 'deferrable' | 'nothing' | null;
  owner: string;
  /** Counted up to a thousand, beyond that as the server estimates; null: never counted. */
  rows: number | null;
  bytes: number;
  /** It has rows, or it may have: where it could not be read `rowsUnread` says why. */
  hasRows: boolean;
  /** Why nobody knows whether it has rows: `locked by a session (pid 4711)`. Null: it is known. */
  rowsUnread: string | null;
  /** What refuses rows, the key apart: `CHECK ((v < 10))`, `UNIQUE btree (mail)`, `FOREIGN KEY (…) …`, in order. */
  constraints: string[];
  /** Triggers that fire for replicated rows too (ENABLE ALWAYS or REPLICA). */
  alwaysTriggers: string[];
  /** Foreign tables among its partitions, `schema.table`. */
  foreignPartitions: string[];
  /** Replication sets that it is in. */
  sets: string[];
}

/** A column that takes numbers of a sequence. */
export interface SequenceUse {
  schema: string;
  table: string;
  column: string;
  type: string;
  /** owned: its own sequence; default: its default names it; identity: it is an identity column. */
  how: 'owned' | 'default' | 'identity';
  /** What hangs on the column and forbids to change its type: `view public.v`. */
  dependents: string[];
}

export interface ServerSequence {
  schema: string;
  sequence: string;
  /** `schema.table.column` whose default takes its numbers. */
  usedBy: string | null;
  /** All columns that take its numbers, their owner first. */
  uses: SequenceUse[];
  /** Functions whose text names it: they take its plain numbers. */
  functions: string[];
  /** Its default gives snowflake numbers already. */
  snowflake: boolean;
}

export interface ServerSubscription {
  name: string;
  provider: string | null;
  enabled: boolean;
}

/** The role of the peers' DSN, as the peer sees it. */
export interface PeerRole {
  name: string;
  superuser: boolean;
  /** `default_transaction_isolation` of its sessions. */
  isolation: string;
}

/** How a server reaches one of its peers. */
export type Reach =
  | { state: 'ok'; role?: PeerRole }
  /** Connects, and reaches another server than the console does by that node's DSN. */
  | { state: 'other-server' }
  | { state: 'failed'; error: string; replication: boolean }
  | { state: 'untried'; reason: string };

/** What else uses the server, this database or another. */
export interface OtherUse {
  /** Native ones in this database. */
  subscriptions: string[];
  publications: string[];
  /** Slots that are not Spock's in this database: `debezium (pgoutput)`, `standby1 (physical)`. */
  slots: string[];
  /** Other databases in which Spock replicates. */
  engineDatabases: string[];
}

/** What a copy of the structure brings along or meets. */
export interface Structure {
  /** Installed in this database, the extension's schema and version. */
  extensions: Record<string, { schema: string; version: string } | undefined>;
  /** What an extension to be had would be installed as. */
  available: Record<string, string | undefined>;
  /** Of the server, and those that something in this database stands in. */
  tablespaces: string[];
  usedTablespaces: string[];
  /** All in this database that has a name of its own (in-the-way.ts); cut off at `OBJECTS_READ`. */
  objects: NamedObject[];
  /** How enums, domains and composite types are made, by their name as format_type() prints it. */
  types: Record<string, string | undefined>;
  /** Objects whose definition holds a password: `user mapping app on server sv`, `subscription s`. */
  withPasswords: string[];
  /** Enabled event triggers, those of extensions apart; and whether replica mode stops them. */
  eventTriggers: { name: string; always: boolean }[];
  materializedViews: string[];
  unloggedTables: string[];
  /** Large objects, counted up to `LARGE_OBJECTS_READ`. */
  largeObjects: number;
  /** What a dump locks, and what a restore creates, in one transaction. */
  relations: { dumped: number; restored: number };
}

export const OBJECTS_READ = 20_000;
export const LARGE_OBJECTS_READ = 100_000;

export interface ServerFacts {
  /** Tells a server and its standbys from others. */
  systemIdentifier: string | null;
  /** It is a standby. */
  inRecovery: boolean;
  /** Standbys that answer for synchronous commits now (sync_state sync or quorum). */
  syncStandbys: number;
  /** Locks that all transactions together can hold on objects: max_locks_per_transaction × (max_connections + max_prepared_transactions). */
  lockRoom: number;
  /** WAL that the server has written since its statistics began, on average, in bytes a second; null: not known. */
  walPerSecond: number | null;
  others: OtherUse;
  structure: Structure;
  /** Questions that got no answer, and why: `sequences: canceling statement due to statement timeout`. */
  unread: string[];
  /** `host:port` by which the console reached it. */
  address: string;
  /** Tells one server and database from another. */
  identity: string;
  pooled: boolean;
  serverVersion: string;
  /** `150018` */
  serverVersionNum: number;
  database: string;
  role: string;
  superuser: boolean;
  replication: boolean;
  encoding: string;
  collation: string;
  /** Null where the role may not see it. */
  dataDirectory: string | null;
  /** Server's clock minus the console's, and how far off that may be. */
  clockOffsetSeconds: number | null;
  clockErrorSeconds: number;
  /** `library`: the version of the library that the server has loaded; null or absent: not known. */
  extension: {
    available: string | null;
    installed: string | null;
    library?: string | null;
    standin: boolean;
  };
  /** Whether the server has the extension snowflake to install. */
  snowflake: boolean;
  settings: Record<string, ServerSetting | undefined>;
  used: { slots: number; senders: number; workers: number };
  /** The Spock node that stands in this database. */
  nodeName: string | null;
  subscriptions: ServerSubscription[];
  /** Logical slots of this database. */
  slots: { name: string; plugin: string | null; active: boolean }[];
  roles: string[];
  /** Those that own something in this database, or that something there is granted to. */
  neededRoles: string[];
  /** Installed in this database, and to be had on this server. */
  extensions: string[];
  availableExtensions: string[];
  tables: ServerTable[];
  sequences: ServerSequence[];
  /** The oldest open transaction that has written, and prepared ones: a new slot waits for them. */
  oldestWriteSeconds: number | null;
  preparedTransactions: number;
  /** By peer. */
  reach: Record<string, Reach>;
}

export interface ObservedServer {
  name: string;
  /** `answered`: it let the console in, and a question failed. */
  read:
    | { ok: true; facts: ServerFacts }
    | { ok: false; error: string; remedy: string | null; answered?: boolean };
}
