/** What a rule is given, and what it gives. One rule a file; `rules.ts` holds them all. */
import type { Capabilities } from '#core/engines/engine.ts';
import type { FastFacts, PollFailure, Reading, SlowFacts } from '#core/model/facts.ts';
import type { Finding } from '#core/model/finding.ts';
import type { ClusterMemory } from '#core/model/memory.ts';
import type { PairMap } from '#core/model/pair-map.ts';
import type { LinkSnapshot, Snapshot, SubscriptionSnapshot } from '#core/model/snapshot.ts';
import type { TableComparison } from '#core/model/tables.ts';
import type { WalRoom } from '#core/model/wal-room.ts';

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
  /** What its disk can take; null: nobody said it. */
  walRoom: WalRoom | null;
}

/** A snapshot before anything was concluded from it. */
export type SnapshotFacts = Omit<Snapshot, 'health' | 'healthSince' | 'sentence' | 'findings'>;

export interface AdviceInput {
  /** Milliseconds, console's clock. */
  at: number;
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
}

/** A finding as a rule gives it; `since` and `id` follow from what was found before. */
export type FindingDraft = Omit<Finding, 'id' | 'since' | 'code'> & {
  /** Milliseconds: since when it is so, where a fact says it; else since it was first seen. */
  sinceAt?: number;
  /** Makes the id of two findings on one subject distinct. */
  part?: string;
};

export type Rule = (input: AdviceInput) => FindingDraft[];
