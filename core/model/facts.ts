/**
 * What one node says of itself, decoded, before nodes are put together. Plain types without zod: they are made every
 * second for every node. Times are milliseconds since 1970 on the console's clock unless a name says otherwise; LSNs are
 * PostgreSQL's own text. A field is null where the node did not say, or the watching role may not see it.
 */
import type { EngineName } from '#core/model/engine-name.ts';
import type { CopyState } from './copy-state.ts';
import type { NodeError } from './snapshot.ts';

/** A good answer of a node, with the console's own times around it. */
export interface Reading<T> {
  value: T;
  /** When the batch was sent, console's clock, milliseconds; may have a fraction. */
  sentAt: number;
  /** When the last row had come. */
  receivedAt: number;
}

/** The moment that a reading speaks of, as near as the round trip tells: its middle. */
export const readAt = (reading: Reading<unknown>): number => (reading.sentAt + reading.receivedAt) / 2;

/** Why the last poll gave nothing. Present until a poll is good again. */
export interface PollFailure {
  code: NodeError['code'];
  message: string;
  sqlstate: string | null;
  /** When the first of the row of failures was seen. */
  since: number;
  /** How many polls in a row ended so. */
  tries: number;
}

/** A node that this one's catalogs name, itself included. */
export interface PeerFacts {
  id: string;
  name: string;
  location: string | null;
  country: string | null;
}

/** A row of pg_replication_slots; columns that this server has not are null. */
export interface SlotFacts {
  name: string;
  plugin: string | null;
  type: string | null;
  database: string | null;
  temporary: boolean;
  active: boolean;
  activePid: number | null;
  restartLsn: string | null;
  confirmedFlushLsn: string | null;
  walStatus: string | null;
  /** Bytes that may still be written before the slot is in danger; null without max_slot_wal_keep_size. */
  safeWalSizeBytes: number | null;
  twoPhase: boolean | null;
  /** PostgreSQL 16 and later. */
  conflicting: boolean | null;
  /** PostgreSQL 17 and later, the server's clock. */
  inactiveSince: number | null;
  invalidationReason: string | null;
  failover: boolean | null;
  synced: boolean | null;
  /** What was ever decoded from it, of an inactive slot: moves when somebody came to read it, however briefly. */
  decodedBytes: number | null;
}

/** A row of pg_stat_replication with what its walsender waits for. */
export interface WalsenderFacts {
  pid: number;
  applicationName: string | null;
  clientAddress: string | null;
  state: string | null;
  sentLsn: string | null;
  /** Seconds, of an interval that PostgreSQL itself measured; null when idle or not visible. */
  replayLagSeconds: number | null;
  waitEvent: string | null;
}

/** A replication origin, by the name of the provider's slot, and the last commit of it that was applied here. */
export interface OriginFacts {
  name: string;
  remoteLsn: string | null;
}

/** A copy, of a table or (`table` null) of the subscription as a whole, that is not done. */
export interface SyncFacts {
  schema: string | null;
  table: string | null;
  state: CopyState;
  /** As the engine's catalog has it. */
  status: string;
  lsn: string | null;
}

/** A subscription of the node, with what the node itself and its worker say of it. */
export interface SubscriptionFacts {
  engine: EngineName;
  id: string;
  name: string;
  /** Node ids; names are in `peers`. */
  originId: string;
  targetId: string;
  /** The provider's interface that is used; its DSN stands in the slow facts. */
  originInterfaceId: string | null;
  enabled: boolean;
  slot: string;
  replicationSets: string[];
  forwardOrigins: string[];
  applyDelaySeconds: number;
  forceTextTransfer: boolean | null;
  /** Null where there is none (`0/0` in the catalog). */
  skipLsn: string | null;
  skipSchema: string[] | null;
  /** The server's clock. */
  createdAt: number | null;
  /** The node's own word for it, which may be wrong; null when the role may not ask for it. */
  reportedStatus: string | null;
  /** Null when the catalogs name an origin that they do not know. */
  providerName: string | null;
  workerPid: number | null;
  workerStatus: string | null;
  sync: SyncFacts[];
}

