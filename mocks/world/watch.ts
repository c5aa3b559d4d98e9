/** The console's side of one simulated cluster: polls, what it remembers of them, and the snapshot it makes. */
import { compareKeys } from '#core/model/change.ts';
import { linkKey, pairKey, replicationSetKey, subscriptionKey } from '#core/model/keys.ts';
import type { LinkSnapshot, NodeSnapshot, Snapshot } from '#core/model/snapshot.ts';
import { adviseCluster } from './advice.ts';
import { type LagReading, LagRecorder } from './lag-history.ts';
import { linkOf, pairOf, setsOf, subscriptionOf } from './links.ts';
import type { SimCluster, SimNode } from './model.ts';
import { faultOf, nodeFacts, roundTrip } from './observe.ts';
import { writeRate } from './physics.ts';
import { lsnBytes } from './wal.ts';
import { WalBook } from './wal-book.ts';

/** Seconds of WAL positions that are kept, and made up for the time before the world began. */
const PAST_SECONDS = 1800;
const TAPE = 60;

export interface Poll {
  at: string;
  roundTripMs: number | null;
}

export class ClusterWatch {
  readonly cluster: SimCluster;
  readonly polls = new Map<string, Poll[]>();
  #seen = new Map<string, NodeSnapshot>();
  #books = new Map<string, WalBook>();
  #faultSince = new Map<string, { at: number; tries: number }>();
  #snapshot: Snapshot;
  #history: LagRecorder;

  constructor(cluster: SimCluster, at: number) {
    this.cluster = cluster;
    for (const node of cluster.nodes) this.#remember(node, at);
    this.#history = new LagRecorder(cluster, at);
    this.#snapshot = this.#assemble(at, null);
    this.poll(at);
  }

  get snapshot(): Snapshot {
    return this.#snapshot;
  }

  isUp(node: string): boolean {
    return this.#seen.get(node)?.state === 'up';
  }

  /** Nodes that cannot be asked now, and why. */
  missing(): { node: string; reason: string }[] {
    return this.cluster.nodes
      .filter((node) => !this.isUp(node.name))
      .map((node) => ({
        node: node.name,
        reason: this.#seen.get(node.name)?.error?.message ?? `${node.name} was not polled yet`,
      }));
  }

  /** Lag of a link at a moment; null where nothing was sampled. */
  lagAt(provider: string, receiver: string, at: number): LagReading | null {
    return this.#history.at(provider, receiver, at);
  }

  /** Takes in nodes that were added since. */
  meet(at: number): void {
    for (const node of this.cluster.nodes) if (!this.#books.has(node.name)) this.#remember(node, at);
  }

  /** Makes up the WAL positions and polls of the time before the world began, as the rates of now would have left them. */
  #remember(node: SimNode, at: number): void {
    const book = new WalBook(PAST_SECONDS);
    const past: [number, number][] = [];
    let position = node.wal;
    for (let back = 0; back < PAST_SECONDS && position > 0; back++) {
      past.push([at - back * 1000, position]);
      position -= writeRate(this.cluster, node, at - back * 1000);
    }
    if (node.polled) for (const [when, where] of past.reverse()) book.add(when, where);
    this.#books.set(node.name, book);
    const tape: Poll[] = [];
    if (node.polled)
      for (let back = TAPE; back > 0; back--) {
        const when = at - back * 1000;
        const answered = node.state === 'running';
        tape.push({
          at: new Date(when).toISOString(),
          roundTripMs: answered ? roundTrip(this.cluster, node, when) : null,
        });
      }
    this.polls.set(node.name, tape);
  }

  /** Polls every node once and makes the next snapshot. */
  poll(at: number): Snapshot {
    for (const node of this.cluster.nodes) this.#pollNode(node, at);
    this.#snapshot = this.#assemble(at, this.#snapshot);
    this.#history.record(this.#snapshot, at);
    return this.#snapshot;
  }

