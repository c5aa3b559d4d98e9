/**
 * One cluster, watched: a tick each second polls every node on its own, and one snapshot is built of what they said.
 * The tick waits for slow nodes a moment only, so none delays the others. Browsers read the stream; they cause no queries.
 */
import { BurstChronicle } from '#core/activity/bursts.ts';
import { awayFor, Chronicle } from '#core/activity/chronicle.ts';
import { assess } from '#core/advice/assess.ts';
import type { AdvisingEngine } from '#core/advice/rule.ts';
import type { EngineOf } from '#core/engines/engine.ts';
import type { RememberedSubscription } from '#core/model/observed.ts';
import type { Snapshot } from '#core/model/snapshot.ts';
import type { Storage } from '#core/model/storage.ts';
import type { WalRoom } from '#core/model/wal-room.ts';
import type { NodeInput } from '#core/snapshot/assembled.ts';
import { ClusterMemory } from '#core/snapshot/memory.ts';
import { compareTables, type TableComparison } from '#core/snapshot/tables.ts';
import type { Log } from '#server/log.ts';
import { dsnAddress } from '#server/postgres/targets.ts';
import type { ActivityLog } from '#server/store/activity.ts';
import type { LagHistory } from '#server/store/history.ts';
import type { ClusterRecord, NodeRecord } from '#server/store/registry.ts';
import { StorageError } from '#server/store/trouble.ts';
import type { WatchState, WatchStates } from '#server/store/watch-state.ts';
import { NodeWatch, type PollRecord } from './node-watch.ts';
import { SnapshotStream } from './stream.ts';

const TICK_MS = 1000;
/** Nodes that answer within this are in the snapshot of their tick, the others in the next. */
const GATHER_MS = 150;
const SAVE_STATE_MS = 10_000;
/** A console that was away for less is not worth a line. */
const GAP_WORTH_TELLING_MS = 5000;

export interface WatcherDeps {
  engineOf: EngineOf<AdvisingEngine>;
  log: Log;
  history: Pick<LagHistory, 'append'>;
  activity: Pick<ActivityLog, 'add'>;
  states: Pick<WatchStates, 'get' | 'put'>;
  runUnderWay: (cluster: string) => boolean;
  /** The disk under a sandbox; null while it is not known. */
  machineRoom: (cluster: string) => WalRoom | null;
  /** The server that a node is on was read for the first time since its address was saved. */
  onIdentity?: (cluster: string, node: NodeRecord, systemIdentifier: string) => void;
  /** Whether what is observed is kept. */
  storage: () => Storage;
  /** A node that was kept unreachable has said its name. */
  onNamed: (cluster: string, node: NodeRecord, name: string) => void;
}

export class Watcher {
  readonly #deps: WatcherDeps;
  readonly stream = new SnapshotStream();
  #record: ClusterRecord;
  #memory = new ClusterMemory();
  #nodes = new Map<string, NodeWatch>();
  #chronicle: Chronicle;
  readonly #bursts = new BurstChronicle();
  #previous: Snapshot | null = null;
  /** What stood before the console was restarted; until every node has spoken, or failed to. */
  #before: WatchState | null;
  /** As they were last read, before a restart too. */
  #read: RememberedSubscription[];
  #timer: NodeJS.Timeout | null = null;
  #urgent: NodeJS.Immediate | null = null;
  #builtAt = 0;
  #keptAt = 0;
  #savedAt = 0;
  /** What was last said of each thing that fails. */
  readonly #complaints = new Map<string, string>();
  #stopped = false;

  constructor(record: ClusterRecord, deps: WatcherDeps) {
    this.#record = record;
    this.#deps = deps;
    const state = deps.states.get(record.name);
    this.#chronicle = new Chronicle(state?.findings);
    this.#before = state;
    this.#read = state?.subscriptions ?? [];
    this.#memory.slots.restore(state?.slotOwners ?? []);
    const away = state === null ? 0 : Date.now() - state.seenAt;
    if (away > GAP_WORTH_TELLING_MS)
      this.#tell('console', `Tricorder restarted; ${awayFor(away)} not sampled`);
    this.#syncNodes();
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
    this.#syncNodes();
    this.#buildSoon();
    void this.#tick();
  }

