/** The nodes of one cluster that are watched: one watch for each that the registry has, whatever is saved meanwhile. */
import type { AdvisingEngine } from '#core/advice/rule.ts';
import type { EngineOf } from '#core/engines/engine.ts';
import type { FastFacts, Reading } from '#core/model/facts.ts';
import type { WalRoom } from '#core/model/wal-room.ts';
import type { NodeInput } from '#core/snapshot/assembled.ts';
import type { ClusterMemory } from '#core/snapshot/memory.ts';
import type { Log } from '#server/log.ts';
import { dsnAddress } from '#server/postgres/targets.ts';
import type { ClusterRecord, NodeRecord } from '#server/store/registry.ts';
import { NodeWatch, type PollRecord } from './node-watch.ts';

export interface WatchedNodesDeps {
  engineOf: EngineOf<AdvisingEngine>;
  log: Log;
  /** The disk under a sandbox; null while it is not known. */
  machineRoom: (cluster: string) => WalRoom | null;
  /** The server that a node is on was read for the first time since its address was saved. */
  onIdentity?: (cluster: string, node: NodeRecord, systemIdentifier: string) => void;
  /** A node that was kept unreachable has said its name. */
  onNamed: (cluster: string, node: NodeRecord, name: string) => void;
}

export interface WatchedNodesOptions {
  record: ClusterRecord;
  /** Positions and names are remembered of each good poll, and forgotten with the node. */
  memory: ClusterMemory;
  onUrgent: () => void;
  /** Whether a receiver of this node applies with a delay. */
  delaysApply: (node: string) => boolean;
}

export class WatchedNodes {
  readonly #deps: WatchedNodesDeps;
  readonly #options: WatchedNodesOptions;
  #record: ClusterRecord;
  #nodes = new Map<string, NodeWatch>();

  constructor(options: WatchedNodesOptions, deps: WatchedNodesDeps) {
    this.#deps = deps;
    this.#options = options;
    this.#record = options.record;
    this.update(options.record);
  }

  /** Nodes whose DSN stayed keep their facts. */
  update(record: ClusterRecord): void {
    const { memory } = this.#options;
    this.#record = record;
    const next = new Map<string, NodeWatch>();
    for (const node of record.nodes) {
      const known = this.#nodes.get(node.name);
      if (known !== undefined && known.record.dsn === node.dsn) next.set(node.name, known);
      else {
        // Another DSN may be another server: positions of the old one say nothing of it.
        memory.forget(node.name);
        next.set(node.name, this.#watch(node));
      }
    }
    for (const [name, node] of this.#nodes) {
      if (next.get(name) === node) continue;
      node.stop();
      if (!next.has(name)) memory.forget(name);
    }
    this.#nodes = next;
  }

  get(name: string): NodeWatch | undefined {
    return this.#nodes.get(name);
  }

  /** The facts themselves, by the registry's order. */
  inputs(): NodeInput[] {
    const machine = this.#record.sandbox ? this.#deps.machineRoom(this.#record.name) : null;
    return this.#record.nodes.map(({ name, walRoom }) => ({
      ...(this.#nodes.get(name) as NodeWatch).input(),
      walRoom: machine ?? walRoom,
    }));
  }

  polls(): Record<string, readonly PollRecord[]> {
    return Object.fromEntries([...this.#nodes].map(([name, node]) => [name, node.polls]));
  }

  /** Polls all. Ends when all have answered, or failed to, and after so many milliseconds in any case. */
  async poll(withinMs: number): Promise<void> {
    const polls = Promise.all([...this.#nodes.values()].map((node) => node.poll()));
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, withinMs);
    });
    await Promise.race([polls, late]);
    clearTimeout(timer);
  }

  /** Asks all nodes everything again, now; ends when they have answered. */
  async refresh(): Promise<void> {
    await Promise.all([...this.#nodes.values()].map((node) => node.refresh()));
  }

  stop(): void {
    for (const node of this.#nodes.values()) node.stop();
  }

  #watch(record: NodeRecord): NodeWatch {
    const { name } = record;
    return new NodeWatch({
      record,
      engine: this.#deps.engineOf(this.#record.engine),
      log: this.#deps.log,
      onReading: (_, reading) => this.#read(record, reading),
      onUrgent: this.#options.onUrgent,
      identity: () => this.#identityOf(name),
      isAnother: (other) => other !== name && this.#record.nodes.some((each) => each.name === other),
      delaysApply: () => this.#options.delaysApply(name),
    });
  }

  #read(record: NodeRecord, reading: Reading<FastFacts>): void {
    this.#options.memory.observe(record.name, reading);
    const { localNode: name, systemIdentifier } = reading.value;
    if (systemIdentifier !== null && this.#identityOf(record.name) === null) {
      setImmediate(() => this.#deps.onIdentity?.(this.#record.name, record, systemIdentifier));
    }
    if (name !== null && name !== record.name && record.name === dsnAddress(record.dsn)) {
      setImmediate(() => this.#deps.onNamed(this.#record.name, record, name));
    }
  }

  /** Of the record as it is now: it is learnt from the first good poll, and let go when the address is saved again. */
  #identityOf(node: string): string | null {
    return this.#record.nodes.find(({ name }) => name === node)?.systemIdentifier ?? null;
  }
}