  #pollNode(node: SimNode, at: number): void {
    if (at < node.firstPollAt) return;
    const before = this.#seen.get(node.name);
    const tape = this.polls.get(node.name) ?? [];
    const answered = node.state === 'running';
    tape.push({
      at: new Date(at).toISOString(),
      roundTripMs: answered ? roundTrip(this.cluster, node, at) : null,
    });
    this.polls.set(node.name, tape.slice(-TAPE));
    if (!answered) {
      const fault = this.#faultSince.get(node.name) ?? { at, tries: 0 };
      fault.tries += 1;
      this.#faultSince.set(node.name, fault);
      // A hung node is given its two seconds before it counts as down.
      if (before?.state === 'up' && node.state === 'hung' && at - fault.at < 2000) return;
      const base = before ?? { ...nodeFacts(this.cluster, node, at, at), ...NEVER_SEEN };
      this.#seen.set(node.name, {
        ...base,
        state: 'down',
        since: before?.state === 'down' ? before.since : new Date(fault.at).toISOString(),
        roundTripMs: null,
        walBytesPerSecond: null,
        error: faultOf(node, fault.at, fault.tries),
      });
      return;
    }
    this.#faultSince.delete(node.name);
    const since = before?.state === 'up' && before.since ? Date.parse(before.since) : at;
    const facts = nodeFacts(this.cluster, node, at, before ? since : this.cluster.createdAt);
    const passed = before?.observedAt ? (at - Date.parse(before.observedAt)) / 1000 : 0;
    if (facts.walLsn && before?.walLsn && passed > 0 && before.state === 'up')
      facts.walBytesPerSecond = Math.max(0, (node.wal - lsnBytes(before.walLsn)) / passed);
    else if (!before && node.polled) facts.walBytesPerSecond = writeRate(this.cluster, node, at);
    this.#seen.set(node.name, facts);
    if (!node.standby) this.#books.get(node.name)?.add(at, node.wal);
  }

  #assemble(at: number, previous: Snapshot | null): Snapshot {
    const { cluster } = this;
    const subs = new Map(cluster.subscriptions.map((sub) => [pairOf(sub), sub]));
    const before = new Map(previous?.links.map((link) => [linkKey(link), link]));
    const passed = previous ? (at - Date.parse(previous.observedAt)) / 1000 : 0;
    const links: LinkSnapshot[] = [];
    for (const provider of cluster.nodes)
      for (const receiver of cluster.nodes) {
        if (provider === receiver) continue;
        const key = pairKey(provider.name, receiver.name);
        const was = before.get(key);
        const link = linkOf({
          cluster,
          provider,
          receiver,
          sub: subs.get(key),
          seen: this.#seen,
          book: this.#books.get(provider.name),
          before: was,
          at,
        });
        if (link.confirmedFlushLsn && was?.confirmedFlushLsn && passed > 0)
          link.bytesPerSecond = Math.max(
            0,
            (lsnBytes(link.confirmedFlushLsn) - lsnBytes(was.confirmedFlushLsn)) / passed,
          );
        links.push(link);
      }
    const nodes = cluster.nodes.map((node) => this.#seen.get(node.name) ?? this.#unpolled(node));
    const base = {
      cluster: cluster.name,
      engine: 'spock' as const,
      observedAt: new Date(at).toISOString(),
      pollSeconds: cluster.pollSeconds,
      thresholds: cluster.thresholds,
      nodes: nodes.sort((a, b) => compareKeys(a.name, b.name)),
      subscriptions: cluster.subscriptions
        .map((sub) => subscriptionOf(cluster, sub, this.#seen.get(sub.receiver)))
        .sort((a, b) => compareKeys(subscriptionKey(a), subscriptionKey(b))),
      links: links.sort((a, b) => compareKeys(linkKey(a), linkKey(b))),
      replicationSets: cluster.nodes
        .flatMap((node) => setsOf(node, this.#seen.get(node.name)))
        .sort((a, b) => compareKeys(replicationSetKey(a), replicationSetKey(b))),
    };
    return { ...base, ...adviseCluster(cluster, base, previous, at) };
  }

  #unpolled(node: SimNode): NodeSnapshot {
    return { ...nodeFacts(this.cluster, node, 0, 0), ...NEVER_SEEN };
  }
}

const NEVER_SEEN = {
  state: 'unknown' as const,
  observedAt: null,
  since: null,
  error: null,
  roundTripMs: null,
  serverVersion: null,
  engineVersion: null,
  location: null,
  country: null,
  readOnly: null,
  standby: null,
  systemIdentifier: null,
  timeline: null,
  walLsn: null,
  walBytesPerSecond: null,
  clockOffsetSeconds: null,
  clockUncertaintySeconds: null,
  capacity: [],
  settings: [],
  interfaces: [],
  snowflakeNode: null,
};