/** A change that could not be applied, as the node has recorded it, without its row. */
export interface ExceptionMark {
  originId: string;
  /** The origin's clock. */
  commitAt: number | null;
  commandCounter: number | null;
  /** This server's clock: when the row was written. */
  loggedAt: number | null;
  xid: string | null;
  schema: string | null;
  table: string | null;
  /** INSERT, UPDATE, … */
  operation: string | null;
  /** It is no change, but says that its subscription was disabled for the transaction. */
  disables: boolean;
  message: string | null;
  /** Somebody has marked it so. */
  resolved: boolean;
}

/** Whether the node refuses writes. */
export interface ReadOnlyFacts {
  on: boolean;
  /** Of the engine's setting. */
  value: string;
}

/** What the poll of every second says. */
export interface FastFacts {
  /** The server's own clock, milliseconds. */
  clock: number | null;
  standby: boolean | null;
  /** Null on a standby. */
  walLsn: string | null;
  timeline: number | null;
  systemIdentifier: string | null;
  /** The server's clock. */
  startedAt: number | null;
  readOnly: ReadOnlyFacts | null;
  localNodeId: string | null;
  /** The node's own name in its catalogs; null: no node was created here, or it is not visible. */
  localNode: string | null;
  peers: PeerFacts[];
  slots: SlotFacts[];
  walsenders: WalsenderFacts[];
  /** Null: its subscriptions may not be read, so nothing is known of them. */
  subscriptions: SubscriptionFacts[] | null;
  /** The newest of each origin; null: not visible, or this version keeps none. */
  exceptions: ExceptionMark[] | null;
  /** The greatest id of a recorded conflict; 0 when there is none, null when not visible. */
  lastConflictId: number | null;
  /** Absent or null: not visible. */
  origins?: OriginFacts[] | null;
  /** Rows that have left this node, to all receivers together; asked each second only where a receiver has an apply delay. */
  sentRows?: number | null;
}

/** Exceptions are counted up to this many: a count of a million would cost more than it tells. */
export const countedExceptions = 1000;

export interface InterfaceFacts {
  id: string;
  nodeId: string;
  name: string;
  /** With its secrets masked; null when the role may not read it. */
  dsn: string | null;
  /** As the catalog has it, **with its password**: for discovery only, never for a snapshot. */
  rawDsn: string | null;
}

export interface MembershipFacts {
  set: string;
  /** The expression as pg_get_expr prints it. */
  rowFilter: string | null;
  columns: string[] | null;
}

export interface TableFacts {
  oid: string;
  schema: string;
  table: string;
  /** r table, p partitioned table. */
  kind: string;
  /** `schema.table` of the parent of a partition. */
  partitionOf: string | null;
  /** pg_class.relreplident: d, i, f, n. */
  replicaIdentity: string;
  /** Columns of the key by which an UPDATE or DELETE finds its row; empty: there is none. */
  keyColumns: string[];
  /** The key may be broken within a transaction, and so is none: RelationGetReplicaIndex, and the engines with it, do not take it. */
  keyDeferrable?: boolean;
  /** `name type`, in order; null when it was not read. */
  columns: string[] | null;
  deltaColumns: string[];
  /** Key columns that draw from a sequence in steps of one: two nodes will draw the same number. */
  sequenceColumns: string[];
  /** Key columns that draw from snowflake. */
  snowflakeColumns: string[];
  /** pg_class.reltuples; null when never analysed. */
  rowsEstimate: number | null;
  memberships: MembershipFacts[];
}

export interface ReplicationSetFacts {
  id: string;
  name: string;
  insert: boolean;
  update: boolean;
  delete: boolean;
  truncate: boolean;
  sequences: string[] | null;
}

export interface SettingFacts {
  name: string;
  value: string | null;
  unit: string | null;
  pendingRestart: boolean;
}

/** What a subscription has applied since its counters began; `subscription` null: what has left the node. */
export interface CounterFacts {
  subscription: string | null;
  inserted: number;
  updated: number;
  deleted: number;
  conflicts: number;
  deltaApplied: number;
}

