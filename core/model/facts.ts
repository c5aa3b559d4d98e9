/**
 * What one node says of itself, decoded, before nodes are put together. Plain types without zod: they are made every
 * second for every node. Times are milliseconds since 1970 on the console's clock unless a name says otherwise; LSNs are
 * PostgreSQL's own text. A field is null where the node did not say, or the watching role may not see it.
 */
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

/** A row of spock.node. */
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

/** A replication origin, which Spock names as the provider's slot, and the last commit of it that was applied here. */
export interface OriginFacts {
  name: string;
  remoteLsn: string | null;
}

/** A row of spock.local_sync_status that is neither y nor r. */
export interface SyncFacts {
  schema: string | null;
  table: string | null;
  status: string;
  lsn: string | null;
}

/** A row of spock.subscription with what sub_show_status() and the worker say of it. */
export interface SubscriptionFacts {
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
  /** The word of sub_show_status(); null when the role may not call it. */
  reportedStatus: string | null;
  /** The provider's name by sub_show_status(), else by spock.node; null when neither knows it. */
  providerName: string | null;
  workerPid: number | null;
  workerStatus: string | null;
  sync: SyncFacts[];
}

/** A row of spock.exception_log without its tuples. */
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
  /** INSERT, UPDATE, …, or SUB_DISABLE where the subscription was disabled for it. */
  operation: string | null;
  message: string | null;
  /** Marked as resolved in spock.exception_status. */
  resolved: boolean;
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
  /** The value of spock.readonly. */
  readOnly: string | null;
  localNodeId: string | null;
  /** The node's own name in its catalogs; null: no node was created here, or it is not visible. */
  localNode: string | null;
  peers: PeerFacts[];
  slots: SlotFacts[];
  walsenders: WalsenderFacts[];
  /** Null: spock.subscription may not be read, so nothing is known of its rows. */
  subscriptions: SubscriptionFacts[] | null;
  /** Newest exception of each origin; null: not visible, or this version has no exception_log. */
  exceptions: ExceptionMark[] | null;
  /** The greatest id in spock.resolutions; 0 when it is empty, null when not visible. */
  lastResolutionId: number | null;
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

/** Counters of spock.channel_summary_stats; `subscription` null is what leaves the node (`subid = 0`). */
export interface ChannelFacts {
  subscription: string | null;
  inserted: number;
  updated: number;
  deleted: number;
  conflicts: number;
  deltaApplied: number;
}

/** A row of spock.resolutions without its tuples. */
export interface ResolutionFacts {
  id: string;
  /** This server's clock. */
  at: number | null;
  relation: string | null;
  type: string | null;
  resolution: string | null;
  remoteOriginId: string | null;
}

/** What the poll of every 15 s says. */
export interface SlowFacts {
  database: string | null;
  encoding: string | null;
  collation: string | null;
  serverVersion: string | null;
  /** pg_extension.extversion of spock. */
  engineVersion: string | null;
  /** spock.spock_version(): the library that is loaded. */
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
  /** How long the server took to read them; absent: they are those of an earlier poll. */
  tablesMs?: number;
  /** Only where `tables` is not all of them: how many tables each set has. */
  tablesInSets?: Record<string, number>;
  settings: SettingFacts[];
  used: { slots: number | null; senders: number | null; workers: number | null; origins: number | null };
  snowflakeNode: number | null;
  channels: ChannelFacts[] | null;
  /** The newest first, at most 100. */
  resolutions: ResolutionFacts[] | null;
  /** The newest 20 of each origin, newest first. */
  exceptions: ExceptionMark[] | null;
  /** Exceptions without a resolved status, the newest `countedExceptions` of each origin counted. */
  exceptionCounts: { originId: string; count: number }[] | null;
}
