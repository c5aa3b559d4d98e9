/** The console's side of one simulated cluster: it polls as the backend does, and core makes the snapshot of it. */

import { BurstChronicle } from '#core/activity/bursts.ts';
import { Chronicle, type Happening } from '#core/activity/chronicle.ts';
import { OutsideChanges } from '#core/activity/outside.ts';
import { assess } from '#core/advice/assess.ts';
import type { LagHistory } from '#core/contract/history.ts';
import { engineOf } from '#core/engines/registry.ts';
import type { PollFailure, Reading } from '#core/model/facts.ts';
import type { Snapshot } from '#core/model/snapshot.ts';
import type { Storage } from '#core/model/storage.ts';
import type { WalRoom } from '#core/model/wal-room.ts';
import type { NodeInput } from '#core/snapshot/assembled.ts';
import { ClusterMemory } from '#core/snapshot/memory.ts';
import { compareTables, type TableComparison } from '#core/snapshot/tables.ts';
import { type LagQuery, LagRecorder, lagHistory } from './lag-history.ts';
import { DISK_FREE_BYTES } from './machine.ts';
import type { SimCluster, SimNode } from './model.ts';
import { readFast, roundTrip } from './read-fast.ts';
import { capabilitiesOf, readSlow } from './read-slow.ts';
import { lsnText } from './wal.ts';

const TAPE = 60;
const SLOW_MS = 15_000;
/** A poll that hangs is given up after this long. */
const GIVE_UP_MS = 2000;

export interface Poll {
  at: string;
  roundTripMs: number | null;
}

interface Known extends NodeInput {
  slowAt: number;
}

export class ClusterWatch {
  readonly cluster: SimCluster;
  readonly #chronicle: Chronicle;
  readonly #bursts = new BurstChronicle();
  readonly #outside = new OutsideChanges();
  #runUnderWay = false;
  /** Up to which moment the cluster was moved. */
  livedTo: number;
  #known = new Map<string, Known>();
  #tapes = new Map<string, Poll[]>();
  #memory = new ClusterMemory();
  #snapshot: Snapshot;
  #count = 0;
  #recent: { count: number; snapshot: Snapshot }[] = [];
  #history: LagRecorder;

  readonly #storage: () => Storage;

  /** @param begin the moment from which on the cluster is lived and recorded, ms since 1970 */
  constructor(cluster: SimCluster, begin: number, storage: () => Storage) {
    this.cluster = cluster;
    this.#storage = storage;
    this.livedTo = begin;
    this.#history = new LagRecorder(cluster);
    this.meet(begin);
    this.#snapshot = this.#assemble(begin, null, false);
    this.#chronicle = new Chronicle(this.#snapshot.findings);
  }

  get snapshot(): Snapshot {
    return this.#snapshot;
  }

  /** Which snapshot it is, counted: the id of its event. */
  get count(): number {
    return this.#count;
  }

  /** A snapshot of the last minute by its count; undefined when it was let go. */
  earlier(count: number): Snapshot | undefined {
    return this.#recent.find((each) => each.count === count)?.snapshot;
  }

