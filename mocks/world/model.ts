/** What a simulated cluster is made of: servers, not what a console knows of them (that is read from them, see read-*.ts). */
import type { Cluster } from '#core/contract/clusters.ts';
import type { Conflict, Exception } from '#core/contract/history.ts';
import type { MembershipFacts, SlowFacts } from '#core/model/facts.ts';
import type { ObservedRole, ObservedSession } from '#core/model/observed.ts';
import type { WalRoom } from '#core/model/wal-room.ts';
import type { LagReading } from './lag-history.ts';
import type { WalTrack } from './wal-track.ts';

/** A table as one node has it. */
export interface SimTable {
  /** By name, of those that were made since. */
  indexes?: string[];
  schema: string;
  name: string;
  /** `name type`, in order. */
  columns: string[];
  key: string[];
  /** pg_class.relreplident. */
  identity: 'd' | 'i' | 'f' | 'n';
  rows: number | null;
  partitionOf: string | null;
  sets: MembershipFacts[];
  deltaColumns: string[];
  /** Columns that draw from a plain sequence. */
  sequenceColumns: string[];
}

export interface SimSet {
  name: string;
  insert: boolean;
  update: boolean;
  delete: boolean;
  truncate: boolean;
  sequences: string[];
}

/** A slot that no subscription of this cluster uses. */
export interface SimSlot {
  name: string;
  plugin: string;
  database: string;
  active: boolean;
  restart: number;
}

export interface SimSetting {
  value: string;
  unit: string | null;
  /** What ALTER SYSTEM has set; absent or null: nothing. */
  altered?: string | null;
  /** In force after a restart; absent or null: nothing waits. */
  next?: string | null;
  /** Without ALTER SYSTEM; absent: as it is. */
  beneath?: string;
}

export interface SimNode {
  name: string;
  location: string | null;
  country: string | null;
  host: string;
  port: number;
  database: string;
  /**
   * running: answers; stopped: refuses; hung: accepts and says nothing (SIGSTOP, a lost route); closed: answers, and
   * lets the console's role read nothing; full: answers, and lets nobody in; replaced: the console's address of it leads to another
   * server, its peers' does not.
   */
  state: 'running' | 'stopped' | 'hung' | 'closed' | 'full' | 'replaced';
  /** The console begins to poll it at this moment, ms since 1970. */
  firstPollAt: number;
  roundTripMs: number;
  wal: number;
  track: WalTrack;
  writeBytesPerSecond: number;
  clockOffsetSeconds: number;
  serverVersion: string;
  engineVersion: string;
  standin: boolean;
  standby: boolean;
  /** spock.readonly: off, user, local or all. */
  readOnly: string;
  systemIdentifier: string;
  timeline: number;
  startedAt: number;
  otherSlots: SimSlot[];
  /** Its links are read; all that is read more seldom runs into a lock since this moment, ms since 1970. */
  lockedSince?: number;
  /** Its slots are marked for failover. */
  failover?: boolean;
  /** Sessions that others wait for. */
  sessions?: ObservedSession[];
  /** What may stop the server whatever it replicates. */
  upkeep?: Pick<SlowFacts, 'ages' | 'prepared' | 'archiver'>;
  snowflakeNode: number | null;
  /** Name → value and unit, as pg_settings has them. */
  settings: Map<string, SimSetting>;
  /** The version of the package on its disk, where that is another one; its library is loaded already. */
  packageVersion?: string;
  /** What its disk has free for WAL, as somebody said it. */
  walRoom: WalRoom | null;
  /** By which its peers may reach it, beside the one that is called as the node. */
  interfaces?: string[];
  /** Where its peers reach it, when that is not where the console does. */
  peerHost: string | null;
  unseen: string[];
  /** By which the console reads it; absent: a superuser. */
  role?: ObservedRole;
  tables: SimTable[];
  sets: SimSet[];
  /** Counts up with every change of what the slow poll reads. */
  catalogMark: number;
}

/** A subscription on its receiver together with its slot on the provider. */
export interface SimSubscription {
  name: string;
  receiver: string;
  provider: string;
  slot: string;
  enabled: boolean;
  replicationSets: string[];
  forwardOrigins: string[];
  applyDelaySeconds: number;
  skipSchema?: string[];
  skipLsn?: string | null;
  /** By which it reaches its provider; absent: the one that the node was made with, called as the node. */
  interface?: string;
  createdAt: number;
  /** Host that the receiver reads from, when its provider has moved on. */
  providerHost: string | null;
  /** Position up to which the receiver has confirmed; null: the provider has no such slot. */
  confirmed: number | null;
  restart: number | null;
  /** Seconds that a caught-up link is behind, mostly the way there. */
  baseLagSeconds: number;
  /** Seconds behind as a function of the moment, instead of `baseLagSeconds`; for links that a scenario leads. */
  lead: ((at: number) => number) | null;
  /** The most that the receiver applies, bytes of WAL a second. */
  applyBytesPerSecond: number;
  /** WAL that the slot holds behind the confirmed position when nothing pins it. */
  heldBytes: number;
  /** restart_lsn cannot move: an open transaction on the provider. */
  pinned: boolean;
  /** The way between the two is cut, though both run. */
  cut: boolean;
  /** Tables whose copy Spock has given up: their changes are thrown away. */
  failedCopies?: { schema: string; name: string }[];
  /** The apply worker fails again and again. */
  broken: boolean;
  /** The first copy, under way until all tables are ready. */
  copy: { tables: { schema: string; name: string }[]; done: number; tablesPerSecond: number } | null;
  walStatus: 'reserved' | 'extended' | 'unreserved' | 'lost';
  workerPid: number;
}

export interface SimCluster {
  name: string;
  seed: number;
  createdAt: number;
  pollSeconds: number;
  thresholds: Cluster['thresholds'];
  topology: Cluster['topology'];
  nodes: SimNode[];
  subscriptions: SimSubscription[];
  /** Newest first. */
  conflicts: Conflict[];
  exceptions: Exception[];
  discovered: Cluster['discovered'];
  sandbox: Cluster['sandbox'];
  /** max_slot_wal_keep_size of all nodes; null: without bound. */
  slotKeepBytes: number | null;
  /** Stretches in which the console did not sample, ms since 1970. */
  unsampled: { from: number; to: number }[];
  /** What happens when, ms since 1970: done once its moment has come. */
  script: { at: number; act: (cluster: SimCluster) => void }[];
  /** What a link's lag was before the cluster began to be lived; undefined: as a healthy link's, null: not known. */
  past: ((provider: string, receiver: string, at: number) => LagReading | null | undefined) | null;
}
