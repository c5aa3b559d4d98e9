/** What a snapshot is made of, and what it is before anything was concluded from it. */
import type { Capabilities, Engine, EngineOf } from '#core/engines/engine.ts';
import type { FastFacts, PollFailure, Reading, SlowFacts } from '#core/model/facts.ts';
import type { LinkSnapshot, Snapshot, SubscriptionSnapshot } from '#core/model/snapshot.ts';
import type { Storage } from '#core/model/storage.ts';
import type { WalRoom } from '#core/model/wal-room.ts';
import type { ClusterMemory } from './memory.ts';
import type { PairMap } from './pair-map.ts';
import type { TableComparison } from './tables.ts';

/** full-mesh: every ordered pair is wanted; as-found: what the catalogs have is. */
export type TopologyKind = 'full-mesh' | 'as-found';

/** One node of the registry and the last that it said. */
export interface NodeInput {
  /** The registry's name. */
  name: string;
  /** `host:port/database`, no user and no password. */
  address: string;
  capabilities: Capabilities | null;
  /** Null until a first poll was good. Kept, and aged, while polls fail. */
  fast: Reading<FastFacts> | null;
  slow: Reading<SlowFacts> | null;
  /** Null when the last poll was good, and before the first. */
  failure: PollFailure | null;
  /** Why what is read every 15 s cannot be: `tables` alone, or all of it. Absent or null: it was read. */
  slowFailure?: (PollFailure & { what: 'all' | 'tables' }) | null;
  /** What its disk can take; null: nobody said it. */
  walRoom: WalRoom | null;
}

/** A snapshot before anything was concluded from it. */
export type SnapshotFacts = Omit<Snapshot, 'health' | 'healthSince' | 'sentence' | 'findings'>;

/** The facts of a cluster put together, and what findings are concluded from besides. */
export interface Assembled<E extends Engine = Engine> {
  /** Milliseconds, console's clock. */
  at: number;
  engineOf: EngineOf<E>;
  /** Those of the cluster and of its subscriptions, the main one first. */
  engines: readonly E[];
  facts: SnapshotFacts;
  /** By registry name. */
  nodes: ReadonlyMap<string, NodeInput>;
  /** The subscription that reads a slot, by provider and slot. */
  slotOwners: PairMap<SubscriptionSnapshot>;
  /** By provider and receiver. */
  links: PairMap<LinkSnapshot>;
  tables: TableComparison;
  memory: ClusterMemory;
  topology: TopologyKind;
  /** A plan is being run on this cluster: half-made things are no orphans. */
  runUnderWay: boolean;
  /** Whether the console can keep what it sees. */
  storage: Storage;
}
