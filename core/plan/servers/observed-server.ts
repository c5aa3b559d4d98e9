/** What a deploy may know of one server before anything is written there. */

/** A setting as the server has it. */
export interface ServerSetting {
  value: string;
  /** As ALTER SYSTEM has set it before (postgresql.auto.conf); null: it has not. */
  altered: string | null;
  /** Changed in a file, and not in force before a restart. */
  pendingRestart: boolean;
}

export interface ServerColumn {
  name: string;
  /** As format_type() prints it. */
  type: string;
  notNull: boolean;
  /** Its changes are added up already (attoption log_old_value). */
  delta: boolean;
}

export interface ServerTable {
  schema: string;
  table: string;
  columns: ServerColumn[];
  /** Columns of the primary key or of the replica identity index; empty: it has none. */
  key: string[];
  /** REPLICA IDENTITY FULL. */
  identityFull: boolean;
  owner: string;
  /** pg_class.reltuples; null: never counted. */
  rows: number | null;
  bytes: number;
  hasRows: boolean;
  /** Replication sets that it is in. */
  sets: string[];
}

export interface ServerSequence {
  schema: string;
  sequence: string;
  /** `schema.table.column` whose default takes its numbers. */
  usedBy: string | null;
  /** Its default gives snowflake numbers already. */
  snowflake: boolean;
}

export interface ServerSubscription {
  name: string;
  provider: string | null;
  enabled: boolean;
}

/** How a server reaches one of its peers. */
export type Reach =
  | { state: 'ok' }
  /** Connects, and reaches another server than the console does by that node's DSN. */
  | { state: 'other-server' }
  | { state: 'failed'; error: string; replication: boolean }
  | { state: 'untried'; reason: string };

export interface ServerFacts {
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
  extension: { available: string | null; installed: string | null; standin: boolean };
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
  read: { ok: true; facts: ServerFacts } | { ok: false; error: string; remedy: string | null };
}
