/** Plans and runs: plans are made and kept, runs carry them out, and survive the console. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Plan, PlanRequest, Run } from '#core/model/plan.ts';
import type { Snapshot } from '#core/model/snapshot.ts';
import type { Log } from '#server/log.ts';
import type { Sandboxes } from '#server/sandbox/sandboxes.ts';
import type { ActivityLog } from '#server/store/activity.ts';
import type { Database } from '#server/store/database.ts';
import type { DeployStore } from '#server/store/deploys.ts';
import type { Registry } from '#server/store/registry.ts';
import { type Direction, RunStore, type StoredPlan, type StoredRun, shownRun } from '#server/store/runs.ts';
import type { Seal } from '#server/store/seal.ts';
import { ClusterLock } from './cluster-lock.ts';
import { Drawing, samePlan } from './drawing.ts';
import { Execution, executorOf } from './execution.ts';
import { Refusal } from './refusal.ts';
import { registeredDsn } from './request-dsns.ts';

export interface RunnerOptions {
  db: Database;
  seal: Seal;
  registry: Registry;
  deploys: DeployStore;
  sandboxes: Sandboxes;
  activity: ActivityLog;
  log: Log;
  /** Asks all nodes of a cluster again, now; null: it is not watched. */
  refreshed: (cluster: string) => Promise<Snapshot | null>;
}

const STOP_WITHIN_MS = 900;

interface UnderWay {
  execution: Execution;
  ended: Promise<void>;
}

export class Runner {
  readonly #options: RunnerOptions;
  readonly #store: RunStore;
  readonly #drawing: Drawing;
  readonly #underWay = new Map<string, UnderWay>();
  readonly #listeners = new Map<string, Set<() => void>>();

  /** Runs that a killed console left under way become `interrupted`: to be resumed or rolled back. */
  constructor(options: RunnerOptions) {
    this.#options = options;
    this.#store = new RunStore(options.db, options.seal);
    this.#drawing = new Drawing(options, this.#store);
    for (const run of this.#store.underWay()) this.#interrupt(run);
    options.registry.onChange((change) => {
      if (change.kind === 'replaced' && change.previousName !== change.record.name) {
        this.#store.rename(change.previousName, change.record.name);
      }
    });
  }

  #interrupt(run: StoredRun): void {
    for (const step of run.steps) {
      if (step.state !== 'running') continue;
      step.state = 'waiting';
      step.waitsFor = null;
      step.note = 'the console stopped while this ran; a resume looks at what was done';
      this.#store.saveStep(run, step);
    }
    run.state = 'interrupted';
    run.endedAt = new Date().toISOString();
    this.#store.saveRun(run);
    this.#tell(run, 'was interrupted: the console stopped', 'warning');
  }

  /** Reads what is so and plans; writes to no node. */
  async plan(request: PlanRequest): Promise<Plan> {
    const stored = await this.#drawing.draw(request);
    this.#store.savePlan(stored);
    return stored.plan;
  }

  /** The plan to take away. Throws Refusal NOT_FOUND. */
  script(id: string, as: 'psql' | 'pgedge'): { fileName: string; text: string } {
    return this.#drawing.script(this.#stored(id), as);
  }

  /** Throws Refusal NOT_FOUND. */
  getPlan(id: string): Plan {
    return this.#stored(id).plan;
  }

