/**
 * A world of clusters that live without a server. Time moves only by `advance`, so a test decides what happens when;
 * in a browser a timer calls it. Nothing in it is random: the same scenario and moment give the same numbers.
 */
import type { Session } from '#core/contract/access.ts';
import type { ActivityItem } from '#core/contract/history.ts';
import type { ObservedSandbox } from '#core/model/observed.ts';
import type { Snapshot } from '#core/model/snapshot.ts';
import { STORAGE_OK, type Storage } from '#core/model/storage.ts';
import { newsText, STATE_NEWS } from '#core/run/news.ts';
import type { BareServer } from './bare.ts';
import type { SimDraft } from './drafts.ts';
import type { SimCluster } from './model.ts';
import { move } from './physics.ts';
import type { SimPlan } from './plan.ts';
import { SimRun } from './runs.ts';
import { sessionsAt } from './sessions.ts';
import type { Kept } from './step-error.ts';
import { ClusterWatch } from './watch.ts';

const TICK_MS = 1000;
/** Runs show their steps more often than nodes are polled. */
const BEAT_MS = 100;
/** Longer than this the world does not live through second by second. */
const LEAP_MS = 5 * 60_000;
/** The stretch before the world's beginning of which every second is lived: what the page shows as the last 15 min. */
const RECENT_MS = 16 * 60_000;

/** Of a past at which nobody looked a snapshot is made this often, and whenever something happens; its lag is kept each step. */
const LIVE_MS = 15_000;

/** Large clusters are lived through in greater steps: their past costs time at every load of the page. */
function strideOf(cluster: SimCluster): number {
  const { length } = cluster.nodes;
  return length <= 3 ? TICK_MS : length <= 12 ? 5000 : 60_000;
}

export interface Trouble {
  latencyMs: number;
  /** Every answer is this error. */
  status: 401 | 500 | null;
  stream: 'breaks' | null;
}

export interface WorldOptions {
  /** The moment at which the world begins, ms since 1970. */
  now: number;
}

export class World {
  readonly clusters = new Map<string, ClusterWatch>();
  readonly plans = new Map<string, SimPlan>();
  readonly runs = new Map<string, SimRun>();
  /** Sandboxes on disk, whole or half made. */
  readonly sandboxes = new Map<string, ObservedSandbox>();
  /** Servers in no cluster yet, by `host:port/database`. */
  readonly bare = new Map<string, BareServer>();
  /** Deploys being prepared. */
  readonly drafts = new Map<string, SimDraft>();
  /** Steps that fail the next time they are tried. */
  readonly failures = new Map<string, Error>();
  /** How long the operator takes to restart a server that a run waits for. */
  operatorSeconds = 5;
  /** Of a comparison of all that a deploy has moved. */
  proofSeconds = 1.4;
  /** Steps that cannot be taken back, by id, or all of a node by `*:n3`. Those written to since go by the DBA's word. */
  readonly kept = new Map<string, Kept>();
  /** What stands between a request and its answer. */
  readonly trouble: Trouble = { latencyMs: 0, status: null, stream: null };
  /** Whether the console can keep what it sees. */
  storage: Storage = STORAGE_OK;
  sessions: Session[];
  readonly startedAt: number;
  /** Newest first. */
  activity: ActivityItem[] = [];
  #now: number;
  #rest = 0;
  #polledAt: number;
  #ids = new Map<string, number>();
  #listeners = new Set<() => void>();

  constructor(options: WorldOptions) {
    this.#now = options.now;
    this.#polledAt = options.now;
    this.startedAt = options.now;
    this.sessions = sessionsAt(options.now);
  }

  get now(): number {
    return this.#now;
  }