  /** The last polls of each node, oldest first. */
  get polls(): Record<string, Poll[]> {
    return Object.fromEntries(this.cluster.nodes.map(({ name }) => [name, this.#tapes.get(name) ?? []]));
  }

  get tables(): TableComparison {
    return compareTables(
      this.cluster.nodes.map(({ name }) => {
        const slow = this.#known.get(name)?.slow?.value;
        return { node: name, tables: slow?.tables ?? null, complete: slow?.tablesComplete ?? true };
      }),
    );
  }

  /** When each node's tables were read, ms since 1970; null: never. */
  tablesReadAt(node: string): number | null {
    return this.#known.get(node)?.slow?.receivedAt ?? null;
  }

  isUp(node: string): boolean {
    const known = this.#known.get(node);
    return known !== undefined && known.fast !== null && known.failure === null;
  }

  /** What the disk of a node has free: this machine's under a sandbox, else what somebody said. */
  walRoom(node: SimNode, at: number): WalRoom | null {
    if (this.cluster.sandbox === null) return node.walRoom;
    return {
      source: 'machine',
      freeBytes: DISK_FREE_BYTES,
      at: new Date(at).toISOString(),
      heldBytes: null,
    };
  }

  /** What the slot of a node that holds most WAL holds now; null while the node cannot be read. */
  mostHeldBytes(node: string): number | null {
    return this.isUp(node) ? this.#memory.lag.mostHeldBytes(node) : null;
  }

  /** Nodes that cannot be asked now, and why. */
  missing(): { node: string; reason: string }[] {
    return this.cluster.nodes
      .filter((node) => !this.isUp(node.name))
      .map((node) => ({
        node: node.name,
        reason: this.#known.get(node.name)?.failure?.message ?? `${node.name} was not polled yet.`,
      }));
  }

  lag(now: number, query: LagQuery): LagHistory {
    return lagHistory(this.#history, this.#snapshot, now, query);
  }

  /** Takes in nodes that were added, lets go of those that were taken out. */
  meet(at: number): void {
    for (const node of this.cluster.nodes) {
      if (this.#known.has(node.name)) continue;
      this.#known.set(node.name, {
        name: node.name,
        address: `${node.host}:${node.port}/${node.database}`,
        capabilities: null,
        fast: null,
        slow: null,
        failure: null,
        walRoom: null,
        slowAt: 0,
      });
      if (node.firstPollAt <= at && !node.standby) this.#remember(node, at);
    }
    for (const name of [...this.#known.keys()])
      if (!this.cluster.nodes.some((node) => node.name === name)) {
        this.#known.delete(name);
        this.#memory.forget(name);
      }
  }

  /** Two positions of an earlier life, so that a lag of the first minutes is no lower bound. */
  #remember(node: SimNode, at: number): void {
    for (const back of [40 * 60_000, 1]) {
      const position = node.track.positionAt(at - back);
      this.#memory.lag.restore(
        node.name,
        `${node.systemIdentifier}/${node.timeline}`,
        at - back,
        lsnText(position),
      );
    }
  }

  /** Polls every node once and makes the next snapshot. */
  poll(at: number, runUnderWay = false): Snapshot {
    for (const node of this.cluster.nodes) this.#pollNode(node, at);
    this.#runUnderWay = runUnderWay;
    this.#snapshot = this.#assemble(at, this.#snapshot, runUnderWay);
    this.#count += 1;
    const kept = this.cluster.nodes.length > 12 ? 3 : 60;
    this.#recent = [...this.#recent, { count: this.#count, snapshot: this.#snapshot }].slice(-kept);
    this.#history.record(this.#snapshot.links, at);
    return this.#snapshot;
  }

  /** What is new since it was asked last, at the moment `at`. */
  news(at: number): Happening[] {
    const known = this.cluster.nodes.flatMap((node) => this.#known.get(node.name) ?? []);
    return [
      ...this.#chronicle.follow(this.#snapshot, at),
      ...this.#bursts.follow(known, at),
      ...this.#outside.follow(this.#snapshot, at, this.#runUnderWay),
    ];
  }

  /** Polls, and keeps the lag that it finds: all of a poll but its snapshot, which costs most. */
  glance(at: number): void {
    for (const node of this.cluster.nodes) this.#pollNode(node, at);
    this.#history.record(
      this.cluster.subscriptions
        .filter((sub) => this.isUp(sub.provider))
        .flatMap(({ provider, receiver, slot }) => {
          const lag = this.#memory.lag.lagOf(provider, slot);
          return lag ? [{ provider, receiver, ...lag }] : [];
        }),
      at,
    );
  }

  /** Fills the tapes as polls of each second would have left them, after a life that was lived in greater steps. */
  fillTapes(at: number): void {
    for (const node of this.cluster.nodes) {
      const known = this.#known.get(node.name);
      const tape: Poll[] = [];
      for (let back = TAPE - 1; back >= 0; back--) {
        const when = at - back * 1000;
        if (when < node.firstPollAt || when < this.cluster.createdAt) continue;
        const answered = !known?.failure || when < known.failure.since;
        tape.push({
          at: new Date(when).toISOString(),
          roundTripMs: answered ? roundTrip(this.cluster, node, when) : null,
        });
      }
      this.#tapes.set(node.name, tape);
    }
  }

  #pollNode(node: SimNode, at: number): void {
    const known = this.#known.get(node.name);
    if (!known || at < node.firstPollAt) return;
    const answered = node.state === 'running';
    const trip = roundTrip(this.cluster, node, at);
    const tape = this.#tapes.get(node.name) ?? [];
    tape.push({ at: new Date(at).toISOString(), roundTripMs: answered ? trip : null });
    this.#tapes.set(node.name, tape.slice(-TAPE));
    if (!answered) {
      const silentFor = known.fast ? at - known.fast.receivedAt : GIVE_UP_MS;
      if (node.state !== 'hung' || silentFor >= GIVE_UP_MS)
        known.failure = failureOf(node, Math.min(at, (known.fast?.receivedAt ?? at) + 1000), known.failure);
      return;
    }
    known.failure = null;
    if (known.capabilities?.unseen !== node.unseen) known.capabilities = capabilitiesOf(node);
    const reading = <T>(value: T): Reading<T> => ({ value, sentAt: at - trip, receivedAt: at });
    known.fast = reading(readFast(this.cluster, node, at));
    this.#memory.observe(node.name, known.fast);
    const slow = known.slow?.value ?? null;
    const wanted = this.#memory.doubts.unread.get(node.name) ?? Number.POSITIVE_INFINITY;
    const isDue = at - known.slowAt >= SLOW_MS || at - trip >= wanted;
    if (slow === null || isDue || slow.catalogMark !== String(node.catalogMark)) {
      known.slowAt = at;
      if (node.lockedSince === undefined) {
        known.slow = reading(readSlow(this.cluster, node, slow, at));
        known.slowFailure = null;
      } else known.slowFailure = lockedOut(node.lockedSince, known.slowFailure ?? null);
    }
  }

  #assemble(at: number, previous: Snapshot | null, runUnderWay: boolean): Snapshot {
    const { cluster } = this;
    return assess({
      cluster: cluster.name,
      engine: 'spock',
      engineOf,
      at,
      pollSeconds: cluster.pollSeconds,
      thresholds: cluster.thresholds,
      topology: cluster.topology.kind,
      nodes: cluster.nodes.flatMap((node) => {
        const known = this.#known.get(node.name);
        return known ? [{ ...known, walRoom: this.walRoom(node, at) }] : [];
      }),
      memory: this.#memory,
      previous,
      runUnderWay,
      storage: this.#storage(),
    });
  }
}

/** What the slow poll of a node gives while somebody holds a lock on what it reads. */
const lockedOut = (since: number, before: Known['slowFailure'] | null): Known['slowFailure'] => ({
  code: 'query',
  message: 'canceling statement due to lock timeout',
  sqlstate: '55P03',
  since,
  tries: (before?.tries ?? 0) + 1,
  what: 'all',
});

/** What the driver says of a poll that gave nothing. */
function failureOf(node: SimNode, since: number, before: PollFailure | null): PollFailure {
  const place = `${node.host}:${node.port}`;
  const row = { since: before?.since ?? since, tries: (before?.tries ?? 0) + 1 };
  if (node.state === 'hung')
    return { ...row, code: 'timeout', message: `${place} did not answer within 2 s.`, sqlstate: null };
  if (node.state === 'full')
    return { ...row, code: 'unavailable', message: 'sorry, too many clients already', sqlstate: '53300' };
  if (node.state === 'replaced') {
    const message = `The server at ${place}/${node.database} has the system identifier 7712803384873713592, that of ${node.name} had ${node.systemIdentifier}; it holds a node ${node.name}.`;
    return { ...row, code: 'replaced', message, sqlstate: null };
  }
  if (node.state === 'closed')
    return { ...row, code: 'permission', message: 'permission denied for schema spock', sqlstate: '42501' };
  return {
    ...row,
    code: 'refused',
    message: `${place} refused the connection (ECONNREFUSED).`,
    sqlstate: null,
  };
}
