/** One snapshot after the other of one cluster: each goes by the last, and the first by what stood before a restart. */
import { assess } from '#core/advice/assess.ts';
import type { AdvisingEngine } from '#core/advice/rule.ts';
import type { EngineOf } from '#core/engines/engine.ts';
import type { Snapshot } from '#core/model/snapshot.ts';
import type { Storage } from '#core/model/storage.ts';
import type { NodeInput } from '#core/snapshot/assembled.ts';
import type { ClusterMemory } from '#core/snapshot/memory.ts';
import type { ClusterRecord } from '#server/store/registry.ts';
import type { WatchState } from '#server/store/watch-state.ts';

export interface SnapshotMakerDeps {
  engineOf: EngineOf<AdvisingEngine>;
  runUnderWay: (cluster: string) => boolean;
  /** Whether what is observed is kept. */
  storage: () => Storage;
}

export class SnapshotMaker {
  readonly #deps: SnapshotMakerDeps;
  readonly #memory: ClusterMemory;
  readonly #pollSeconds: number;
  #previous: Snapshot | null = null;
  /** What stood before the console was restarted; until every node has spoken, or failed to. */
  #before: WatchState | null;
  #builtAt = 0;

  constructor(
    of: { memory: ClusterMemory; before: WatchState | null; pollSeconds: number },
    deps: SnapshotMakerDeps,
  ) {
    this.#deps = deps;
    this.#memory = of.memory;
    this.#before = of.before;
    this.#pollSeconds = of.pollSeconds;
  }

  /** Null: none has been taken yet. */
  get previous(): Snapshot | null {
    return this.#previous;
  }

  /** `at` in milliseconds since 1970. */
  make(record: ClusterRecord, nodes: NodeInput[], at: number): Snapshot {
    // Two builds within one millisecond would carry one moment twice.
    this.#builtAt = Math.max(at, this.#builtAt);
    const snapshot = assess({
      cluster: record.name,
      engine: record.engine,
      engineOf: this.#deps.engineOf,
      at: this.#builtAt,
      pollSeconds: this.#pollSeconds,
      thresholds: record.thresholds,
      topology: record.topology.kind,
      nodes,
      memory: this.#memory,
      previous:
        this.#before === null ? this.#previous : this.#withFindings(this.#previous, this.#before, record),
      runUnderWay: this.#deps.runUnderWay(record.name),
      storage: this.#deps.storage(),
    });
    // It was so when the console stopped, and is so again: then it lasts since then.
    if (this.#before?.health !== snapshot.health) return snapshot;
    return { ...snapshot, healthSince: this.#before.healthSince };
  }

  /** The next one goes by this. `nodes`: as they are now. */
  take(snapshot: Snapshot, nodes: readonly NodeInput[]): void {
    this.#previous = snapshot;
    if (nodes.every(({ slow, failure }) => slow !== null || failure !== null)) this.#before = null;
  }

  /** The findings that stood before, so that those that are found again keep their `since`. */
  #withFindings(previous: Snapshot | null, before: WatchState, record: ClusterRecord): Snapshot {
    const snapshot = previous ?? emptySnapshot(record, this.#pollSeconds);
    const found = new Set(snapshot.findings.map((finding) => finding.id));
    const kept = before.findings.filter((finding) => !found.has(finding.id));
    return { ...snapshot, findings: [...snapshot.findings, ...kept] };
  }
}

const emptySnapshot = (record: ClusterRecord, pollSeconds: number): Snapshot => ({
  cluster: record.name,
  engine: record.engine,
  observedAt: record.createdAt,
  pollSeconds,
  health: 'unknown',
  healthSince: null,
  sentence: [],
  thresholds: record.thresholds,
  nodes: [],
  subscriptions: [],
  links: [],
  replicationSets: [],
  findings: [],
});
