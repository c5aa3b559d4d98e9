/** What is kept of one cluster's watch: lag history, activity, and the state that a restarted console goes on from. */
import { BurstChronicle } from '#core/activity/bursts.ts';
import { awayFor, Chronicle } from '#core/activity/chronicle.ts';
import { OutsideChanges } from '#core/activity/outside.ts';
import type { RememberedSubscription } from '#core/model/observed.ts';
import type { Snapshot } from '#core/model/snapshot.ts';
import type { NodeInput } from '#core/snapshot/assembled.ts';
import type { ClusterMemory } from '#core/snapshot/memory.ts';
import type { ActivityLog } from '#server/store/activity.ts';
import type { LagHistory } from '#server/store/history.ts';
import type { ClusterRecord } from '#server/store/registry.ts';
import type { WatchState, WatchStates } from '#server/store/watch-state.ts';
import type { Complaints } from './complaints.ts';

const SAVE_STATE_MS = 10_000;
/** A console that was away for less is not worth a line. */
const GAP_WORTH_TELLING_MS = 5000;

export interface WatchKeeperDeps {
  history: Pick<LagHistory, 'append'>;
  activity: Pick<ActivityLog, 'add'>;
  states: Pick<WatchStates, 'get' | 'put'>;
  /** Of this console. */
  runUnderWay: (cluster: string) => boolean;
}

export class WatchKeeper {
  readonly #deps: WatchKeeperDeps;
  readonly #memory: ClusterMemory;
  readonly #complaints: Complaints;
  readonly #chronicle: Chronicle;
  readonly #bursts = new BurstChronicle();
  readonly #outside = new OutsideChanges();
  /** As the console left it when it was stopped; null: it never watched this cluster. */
  readonly before: WatchState | null;
  /** As they were last read, before a restart too. */
  #read: readonly RememberedSubscription[];
  #keptAt = 0;
  #savedAt = 0;

  constructor(
    { name }: ClusterRecord,
    of: { memory: ClusterMemory; complaints: Complaints },
    deps: WatchKeeperDeps,
  ) {
    this.#deps = deps;
    this.#memory = of.memory;
    this.#complaints = of.complaints;
    this.before = deps.states.get(name);
    this.#chronicle = new Chronicle(this.before?.findings);
    this.#read = this.before?.subscriptions ?? [];
    this.#memory.slots.restore(this.before?.slotOwners ?? []);
    const away = this.before === null ? 0 : Date.now() - this.before.seenAt;
    if (away > GAP_WORTH_TELLING_MS) this.#tell(name, `Tricorder restarted; ${awayFor(away)} not sampled`);
  }

  /** History and activity. A disk that takes nothing costs the history, not the watch. `at` in milliseconds since 1970. */
  keep(record: ClusterRecord, snapshot: Snapshot, nodes: readonly NodeInput[], at: number): void {
    const runUnderWay = this.#deps.runUnderWay(record.name);
    // Happenings first: what cannot be written of them waits in memory.
    this.#complaints.attempt(`telling what happened of ${record.name}`, () => {
      const news = [
        ...this.#chronicle.follow(snapshot, at),
        ...this.#bursts.follow(nodes, at),
        ...this.#outside.follow(snapshot, at, runUnderWay),
      ];
      for (const happening of news) {
        this.#deps.activity.add({ ...happening, cluster: record.name, run: null });
      }
    });
    // Urgent builds come between ticks; the history has one reading a second.
    if (Math.floor(at / 1000) !== Math.floor(this.#keptAt / 1000)) {
      this.#complaints.attempt(`keeping the history of ${record.name}`, () => {
        this.#deps.history.append(record.name, at, snapshot.links);
        this.#keptAt = at;
      });
    }
    if (at - this.#savedAt >= SAVE_STATE_MS) this.saveState(record, snapshot, nodes);
  }

  saveState(record: ClusterRecord, snapshot: Snapshot, nodes: readonly NodeInput[]): void {
    const { health, healthSince, findings } = snapshot;
    const seenAt = Date.now();
    this.#complaints.attempt(`keeping the state of ${record.name}`, () => {
      const subscriptions = this.remembered(record, nodes);
      this.#read = subscriptions;
      const slotOwners = this.#memory.slots.owners;
      this.#deps.states.put(record.name, {
        seenAt,
        health,
        healthSince,
        findings,
        subscriptions,
        slotOwners,
      });
      this.#savedAt = seenAt;
    });
  }

  /** The subscriptions of all nodes as they were last read, of a node that does not answer any more too. */
  remembered(record: ClusterRecord, nodes: readonly NodeInput[]): RememberedSubscription[] {
    const known = new Map(
      nodes.flatMap(({ name, fast }) => {
        const own = fast?.value.subscriptions ?? null;
        if (own === null) return [];
        const subscriptions = own.map((sub) => ({
          receiver: name,
          name: sub.name,
          provider: sub.providerName,
          slot: sub.slot,
        }));
        return [[name, subscriptions] as const];
      }),
    );
    return record.nodes.flatMap(
      ({ name }) => known.get(name) ?? this.#read.filter(({ receiver }) => receiver === name),
    );
  }

  #tell(cluster: string, text: string): void {
    this.#deps.activity.add({
      at: new Date().toISOString(),
      cluster,
      kind: 'console',
      severity: null,
      text,
      subject: null,
      run: null,
      finding: null,
    });
  }
}
