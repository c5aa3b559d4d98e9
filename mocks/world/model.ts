/** What a simulated cluster is made of: servers, not what a console knows of them (that is made by observing). */
import type { Cluster } from '#core/contract/clusters.ts';
import type { Conflict, Exception } from '#core/contract/history.ts';
import type { NodeSnapshot, SubscriptionSnapshot } from '#core/model/snapshot.ts';
import type { LagReading } from './lag-history.ts';

export interface SimSetting {
  value: string;
  unit: string | null;
  wanted: string | null;
  ok: boolean | null;
}

/** A table as one node has it. */
export interface SimTable {
  schema: string;
  name: string;
  /** `name type`, in order. */
  columns: string[];
  key: string[];
  identity: 'default' | 'index' | 'full' | 'nothing' | 'none';
  rows: number | null;
  partitionOf: string | null;
  sets: { set: string; rowFilter: string | null; columns: string[] | null }[];
  deltaColumns: string[];
}

export interface SimSet {
  name: string;
  insert: boolean;
  update: boolean;
  delete: boolean;
  truncate: boolean;
  sequences: number;
}

export interface SimNode {
  name: string;
  location: string | null;
  country: string | null;
  /** `host:port/database`. */
  address: string;
  dsn: string;
  /** running: answers; stopped: refuses; hung: accepts and says nothing (SIGSTOP, a lost route). */
  state: 'running' | 'stopped' | 'hung';
  /** False until the console polled it for the first time. */
  polled: boolean;
  /** Polls start this long after the cluster was connected, ms of world time. */
  firstPollAt: number;
  roundTripMs: number;
  wal: number;
  writeBytesPerSecond: number;
  clockOffsetSeconds: number;
  serverVersion: string;
  engineVersion: string;
  standin: boolean;
  standby: boolean;
  readOnly: boolean;
  systemIdentifier: string;
  timeline: number;
  maxSlots: number;
  otherSlots: number;
  snowflakeNode: number | null;
  settings: Map<string, SimSetting>;
  interfaces: NodeSnapshot['interfaces'];
  unseen: string[];
  tables: SimTable[];
  sets: SimSet[];
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
  createdAt: number;
  providerDsn: string;
  /** Position up to which the receiver has confirmed; null: the provider has no such slot. */
  confirmed: number | null;
  restart: number | null;
  /** Seconds that a caught-up link is behind, mostly the way there. */
  baseLagSeconds: number;
  /** The most that the receiver applies, bytes of WAL a second. */
  applyBytesPerSecond: number;
  /** WAL that the slot holds behind the confirmed position when nothing pins it. */
  heldBytes: number;
  /** restart_lsn cannot move: an open transaction on the provider. */
  pinned: boolean;
  /** The apply worker fails again and again. */
  broken: boolean;
  /** The first copy, under way until all tables are ready. */
  copy: { tables: { schema: string; name: string }[]; done: number; tablesPerSecond: number } | null;
  walStatus: 'reserved' | 'extended' | 'unreserved' | 'lost';
  /** The receiver's own word where it differs from what is so (it says replicating while its provider is gone). */
  reported: SubscriptionSnapshot['status'] | null;
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
  conflicts: Conflict[];
  exceptions: Exception[];
  discovered: Cluster['discovered'];
  sandbox: Cluster['sandbox'];
  /** max_slot_wal_keep_size of all nodes; null: without bound. */
  slotKeepBytes: number | null;
  /** What a link's lag was some seconds before the world began; undefined: as a healthy link's, null: not known. */
  past: ((provider: string, receiver: string, secondsAgo: number) => LagReading | null | undefined) | null;
}
