/** A watcher for each cluster of the registry, coming and going with it. */
import type { Engine } from '#core/engines/engine.ts';
import type { Snapshot } from '#core/model/snapshot.ts';
import type { WalRoom } from '#core/model/wal-room.ts';
import type { Log } from '#server/log.ts';
import type { ActivityLog } from '#server/store/activity.ts';
import type { LagHistory } from '#server/store/history.ts';
import type { ClusterRecord, NodeRecord, Registry, RegistryChange } from '#server/store/registry.ts';
import type { WatchStates } from '#server/store/watch-state.ts';
import { Watcher } from './watcher.ts';

export interface WatchersDeps {
  engine: Engine;
  log: Log;
  registry: Registry;
  activity: ActivityLog;
  history: LagHistory;
  states: WatchStates;
  /** The disk under a sandbox of that name; null while it is not known. */
  machineRoom: (cluster: string) => WalRoom | null;
}

export class Watchers {
  readonly #deps: WatchersDeps;
  readonly #watchers = new Map<string, Watcher>();
  readonly #unlisten: () => void;
  #runUnderWay: (cluster: string) => boolean = () => false;

  /** Starts watching what the registry has. */
  constructor(deps: WatchersDeps) {
    this.#deps = deps;
    this.#unlisten = deps.registry.onChange((change) => this.#follow(change));
    for (const record of deps.registry.list()) this.#add(record);
  }

  get(cluster: string): Watcher | undefined {
    return this.#watchers.get(cluster);
  }

  list(): Watcher[] {
    return [...this.#watchers.values()];
  }

  /** Told by the runner: while a plan is being run on a cluster, half-made things there are no findings. */
  setRunUnderWay(runUnderWay: (cluster: string) => boolean): void {
    this.#runUnderWay = runUnderWay;
  }

  /** What is so of a cluster, all its nodes asked again just now; null: it is not watched. */
  async refreshed(cluster: string): Promise<Snapshot | null> {
    const watcher = this.#watchers.get(cluster);
    if (watcher === undefined) return null;
    await watcher.refresh();
    return watcher.snapshot;
  }

  stop(): void {
    this.#unlisten();
    for (const watcher of this.#watchers.values()) watcher.stop();
    this.#watchers.clear();
  }

  #add(record: ClusterRecord): void {
    const { engine, log, history, activity, states, machineRoom } = this.#deps;
    const watcher = new Watcher(record, {
      engine,
      log,
      history,
      activity,
      states,
      machineRoom,
      runUnderWay: (cluster) => this.#runUnderWay(cluster),
      onNamed: (cluster, node, name) => this.#rename(cluster, node, name),
    });
    this.#watchers.set(record.name, watcher);
    watcher.start();
  }

  #follow(change: RegistryChange): void {
    const { history, activity, states } = this.#deps;
    if (change.kind === 'added') {
      // A name may be used again: what was kept of a cluster of before is not this one's.
      history.forget(change.record.name);
      states.forget(change.record.name);
      this.#add(change.record);
    } else if (change.kind === 'removed') {
      this.#watchers.get(change.record.name)?.stop();
      this.#watchers.delete(change.record.name);
      history.forget(change.record.name);
      states.forget(change.record.name);
    } else {
      const { previousName, record } = change;
      const watcher = this.#watchers.get(previousName);
      if (previousName !== record.name) {
        this.#watchers.delete(previousName);
        if (watcher !== undefined) this.#watchers.set(record.name, watcher);
        history.rename(previousName, record.name);
        activity.rename(previousName, record.name);
        states.rename(previousName, record.name);
      }
      watcher?.update(record);
    }
  }

  /** A node that was saved unreachable, under its address, takes the name that it has in the catalogs. */
  #rename(cluster: string, node: NodeRecord, name: string): void {
    const record = this.#deps.registry.get(cluster);
    if (record === undefined || record.nodes.some((other) => other.name === name)) return;
    if (!record.nodes.includes(node)) return;
    const nodes = record.nodes.map((other) => (other === node ? { ...other, name } : other));
    this.#deps.registry.replace(cluster, { ...record, nodes });
  }
}