  #stored(id: string): StoredPlan {
    const stored = this.#store.plan(id);
    if (stored === null) throw new Refusal('NOT_FOUND', `There is no plan ${id}.`);
    return stored;
  }

  /**
   * Starts a run of the plan. Refusal: the plan has problems (422); what is so is not what was planned on (409, with a
   * fresh plan); a run of the same cluster is under way (409).
   */
  async start(planId: string, by: string | null = null): Promise<Run> {
    const stored = this.#stored(planId);
    const { plan } = stored;
    if (plan.problems.length > 0) {
      throw new Refusal(
        'UNPROCESSABLE_CONTENT',
        `This plan cannot be run: ${plan.problems.map((problem) => problem.message).join(' ')}`,
        {
          issues: plan.problems.map((problem) => ({
            path: [],
            code: problem.code,
            message: problem.message,
            remedy: problem.remedy,
          })),
        },
      );
    }
    this.#refuseSecond(plan.cluster);
    const fresh = await this.#drawing.draw(plan.request, stored.dsns);
    if (!samePlan(stored, fresh)) {
      this.#store.savePlan(fresh);
      throw new Refusal(
        'CONFLICT',
        `${plan.cluster} has changed since this plan was made. Look at the fresh one, and run that.`,
        { plan: fresh.plan },
      );
    }
    const lock = await this.#lock(stored);
    try {
      // Somebody else may have started one while the nodes were read.
      this.#refuseSecond(plan.cluster);
      const run = this.#store.createRun(stored, new Date().toISOString(), by);
      this.#tell(run, 'began', null);
      this.#go(run, stored, { lock });
      return shownRun(run);
    } catch (error) {
      lock?.release();
      throw error;
    }
  }

  /** Whether a run is changing this cluster now. */
  isUnderWay(cluster: string): boolean {
    return this.#underWayOn(cluster) !== undefined;
  }

  #underWayOn(cluster: string): StoredRun | undefined {
    for (const { execution } of this.#underWay.values()) {
      if (execution.run.cluster === cluster) return execution.run;
    }
    return undefined;
  }

  #refuseSecond(cluster: string): void {
    const run = this.#underWayOn(cluster);
    if (run === undefined) return;
    throw new Refusal(
      'CONFLICT',
      `Run ${run.id} (${run.title}) is under way. Wait for its end, or cancel it.`,
    );
  }

  /** On the nodes of the plan, each by the console's DSN; null: servers of a sandbox are this console's alone. */
  async #lock({ plan, draft, dsns }: StoredPlan): Promise<ClusterLock | null> {
    const { registry, sandboxes } = this.#options;
    if (
      plan.request.kind === 'remove' ||
      (plan.request.kind === 'deploy' && plan.request.target === 'sandbox')
    ) {
      return null;
    }
    const nodes = new Set(draft.steps.flatMap(({ node }) => (node === null ? [] : [node])));
    const reached = [...nodes].flatMap((node) => {
      const dsn = dsns[node]?.dsn ?? registeredDsn(plan.cluster, node, registry, sandboxes);
      return dsn === null ? [] : [[node, dsn] as const];
    });
    const lock = new ClusterLock(new Map(reached));
    const refused = await lock.take();
    if (refused.length === 0) return lock;
    lock.release();
    throw new Refusal(
      'CONFLICT',
      refused.map(({ refusal }) => `${refusal.message} ${refusal.remedy ?? ''}`.trim()).join(' '),
    );
  }

  #go(run: StoredRun, plan: StoredPlan, how: { lock: ClusterLock | null; dropWritten?: boolean }): void {
    const { registry, sandboxes, log, refreshed } = this.#options;
    const execution = new Execution(run, plan, {
      store: this.#store,
      registry,
      sandboxes,
      log,
      changed: () => this.#wake(run.id),
      refreshed,
      lock: how.lock,
      dropWritten: how.dropWritten ?? false,
    });
    const ended = execution.go().then(() => {
      // An abandoned one has been told of already.
      if (!this.#underWay.delete(run.id)) return;
      this.#told(run);
      this.#wake(run.id);
    });
    this.#underWay.set(run.id, { execution, ended });
  }

  list(): Run[] {
    return this.#store.runs().map((run) => shownRun(this.#current(run)));
  }

  /** Throws Refusal NOT_FOUND. */
  get(id: string): Run {
    return shownRun(this.#run(id));
  }

  #run(id: string): StoredRun {
    const run = this.#store.run(id);
    if (run === null) throw new Refusal('NOT_FOUND', `There is no run ${id}.`);
    return this.#current(run);
  }

  #current(run: StoredRun): StoredRun {
    return this.#underWay.get(run.id)?.execution.run ?? run;
  }

  /** The whole run now, and again whenever something of it changed; ends after the state in which it ended. */
  async *events(id: string, signal: AbortSignal): AsyncGenerator<Run> {
    this.#run(id);
    let wake: () => void = () => {};
    const listener = () => wake();
    const listeners = this.#listeners.get(id) ?? new Set();
    this.#listeners.set(id, listeners.add(listener));
    signal.addEventListener('abort', listener);
    try {
      while (!signal.aborted) {
        const changed = new Promise<void>((resolve) => {
          wake = resolve;
        });
        const run = this.get(id);
        yield structuredClone(run);
        if (run.state !== 'running' && run.state !== 'waiting-for-operator') return;
        await changed;
      }
    } finally {
      signal.removeEventListener('abort', listener);
      listeners.delete(listener);
      if (listeners.size === 0) this.#listeners.delete(id);
    }
  }

  #wake(id: string): void {
    for (const listener of this.#listeners.get(id) ?? []) listener();
  }

  /** Stops a run: what is under way is let finish, nothing new begins. Resolves when it has stopped. Refusal: it is not under way. */
  async cancel(id: string): Promise<Run> {
    const run = this.#run(id);
    const going = this.#underWay.get(id);
    if (going === undefined) throw new Refusal('CONFLICT', `Run ${id} is not under way, it is ${run.state}.`);
    going.execution.abort('cancelled');
    await going.ended;
    return this.get(id);
  }

  /** Goes on with a run that failed, was cancelled or was interrupted, from what is so now. */
  async resume(id: string): Promise<Run> {
    const { run, stored } = this.#stopped(id, 'resumed');
    if (run.direction === 'back') {
      throw new Refusal('CONFLICT', `Run ${id} was being rolled back. Roll it back to the end.`);
    }
    for (const step of run.steps) {
      const planned = stored.draft.steps.find((each) => each.id === step.id);
      const again = planned !== undefined && executorOf(planned.action).again;
      if (step.state === 'done' || step.state === 'skipped') {
        if (again) step.state = 'waiting';
      } else {
        Object.assign(step, { state: 'waiting', error: null, note: null });
      }
      this.#store.saveStep(run, step);
    }
    return this.#again(run, stored, 'forward', 'was resumed', await this.#lock(stored));
  }

  /**
   * Takes back what the run made, and only that, in reverse order. `dropWritten`: copied tables too that were written to
   * since; without this word they are kept, and the run says so.
   */
  async rollback(id: string, dropWritten = false): Promise<Run> {
    const { run, stored } = this.#stopped(id, 'rolled back');
    const lock = await this.#lock(stored);
    return this.#again(run, stored, 'back', 'is being rolled back', lock, dropWritten);
  }

  #stopped(id: string, what: string): { run: StoredRun; stored: StoredPlan } {
    const run = this.#run(id);
    if (run.state === 'succeeded' || run.state === 'rolled-back' || this.#underWay.has(id)) {
      const remedy = run.state === 'succeeded' ? ' Plan the opposite instead.' : '';
      throw new Refusal('CONFLICT', `Run ${id} is ${run.state}; it cannot be ${what}.${remedy}`);
    }
    this.#refuseSecond(run.cluster);
    return { run, stored: this.#stored(run.plan) };
  }

  #again(
    run: StoredRun,
    stored: StoredPlan,
    direction: Direction,
    words: string,
    lock: ClusterLock | null,
    dropWritten = false,
  ): Run {
    // Two resumes at once: the lock was taken in between.
    if (this.#underWay.has(run.id)) {
      lock?.release();
      throw new Refusal('CONFLICT', `Run ${run.id} is under way already.`);
    }
    Object.assign(run, { state: 'running', direction, endedAt: null });
    this.#store.saveRun(run);
    this.#tell(run, words, null);
    this.#go(run, stored, { lock, dropWritten });
    this.#wake(run.id);
    return shownRun(run);
  }

  /** For the console's end, within a second: runs under way become `interrupted`. */
  async stop(): Promise<void> {
    const all = [...this.#underWay.values()];
    for (const { execution } of all) execution.abort('interrupted');
    await Promise.race([
      Promise.all(all.map(({ ended }) => ended)),
      sleep(STOP_WITHIN_MS, undefined, { ref: false }),
    ]);
    // A statement that goes on has nobody to hear its end: as after a crash, a resume looks at what it did.
    for (const { execution } of this.#underWay.values()) {
      execution.abandon();
      this.#interrupt(execution.run);
    }
    this.#underWay.clear();
  }

  /** Nobody needs the answers of a deploy that has succeeded. */
  #discardDraft(run: StoredRun): void {
    const request = this.#store.plan(run.plan)?.plan.request;
    if (run.state !== 'succeeded' || request?.kind !== 'deploy' || request.target !== 'servers') return;
    if (request.draft != null) this.#options.deploys.discard(request.draft);
  }

  #told(run: StoredRun): void {
    this.#discardDraft(run);
    const words: Record<StoredRun['state'], [string, 'info' | 'warning' | 'critical' | null]> = {
      running: ['goes on', null],
      'waiting-for-operator': ['waits for you', 'warning'],
      succeeded: ['succeeded', 'info'],
      failed: ['failed', 'critical'],
      cancelled: ['was cancelled', 'warning'],
      'rolled-back': ['was rolled back', 'info'],
      interrupted: ['was interrupted', 'warning'],
    };
    this.#tell(run, ...words[run.state]);
  }

  #tell(run: StoredRun, words: string, severity: 'info' | 'warning' | 'critical' | null): void {
    this.#options.activity.add({
      at: new Date().toISOString(),
      cluster: run.cluster,
      kind: 'run',
      severity,
      text: `${run.title}: run ${run.id} ${words}`,
      subject: null,
      finding: null,
      run: run.id,
    });
  }
}