  get isoNow(): string {
    return new Date(this.#now).toISOString();
  }

  /** `plan-1`, `plan-2`, …: ids that a test can foresee. */
  nextId(kind: string): string {
    const next = (this.#ids.get(kind) ?? 0) + 1;
    this.#ids.set(kind, next);
    return `${kind}-${next}`;
  }

  /**
   * Watches a cluster. One that was made as it stood at `livedFrom` is lived through until now, so that its times,
   * its history and what happened are what the backend would have seen.
   */
  add(cluster: SimCluster, livedFrom = this.#now): ClusterWatch {
    const watch = new ClusterWatch(cluster, livedFrom, () => this.storage);
    this.clusters.set(cluster.name, watch);
    const stride = strideOf(cluster);
    let at = livedFrom;
    let lived = Number.NEGATIVE_INFINITY;
    if (at === this.#now) this.#live(watch, at, 0);
    while (at < this.#now) {
      const left = this.#now - at;
      const wanted = left > RECENT_MS ? Math.min(60_000, left - RECENT_MS) : Math.min(left, stride);
      // What happens within a greater step happens at its own moment.
      const next = cluster.script[0]?.at ?? Number.POSITIVE_INFINITY;
      const isEvent = next > at && next <= at + wanted;
      const step = isEvent ? next - at : wanted;
      const isNews = isEvent || at === livedFrom || step === left;
      at += step;
      if (isNews || (stride <= LIVE_MS && at - lived >= LIVE_MS)) {
        this.#live(watch, at, step);
        lived = at;
      } else this.#glance(watch, at, step);
    }
    if (stride > TICK_MS) watch.fillTapes(this.#now);
    this.tell();
    return watch;
  }

  forget(name: string): void {
    this.clusters.delete(name);
    this.tell();
  }

  rename(watch: ClusterWatch, name: string): void {
    this.clusters.delete(watch.cluster.name);
    watch.cluster.name = name;
    this.clusters.set(name, watch);
    this.repoll(watch);
  }

  need(name: string): ClusterWatch {
    const watch = this.clusters.get(name);
    if (!watch) throw new Error(`There is no cluster named ${name}.`);
    return watch;
  }

  snapshot(cluster: string): Snapshot | undefined {
    return this.clusters.get(cluster)?.snapshot;
  }

  /** A sandbox's server dies, and the console starts it again. */
  kill(name: string, node: string): void {
    const { cluster } = this.need(name);
    const killed = cluster.nodes.find((each) => each.name === node);
    const server = cluster.sandbox?.servers.find((each) => each.node === node);
    if (!killed) throw new Error(`${name} has no node ${node}.`);
    killed.state = 'stopped';
    if (!server) return;
    server.state = 'starting';
    server.restarts += 1;
    cluster.script.push({
      at: this.#now + 2500,
      act: () => {
        killed.state = 'running';
        killed.startedAt = this.#now;
        server.state = 'running';
        server.pid = (server.pid ?? 31_000) + 211;
      },
    });
    cluster.script.sort((a, b) => a.at - b.at);
  }

  /** A stream that breaks is there for ten seconds, then away for a minute. */
  get streamIsAway(): boolean {
    return this.trouble.stream === 'breaks' && (this.#now - this.startedAt) % 70_000 >= 10_000;
  }

  /** Polls one cluster now: after something of it was changed by hand. */
  repoll(watch: ClusterWatch): void {
    this.#poll(watch);
    this.tell();
  }

  /** Newest first by when it began, which may be before what was told already. */
  log(item: Omit<ActivityItem, 'id' | 'at'>, begunAt = this.#now): void {
    const at = new Date(begunAt).toISOString();
    const older = this.activity.findIndex((other) => other.at <= at);
    const place = older < 0 ? this.activity.length : older;
    this.activity = this.activity
      .toSpliced(place, 0, { ...item, id: this.nextId('activity'), at })
      .slice(0, 2000);
  }

  /** Throws once for a step that is to fail. */
  failIfTold(step: string): void {
    const error = this.failures.get(step);
    if (!error) return;
    this.failures.delete(step);
    throw error;
  }

  /** Why a step is not taken back; null: it is. */
  keptStep(step: { id: string; node: string | null }, dropWritten: boolean): Kept | null {
    const kept = this.kept.get(step.id) ?? this.kept.get(`*:${step.node}`) ?? null;
    return dropWritten && kept?.error.code === 'written-since' ? null : kept;
  }

  startRun(plan: SimPlan, at = this.#now): SimRun {
    const run = new SimRun(this, plan, this.nextId('run'), at);
    this.runs.set(run.run.id, run);
    this.#tellRun(run, 'began', null, at);
    return run;
  }

  /** Lets time pass: runs go on, and every whole second the clusters move and are polled. */
  advance(ms: number): void {
    if (ms > LEAP_MS) {
      this.#leap(ms);
      return;
    }
    this.#rest += ms;
    while (this.#rest >= BEAT_MS) {
      this.#rest -= BEAT_MS;
      this.#now += BEAT_MS;
      const running = [...this.runs.values()].filter((run) => run.isUnderWay);
      for (const run of running) {
        run.work(BEAT_MS, this.#now);
        if (!run.isUnderWay) this.runStopped(run);
      }
      const due = this.#now - this.#polledAt >= TICK_MS;
      if (due) {
        this.#polledAt = this.#now;
        for (const watch of [...this.clusters.values()]) {
          const everyMs = watch.cluster.pollSeconds * TICK_MS;
          if (this.#now - watch.livedTo >= everyMs) this.#live(watch, this.#now, this.#now - watch.livedTo);
        }
      }
      if (due || running.length > 0) this.tell();
    }
  }

  /** A tab that slept for hours: the same end in one stride, as if the console had not sampled meanwhile. */
  #leap(ms: number): void {
    this.#now += ms;
    this.#polledAt = this.#now;
    for (const watch of [...this.clusters.values()]) {
      this.#live(watch, this.#now, ms);
    }
    this.tell();
  }

  /** Resolves when something may have changed, or when the signal is aborted. */
  nextTick(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const done = () => {
        this.#listeners.delete(done);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      this.#listeners.add(done);
      signal?.addEventListener('abort', done);
    });
  }

  /** A moment of the past that leaves its readings, and of which no snapshot is wanted. */
  #glance(watch: ClusterWatch, at: number, ms: number): void {
    move(watch.cluster, at, ms);
    watch.livedTo = at;
    watch.glance(at);
  }

  #live(watch: ClusterWatch, at: number, ms: number): void {
    move(watch.cluster, at, ms);
    watch.livedTo = at;
    this.#poll(watch, at);
  }

  #poll(watch: ClusterWatch, at = this.#now): void {
    const name = watch.cluster.name;
    const busy = [...this.runs.values()].some(({ run }) => run.cluster === name && run.state === 'running');
    watch.poll(at, busy);
    for (const happening of watch.news(at))
      this.log({ ...happening, cluster: name, run: null }, Date.parse(happening.at));
  }

  /** Tells in the activity how a run ended. */
  runStopped(run: SimRun, at = this.#now): void {
    this.#tellRun(run, ...STATE_NEWS[run.run.state], at);
  }

  #tellRun(run: SimRun, words: string, severity: ActivityItem['severity'], at: number): void {
    const { id, cluster } = run.run;
    this.log(
      {
        cluster,
        kind: 'run',
        severity,
        text: newsText(run.run, words),
        subject: null,
        run: id,
        finding: null,
      },
      at,
    );
  }

  /** Wakes who waits for news. */
  protected tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}