  /** `forgotten`: nothing of the cluster is to be kept. */
  stop(how: 'kept' | 'forgotten' = 'kept'): void {
    if (this.#stopped) return;
    this.#stopped = true;
    if (this.#timer !== null) clearInterval(this.#timer);
    if (this.#urgent !== null) clearImmediate(this.#urgent);
    for (const node of this.#nodes.values()) node.stop();
    if (how === 'kept') this.#saveState();
    this.stream.end();
  }

  /** The last snapshot, or one that says that nothing is known yet. */
  get snapshot(): Snapshot {
    return this.stream.current ?? this.#assemble(Date.now());
  }

  /** What planners are given: the facts themselves, by the registry's order. */
  inputs(): NodeInput[] {
    const machine = this.#record.sandbox ? this.#deps.machineRoom(this.#record.name) : null;
    return this.#record.nodes.map(({ name, walRoom }) => ({
      ...(this.#nodes.get(name) as NodeWatch).input(),
      walRoom: machine ?? walRoom,
    }));
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
    const known = this.inputs().flatMap(({ name, fast }) => {
      const own = fast?.value.subscriptions ?? null;
      if (own === null) return [];
      const subscriptions = own.map((sub) => ({
        receiver: name,
        name: sub.name,
        provider: sub.providerName,
        slot: sub.slot,
      }));
      return [{ name, subscriptions }];
    });
    const of = new Map(known.map(({ name, subscriptions }) => [name, subscriptions]));
    return this.#record.nodes.flatMap(
      ({ name }) => of.get(name) ?? this.#read.filter(({ receiver }) => receiver === name),
    );
  }

  polls(): Record<string, readonly PollRecord[]> {
    return Object.fromEntries([...this.#nodes].map(([name, node]) => [name, node.polls]));
  }

  /** The registered node's watch: its client serves pages of rows and traces. */
  node(name: string): NodeWatch | undefined {
    return this.#nodes.get(name);
  }

  /** Asks all nodes everything again, now; ends when a snapshot was built of it. For after a plan's step. */
  async refresh(): Promise<void> {
    await Promise.all([...this.#nodes.values()].map((node) => node.refresh()));
    if (!this.#stopped) this.#build();
  }

  #syncNodes(): void {
    const next = new Map<string, NodeWatch>();
    for (const record of this.#record.nodes) {
      const known = this.#nodes.get(record.name);
      if (known !== undefined && known.record.dsn === record.dsn) next.set(record.name, known);
      else {
        // Another DSN may be another server: positions of the old one say nothing of it.
        this.#memory.forget(record.name);
        next.set(record.name, this.#watch(record));
      }
    }
    for (const [name, node] of this.#nodes) {
      if (next.get(name) === node) continue;
      node.stop();
      if (!next.has(name)) this.#memory.forget(name);
    }
    this.#nodes = next;
  }

  #watch(record: NodeRecord): NodeWatch {
    return new NodeWatch({
      record,
      engine: this.#deps.engineOf(this.#record.engine),
      log: this.#deps.log,
      onReading: (node, reading) => {
        this.#memory.observe(node, reading);
        const { localNode: name, systemIdentifier } = reading.value;
        if (systemIdentifier !== null && this.#identityOf(record.name) === null) {
          setImmediate(() => this.#deps.onIdentity?.(this.#record.name, record, systemIdentifier));
        }
        if (name !== null && name !== record.name && record.name === dsnAddress(record.dsn)) {
          setImmediate(() => this.#deps.onNamed(this.#record.name, record, name));
        }
      },
      onUrgent: () => this.#buildSoon(),
      identity: () => this.#identityOf(record.name),
      isAnother: (name) => name !== record.name && this.#record.nodes.some((other) => other.name === name),
      delaysApply: () =>
        this.#previous?.subscriptions.some(
          ({ provider, applyDelaySeconds }) => provider === record.name && applyDelaySeconds > 0,
        ) === true,
    });
  }

  /** Of the record as it is now: it is learnt from the first good poll, and let go when the address is saved again. */
  #identityOf(node: string): string | null {
    return this.#record.nodes.find(({ name }) => name === node)?.systemIdentifier ?? null;
  }

  async #tick(): Promise<void> {
    if (this.#stopped) return;
    const polls = Promise.all([...this.#nodes.values()].map((node) => node.poll()));
    let timer: NodeJS.Timeout | undefined;
    const gathered = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, GATHER_MS);
    });
    await Promise.race([polls, gathered]);
    clearTimeout(timer);
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
    this.#try('building the snapshot', () => {
      const next = this.#assemble(at);
      this.#previous = next;
      for (const [name, from] of this.#memory.doubts.unread) this.#nodes.get(name)?.readAgain(from);
      if (this.inputs().every(({ slow, failure }) => slow !== null || failure !== null)) this.#before = null;
      this.stream.push(next);
      this.#keep(next, at);
    });
  }

  #assemble(at: number): Snapshot {
    // Two builds within one millisecond would carry one moment twice.
    this.#builtAt = Math.max(at, this.#builtAt);
    const snapshot = assess({
      cluster: this.#record.name,
      engine: this.#record.engine,
      engineOf: this.#deps.engineOf,
      at: this.#builtAt,
      pollSeconds: TICK_MS / 1000,
      thresholds: this.#record.thresholds,
      topology: this.#record.topology.kind,
      nodes: this.inputs(),
      memory: this.#memory,
      previous:
        this.#before === null ? this.#previous : withFindings(this.#previous, this.#before, this.#record),
      runUnderWay: this.#deps.runUnderWay(this.#record.name),
      storage: this.#deps.storage(),
    });
    // It was so when the console stopped, and is so again: then it lasts since then.
    if (this.#before?.health !== snapshot.health) return snapshot;
    return { ...snapshot, healthSince: this.#before.healthSince };
  }

  /** History and activity. A disk that takes nothing costs the history, not the watch. */
  #keep(snapshot: Snapshot, at: number): void {
    // Happenings first: what cannot be written of them waits in memory.
    this.#try('telling what happened', () => {
      const news = [...this.#chronicle.follow(snapshot, at), ...this.#bursts.follow(this.inputs(), at)];
      for (const happening of news) {
        this.#deps.activity.add({ ...happening, cluster: this.#record.name, run: null });
      }
    });
    // Urgent builds come between ticks; the history has one reading a second.
    if (Math.floor(at / 1000) !== Math.floor(this.#keptAt / 1000)) {
      this.#try('keeping the history', () => {
        this.#deps.history.append(this.#record.name, at, snapshot.links);
        this.#keptAt = at;
      });
    }
    if (at - this.#savedAt >= SAVE_STATE_MS) this.#saveState();
  }

  #saveState(): void {
    const snapshot = this.stream.current;
    if (snapshot === null) return;
    const { health, healthSince, findings } = snapshot;
    const seenAt = Date.now();
    this.#try('keeping the state', () => {
      this.#read = this.remembered();
      const slotOwners = this.#memory.slots.owners;
      const state = { seenAt, health, healthSince, findings, subscriptions: this.#read, slotOwners };
      this.#deps.states.put(this.#record.name, state);
      this.#savedAt = seenAt;
    });
  }