/** A conflict that the node has recorded, without its rows. */
export interface ConflictFacts {
  id: string;
  /** This server's clock. */
  at: number | null;
  /** Null where the table's name tells none. */
  schema: string | null;
  /** Without quotes. */
  table: string | null;
  /** The engine's word for it, as for how it ended. */
  type: string | null;
  resolution: string | null;
  /** Two nodes inserted rows of one key. */
  bothInserted: boolean;
  remoteOriginId: string | null;
}

/** How many numbers the oldest database of a server has used since it was last frozen. */
export interface AgeFacts {
  database: string | null;
  xid: number | null;
  multixact: number | null;
}

/** A row of pg_prepared_xacts. */
export interface PreparedFacts {
  gid: string;
  /** The server's clock. */
  preparedAt: number | null;
  owner: string | null;
  database: string | null;
  /** age(transaction). */
  xidAge: number | null;
}

/** A worker of a subscription that waits for a lock, and the session that holds it. */
export interface BlockedFacts {
  subscription: string;
  worker: number;
  /** For how long it has waited. */
  seconds: number | null;
  blocker: {
    pid: number;
    /** backend_start, seconds since 1970 as PostgreSQL prints them. */
    startedAt: string;
    /** Role, application, address. */
    who: string;
    state: string | null;
    query: string | null;
    /** Since its transaction began. */
    openSeconds: number | null;
  };
}

/** pg_stat_archiver; times by the server's clock. */
export interface ArchiverFacts {
  /** archive_mode. */
  mode: string | null;
  archivedAt: number | null;
  archivedWal: string | null;
  failedAt: number | null;
  failedWal: string | null;
  failedCount: number | null;
  /** Since when it counts: stats_reset. */
  countedSince: number | null;
}

/** What the poll of every 15 s says. */
export interface SlowFacts {
  /** The server's own clock when it was read, milliseconds. */
  serverClock?: number | null;
  /** Whether ALTER EXTENSION leads from the catalogs' version to the installed one; null: they are the same, or not known. */
  updatePath?: boolean | null;
  ages?: AgeFacts | null;
  /** The oldest ten, oldest first; null: not visible. */
  prepared?: PreparedFacts[] | null;
  /** At most ten; null: not visible. */
  blocked?: BlockedFacts[] | null;
  archiver?: ArchiverFacts | null;
  database: string | null;
  encoding: string | null;
  collation: string | null;
  serverVersion: string | null;
  /** pg_extension.extversion; of an engine without an extension that of the server. */
  engineVersion: string | null;
  /** Of the library that is loaded; null: not visible, or there is none. */
  libraryVersion: string | null;
  protocol: { min: number; max: number } | null;
  standin: boolean;
  interfaces: InterfaceFacts[] | null;
  sets: ReplicationSetFacts[] | null;
  tables: TableFacts[] | null;
  /** Counters of writes to the catalogs; while they stand still the tables were not read again. */
  catalogMark: string | null;
  /** False: there are more tables than are read, and `tables` holds the first by name. */
  tablesComplete: boolean;
  /** When they were truly read, console's clock: counters that say that nothing was written come up to 10 s late. Absent: now. */
  tablesReadAt?: number;
  /** How long the server took to read them; absent: they are those of an earlier poll. */
  tablesMs?: number;
  /** Only where `tables` is not all of them: how many tables each set has. */
  tablesInSets?: Record<string, number>;
  settings: SettingFacts[];
  used: { slots: number | null; senders: number | null; workers: number | null; origins: number | null };
  snowflakeNode: number | null;
  counters: CounterFacts[] | null;
  /** The newest first, at most 100. */
  conflicts: ConflictFacts[] | null;
  /** The newest 20 of each origin, newest first. */
  exceptions: ExceptionMark[] | null;
  /** Exceptions without a resolved status, the newest `countedExceptions` of each origin counted. */
  exceptionCounts: { originId: string; count: number }[] | null;
}
