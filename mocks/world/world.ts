/**
 * A world of clusters that live without a server. Time moves only by `advance`, so a test decides what happens when;
 * in a browser a timer calls it. Nothing in it is random: the same scenario and moment give the same numbers.
 */
import type { ActivityItem } from '#core/contract/history.ts';
import type { Snapshot } from '#core/model/snapshot.ts';
import { linesBetween } from './activity.ts';
import type { SimCluster } from './model.ts';
import { move } from './physics.ts';
import type { SimPlan } from './plan.ts';
import { SimRun } from './runs.ts';
import { ClusterWatch } from './watch.ts';

const TICK_MS = 1000;
/** Runs show their steps more often than nodes are polled. */
const BEAT_MS = 100;
/** Longer than this the world does not live through second by second. */
const LEAP_MS = 5 * 60_000;

export interface WorldOptions {
  /** The moment at which the world begins, ms since 1970. */
  now: number;
}

export class World {
  readonly clusters = new Map<string, ClusterWatch>();
  readonly plans = new Map<string, SimPlan>();
  readonly runs = new Map<string, SimRun>();
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

  add(cluster: SimCluster): ClusterWatch {
    const watch = new ClusterWatch(cluster, this.#now);
    this.clusters.set(cluster.name, watch);
    this.#tell();
    return watch;
  }

  forget(name: string): void {
    this.clusters.delete(name);
    this.#tell();
  }

  rename(watch: ClusterWatch, name: string): void {
    this.clusters.delete(watch.cluster.name);
    watch.cluster.name = name;
    this.clusters.set(name, watch);
    this.repoll(watch);
  }

  need(name: string): ClusterWatch {
    const watch = this.clusters.get(name);
    if (!watch) throw new Error(`No cluster named ${name} is watched here.`);
    return watch;
  }

  snapshot(cluster: string): Snapshot | undefined {
    return this.clusters.get(cluster)?.snapshot;
  }

  /** Polls one cluster now: after something of it was changed by hand. */
  repoll(watch: ClusterWatch): void {
    this.#poll(watch);
    this.#tell();
  }

  log(item: Omit<ActivityItem, 'id' | 'at'>, at = this.#now): void {
    this.activity = [
      { ...item, id: this.nextId('activity'), at: new Date(at).toISOString() },
      ...this.activity,
    ].slice(0, 2000);
  }

  startRun(plan: SimPlan): SimRun {
    const run = new SimRun(this, plan, this.nextId('run'));
    this.runs.set(run.run.id, run);
    this.log({
      cluster: plan.plan.cluster,
      kind: 'run',
      severity: 'info',
      text: `${plan.plan.title}: run started`,
      subject: null,
      run: run.run.id,
    });
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
      const running = [...this.runs.values()].filter((run) => run.run.state === 'running');
      for (const run of running) {
        run.work(BEAT_MS, this.#now);
        if (run.run.state !== 'running') this.#runStopped(run);
      }
      const due = this.#now - this.#polledAt >= TICK_MS;
      if (due) {
        this.#polledAt = this.#now;
        for (const watch of [...this.clusters.values()]) {
          move(watch.cluster, this.#now, TICK_MS);
          this.#poll(watch);
        }
      }
      if (due || running.length > 0) this.#tell();
    }
  }

  /** A tab that slept for hours: the same end in one stride, as if the console had not sampled meanwhile. */
  #leap(ms: number): void {
    this.#now += ms;
    this.#polledAt = this.#now;
    for (const watch of [...this.clusters.values()]) {
      move(watch.cluster, this.#now, ms);
      this.#poll(watch);
    }
    this.#tell();
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

  #poll(watch: ClusterWatch): void {
    const before = watch.snapshot;
    const after = watch.poll(this.#now);
    for (const line of linesBetween(before, after)) this.log(line);
  }

  #runStopped(run: SimRun): void {
    const { id, cluster, title, state } = run.run;
    this.log({
      cluster,
      kind: 'run',
      severity: state === 'succeeded' ? 'info' : 'warning',
      text: `${title}: run ${state}`,
      subject: null,
      run: id,
    });
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}