  /** A fault is said once, not once per second. That the data dir takes nothing the store says itself, once for all clusters. */
  #try(what: string, work: () => void): void {
    try {
      work();
      this.#complaints.delete(what);
    } catch (error) {
      if (error instanceof StorageError) return;
      const text = `${what} of ${this.#record.name}: ${(error as Error).stack ?? error}`;
      if (this.#complaints.get(what) !== text) this.#deps.log.error(text);
      this.#complaints.set(what, text);
    }
  }

  #tell(kind: 'console', text: string): void {
    this.#deps.activity.add({
      at: new Date().toISOString(),
      cluster: this.#record.name,
      kind,
      severity: null,
      text,
      subject: null,
      run: null,
      finding: null,
    });
  }
}

/** The findings that stood before, so that those that are found again keep their `since`. */
function withFindings(previous: Snapshot | null, before: WatchState, record: ClusterRecord): Snapshot {
  const snapshot = previous ?? emptySnapshot(record);
  const found = new Set(snapshot.findings.map((finding) => finding.id));
  const kept = before.findings.filter((finding) => !found.has(finding.id));
  return { ...snapshot, findings: [...snapshot.findings, ...kept] };
}

function emptySnapshot(record: ClusterRecord): Snapshot {
  return {
    cluster: record.name,
    engine: record.engine,
    observedAt: record.createdAt,
    pollSeconds: TICK_MS / 1000,
    health: 'unknown',
    healthSince: null,
    sentence: [],
    thresholds: record.thresholds,
    nodes: [],
    subscriptions: [],
    links: [],
    replicationSets: [],
    findings: [],
  };
}
