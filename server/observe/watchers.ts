/** A watcher for each cluster of the registry, coming and going with it. */
import type { AdvisingEngine } from '#core/advice/rule.ts';
import type { EngineOf } from '#core/engines/engine.ts';
import type { RememberedSubscription } from '#core/model/observed.ts';
import type { Snapshot } from '#core/model/snapshot.ts';
import type { Storage } from '#core/model/storage.ts';
import type { WalRoom } from '#core/model/wal-room.ts';
import type { Log } from '#server/log.ts';
import type { ActivityLog } from '#server/store/activity.ts';
import type { LagHistory } from '#server/store/history.ts';
import type { ClusterRecord, NodeRecord, Registry, RegistryChange } from '#server/store/registry.ts';
import type { WatchStates } from '#server/store/watch-state.ts';
import { Watcher } from './watcher.ts';

export interface WatchersDeps {
  engineOf: EngineOf<AdvisingEngine>;
  log: Log;
  registry: Registry;
  activity: ActivityLog;
  history: LagHistory;
  states: WatchStates;
  /** The disk under a sandbox of that name; null while it is not known. */
  machineRoom: (cluster: string) => WalRoom | null;
  /** Whether what is observed is kept. */
  storage: () => Storage;
  /** While a plan is being run on a cluster, half-made things there are no findings. */
  runUnderWay: (cluster: string) => boolean;
}

export class Watchers {
  readonly #deps: WatchersDeps;
  readonly #watchers = new Map<string, Watcher>();
  readonly #unlisten: (() => void)[];

  /** Starts watching what the registry has. */
  constructor(deps: WatchersDeps) {
    this.#deps = deps;
    this.#unlisten = [
      deps.registry.onWrite((change) => this.#write(change)),
      deps.registry.onChange((change) => this.#follow(change)),
    ];
    for (const record of deps.registry.list()) this.#add(record);
  }

  get(cluster: string): Watcher | undefined {
    return this.#watchers.get(cluster);
  }

  list(): Watcher[] {
    return [...this.#watchers.values()];
  }

  /** What is so of a cluster, all its nodes asked again just now; null: it is not watched. */
  async refreshed(cluster: string): Promise<Snapshot | null> {
    const watcher = this.#watchers.get(cluster);
    if (watcher === undefined) return null;
    await watcher.refresh();
    return watcher.snapshot;
  }

  /** Its subscriptions as they were last read; none where it is not watched. */
  remembered(cluster: string): RememberedSubscription[] {
    return this.#watchers.get(cluster)?.remembered() ?? [];
  }

  stop(): void {
    for (const unlisten of this.#unlisten) unlisten();
    for (const watcher of this.#watchers.values()) watcher.stop();
    this.#watchers.clear();
  }

  #add(record: ClusterRecord): void {
    const { engineOf, log, history, activity, states, machineRoom, storage, runUnderWay } = this.#deps;
    const watcher = new Watcher(record, {
      engineOf,
      log,
      history,
      activity,
      states,
      machineRoom,
      storage,
      runUnderWay,
      onNamed: (cluster, node, name) => this.#change(cluster, node, { name }),
      onIdentity: (cluster, node, systemIdentifier) => this.#change(cluster, node, { systemIdentifier }),
    });
    this.#watchers.set(record.name, watcher);
    watcher.start();
  }

  /** What is kept by a cluster's name. A name may be used again: what was kept of a cluster of before is not the new one's. */
  #write(change: RegistryChange): void {
    const { history, activity, states } = this.#deps;
    if (change.kind !== 'replaced') {
      history.forget(change.record.name);
      states.forget(change.record.name);
    } else if (change.previousName !== change.record.name) {
      history.rename(change.previousName, change.record.name);
      activity.rename(change.previousName, change.record.name);
      states.rename(change.previousName, change.record.name);
    }
  }

  #follow(change: RegistryChange): void {
    if (change.kind === 'added') this.#add(change.record);
    else if (change.kind === 'replaced') this.#replace(change.previousName, change.record);
    else {
      this.#watchers.get(change.record.name)?.stop('forgotten');
      this.#watchers.delete(change.record.name);
    }
  }

  #replace(previousName: string, record: ClusterRecord): void {
    const watcher = this.#watchers.get(previousName);
    if (previousName !== record.name) {
      this.#watchers.delete(previousName);
      if (watcher !== undefined) this.#watchers.set(record.name, watcher);
    }
    watcher?.update(record);
  }

  /**
   * What a node has said of itself for the first time: the name that it has in the catalogs, where it was saved unreachable under
   * its address; the server that it is on. Nothing, where its record was changed meanwhile.
   */
  #change(
    cluster: string,
    node: NodeRecord,
    change: Partial<Pick<NodeRecord, 'name' | 'systemIdentifier'>>,
  ): void {
    const record = this.#deps.registry.get(cluster);
    const current = record?.nodes.find((other) => other.name === node.name && other.dsn === node.dsn);
    if (record === undefined || current === undefined) return;
    const { name } = change;
    if (name !== undefined && record.nodes.some((other) => other.name === name)) return;
    const nodes = record.nodes.map((other) => (other === current ? { ...other, ...change } : other));
    this.#deps.registry.replace(cluster, { ...record, nodes });
  }
}
