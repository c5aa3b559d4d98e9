/**
 * One cluster, watched: a tick each second polls every node on its own (watched-nodes.ts), and one snapshot is made of what they
 * said (snapshot-maker.ts), sent (stream.ts) and kept (watch-keeper.ts). The tick waits for slow nodes a moment only, so none
 * delays the others. Browsers read the stream; they cause no queries.
 */
import type { RememberedSubscription } from '#core/model/observed.ts';
import type { Snapshot } from '#core/model/snapshot.ts';
import type { NodeInput } from '#core/snapshot/assembled.ts';
import { ClusterMemory } from '#core/snapshot/memory.ts';
import { compareTables, type TableComparison } from '#core/snapshot/tables.ts';
import type { ClusterRecord } from '#server/store/registry.ts';
import { Complaints } from './complaints.ts';
import type { NodeWatch, PollRecord } from './node-watch.ts';
import { SnapshotMaker, type SnapshotMakerDeps } from './snapshot-maker.ts';
import { SnapshotStream } from './stream.ts';
import { WatchKeeper, type WatchKeeperDeps } from './watch-keeper.ts';
import { WatchedNodes, type WatchedNodesDeps } from './watched-nodes.ts';

const TICK_MS = 1000;
/** Nodes that answer within this are in the snapshot of their tick, the others in the next. */
const GATHER_MS = 150;

export type WatcherDeps = WatchedNodesDeps & SnapshotMakerDeps & WatchKeeperDeps;

export class Watcher {
  readonly stream = new SnapshotStream();
  #record: ClusterRecord;
  readonly #memory = new ClusterMemory();
  readonly #complaints: Complaints;
  readonly #keeper: WatchKeeper;
  readonly #snapshots: SnapshotMaker;
  readonly #nodes: WatchedNodes;
  #timer: NodeJS.Timeout | null = null;
  #urgent: NodeJS.Immediate | null = null;
  #stopped = false;

  constructor(record: ClusterRecord, deps: WatcherDeps) {
    const memory = this.#memory;
    this.#record = record;
    this.#complaints = new Complaints(deps.log);
    this.#keeper = new WatchKeeper(record, { memory, complaints: this.#complaints }, deps);
    const { before } = this.#keeper;
    this.#snapshots = new SnapshotMaker({ memory, before, pollSeconds: TICK_MS / 1000 }, deps);
    this.#nodes = new WatchedNodes(
      {
        record,
        memory,
        onUrgent: () => this.#buildSoon(),
        delaysApply: (node) =>
          this.#snapshots.previous?.subscriptions.some(
            ({ provider, applyDelaySeconds }) => provider === node && applyDelaySeconds > 0,
          ) === true,
      },
      deps,
    );
  }

  get record(): ClusterRecord {
    return this.#record;
  }

  start(): void {
    if (this.#timer !== null || this.#stopped) return;
    this.#timer = setInterval(() => void this.#tick(), TICK_MS);
    void this.#tick();
  }

  /** Thresholds, topology, name or nodes are other ones now. Nodes whose DSN stayed keep their facts. */
  update(record: ClusterRecord): void {
    this.#record = record;
    this.#nodes.update(record);
    this.#buildSoon();
    void this.#tick();
  }

  /** `forgotten`: nothing of the cluster is to be kept. */
  stop(how: 'kept' | 'forgotten' = 'kept'): void {
    if (this.#stopped) return;
    this.#stopped = true;
    if (this.#timer !== null) clearInterval(this.#timer);
    if (this.#urgent !== null) clearImmediate(this.#urgent);
    this.#nodes.stop();
    const last = this.stream.current;
    if (how === 'kept' && last !== null) this.#keeper.saveState(this.#record, last, this.inputs());
    this.stream.end();
  }

  /** The last snapshot, or one that says that nothing is known yet. */
  get snapshot(): Snapshot {
    return this.stream.current ?? this.#snapshots.make(this.#record, this.inputs(), Date.now());
  }

  /** What planners are given: the facts themselves, by the registry's order. */
  inputs(): NodeInput[] {
    return this.#nodes.inputs();
  }

  /** What the slot of a node that holds most WAL holds now; null while the node cannot be read. */
  mostHeldBytes(name: string): number | null {
    const node = this.#nodes.get(name)?.input();
    return node?.fast && node.failure === null ? this.#memory.lag.mostHeldBytes(name) : null;
  }

  /** What the catalogs of a node called an origin of transactions, one that has left included; null: nobody remembers. */
  originName(node: string, originId: string): string | null {
    return this.#memory.originName(node, originId);
  }

  tables(): TableComparison {
    return compareTables(
      this.inputs().map(({ name, slow }) => ({
        node: name,
        tables: slow?.value.tables ?? null,
        complete: slow?.value.tablesComplete ?? false,
      })),
    );
  }

  /** The subscriptions of all nodes as they were last read, of a node that does not answer any more too. */
  remembered(): RememberedSubscription[] {
    return this.#keeper.remembered(this.#record, this.inputs());
  }

  polls(): Record<string, readonly PollRecord[]> {
    return this.#nodes.polls();
  }

  /** The registered node's watch: its client serves pages of rows and traces. */
  node(name: string): NodeWatch | undefined {
    return this.#nodes.get(name);
  }

  /** Asks all nodes everything again, now; ends when a snapshot was built of it. For after a plan's step. */
  async refresh(): Promise<void> {
    await this.#nodes.refresh();
    if (!this.#stopped) this.#build();
  }

  async #tick(): Promise<void> {
    if (this.#stopped) return;
    await this.#nodes.poll(GATHER_MS);
    if (!this.#stopped) this.#build();
  }

  #buildSoon(): void {
    if (this.#stopped || this.#urgent !== null) return;
    this.#urgent = setImmediate(() => {
      this.#urgent = null;
      this.#build();
    });
  }

  #build(): void {
    const at = Date.now();
    this.#complaints.attempt(`building the snapshot of ${this.#record.name}`, () => {
      const nodes = this.inputs();
      const next = this.#snapshots.make(this.#record, nodes, at);
      for (const [name, from] of this.#memory.doubts.unread) this.#nodes.get(name)?.readAgain(from);
      this.#snapshots.take(next, nodes);
      this.stream.push(next);
      this.#keeper.keep(this.#record, next, nodes, at);
    });
  }
}
