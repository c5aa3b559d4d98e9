/** Plans and runs: plans are made and kept, runs carry them out, and survive the console. */

import type { RememberedSubscription } from '#core/model/observed.ts';
import type { Plan, PlanRequest, Run } from '#core/model/plan.ts';
import type { Snapshot } from '#core/model/snapshot.ts';
import { samePlan } from '#core/plan/same-plan.ts';
import { isDoneAgain } from '#core/run/again.ts';
import { usedBy } from '#core/run/plan-use.ts';
import { actRefused, changedRefused, planRefused, proofRefused } from '#core/run/refused.ts';
import { lackingIssue } from '#core/run/run-dsns.ts';
import { interrupted, resumed } from '#core/run/step-change.ts';
import type { Log } from '#server/log.ts';
import type { Sandboxes } from '#server/sandbox/sandboxes.ts';
import type { ActivityLog } from '#server/store/activity.ts';
import type { Database } from '#server/store/database.ts';
import type { DeployStore } from '#server/store/deploys.ts';
import type { Registry } from '#server/store/registry.ts';
import { type Direction, RunStore, type StoredPlan, type StoredRun, shownRun } from '#server/store/runs.ts';
import type { Seal } from '#server/store/seal.ts';
import { StorageError } from '#server/store/trouble.ts';
import type { ClusterLock } from './cluster-lock.ts';
import { Drawing } from './drawing.ts';
import { Execution } from './execution.ts';
import { GivenDsns, refusedDsns } from './given-dsns.ts';
import { lockNodes } from './plan-lock.ts';
import { Refusal } from './refusal.ts';
import { RunNews } from './run-news.ts';
import type { RunsUnderWay } from './runs-under-way.ts';

export interface RunnerOptions {
  db: Database;
  seal: Seal;
  registry: Registry;
  deploys: DeployStore;
  sandboxes: Sandboxes;
  activity: ActivityLog;
  log: Log;
  /** Shared with those who ask whether a run is changing a cluster. */
  underWay: RunsUnderWay;
  /** Asks all nodes of a cluster again, now; null: it is not watched. */
  refreshed: (cluster: string) => Promise<Snapshot | null>;
  /** Its subscriptions as they were last read. */
  remembered: (cluster: string) => RememberedSubscription[];
}

interface Again {
  direction: Direction;
  /** For the activity. */
  words: string;
  lock: ClusterLock | null;
  dropWritten?: boolean;
  given: Readonly<Record<string, string>>;
}

export class Runner {
  readonly #options: RunnerOptions;
  readonly #store: RunStore;
  readonly #drawing: Drawing;
  readonly #dsns: GivenDsns;
  readonly #underWay: RunsUnderWay;
  readonly #news: RunNews;
  /** Runs whose end is not on disk, since nothing could be written then: written when that can be. */
  readonly #unwritten = new Map<string, StoredRun>();

  /** Runs that a killed console left under way become `interrupted`: to be resumed or rolled back. */
  constructor(options: RunnerOptions) {
    this.#options = options;
    this.#underWay = options.underWay;
    this.#store = new RunStore(options.db, options.seal);
    this.#drawing = new Drawing(options, this.#store);
    this.#dsns = new GivenDsns(options, this.#store);
    this.#news = new RunNews(options.activity);
    for (const run of this.#store.underWay()) this.#interrupt(run);
    options.db.storage.onChange(({ state }) => state === 'ok' && this.#writeEnds());
    options.registry.onWrite((change) => {
      if (change.kind === 'replaced' && change.previousName !== change.record.name) {
        this.#store.rename(change.previousName, change.record.name);
      }
      if (change.kind === 'removed') this.#store.wipeDsnsOf(change.record.name);
    });
  }

  #writeEnds(): void {
    for (const [id, run] of this.#unwritten) {
      ifKept(() => {
        this.#store.saveWhole(run);
        this.#unwritten.delete(id);
      });
    }
  }

  #interrupt(run: StoredRun): void {
    for (const step of run.steps) {
      const change = interrupted(step);
      if (change !== null) this.#store.saveStep(run, Object.assign(step, change));
    }
    run.state = 'interrupted';
    run.endedAt = new Date().toISOString();
    this.#store.saveRun(run);
    this.#news.tell(run, 'was interrupted: the console stopped', 'warning');
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
   * fresh plan); a run of the same cluster is under way, or has run this plan (409); a DSN is missing, or cannot be used (422).
   * `given`: DSNs for this run only, by node.
   */
  async start(
    planId: string,
    by: string | null = null,
    given: Readonly<Record<string, string>> = {},
  ): Promise<Run> {
    const stored = this.#stored(planId);
    const { plan } = stored;
    const refused = planRefused(plan);
    if (refused !== null) throw Refusal.of(refused);
    this.#underWay.refuseSecond(plan.cluster);
    const used = usedBy(this.list(plan.id)[0]);
    if (used?.over === false) throw new Refusal('CONFLICT', used.words);
    const dsns = await this.#dsns.forPlan(stored, given);
    const fresh = await this.#drawing.draw(plan.request, stored.dsns, dsns);
    const lacking = (fresh.executable.rights ?? []).filter(({ node }) => dsns[node] !== undefined);
    if (lacking.length > 0) throw refusedDsns(lacking.map(lackingIssue));
    // Drawn by another role it lacks nothing; whoever runs it is asked for the same.
    fresh.plan = { ...fresh.plan, rights: plan.rights };
    if (used !== null || !samePlan(stored, fresh)) {
      this.#store.savePlan(fresh);
      const changed = changedRefused(plan);
      throw Refusal.of({ ...changed, message: used?.words ?? changed.message }, fresh.plan);
    }
    const lock = await lockNodes(stored, dsns, this.#options);
    try {
      // Somebody else may have started one while the nodes were read.
      this.#underWay.refuseSecond(plan.cluster);
      const run = this.#store.createRun(stored, new Date().toISOString(), by, dsns);
      this.#news.tell(run, by === null ? 'began' : `was started by ${by}`, null);
      this.#go(run, stored, { lock, given: dsns });
      return shownRun(run);
    } catch (error) {
      await lock?.release();
      throw error;
    }
  }

  #go(
    run: StoredRun,
    plan: StoredPlan,
    how: { lock: ClusterLock | null; dropWritten?: boolean; given: Readonly<Record<string, string>> },
  ): void {
    const { registry, sandboxes, log, refreshed, seal } = this.#options;
    const execution = new Execution(run, plan, {
      store: this.#store,
      registry,
      sandboxes,
      log,
      changed: () => this.#news.wake(run.id),
      refreshed,
      lock: how.lock,
      dropWritten: how.dropWritten ?? false,
      given: how.given,
      seal,
    });
    this.#underWay.begin(execution, () => {
      if (execution.unwritten !== null) this.#unwritten.set(run.id, run);
      this.#discardDraft(run);
      this.#news.tellEnd(run);
      this.#news.wake(run.id);
    });
  }

  /** Newest first; `plan`: only those of that plan. */
  list(plan?: string): Run[] {
    return this.#store.runs(plan).map((run) => shownRun(this.#current(run)));
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
    const unwritten = this.#unwritten.get(run.id);
    return this.#underWay.get(run.id)?.execution.run ?? (unwritten ? structuredClone(unwritten) : run);
  }

  /** The whole run now, and again whenever something of it changed; ends after the state in which it ended. Throws as `get`. */
  events(id: string, signal: AbortSignal): AsyncGenerator<Run> {
    return this.#news.follow(id, () => this.get(id), signal);
  }

  /** Stops a run: what is under way is let finish, nothing new begins. Resolves when it has stopped. Refusal: it is not under way. */
  async cancel(id: string): Promise<Run> {
    const run = this.#run(id);
    const refused = actRefused(shownRun(run), 'cancel');
    if (refused !== null) throw Refusal.of(refused);
    const going = this.#underWay.get(id);
    if (going === undefined) throw new Refusal('CONFLICT', `Run ${id} has just ended.`);
    going.execution.abort('cancelled');
    await going.ended;
    return this.get(id);
  }

  /** Refusal: the run is not under way, or the step is not proving anything now. */
  endProof(id: string, step: string): Run {
    this.#run(id);
    if (this.#underWay.get(id)?.execution.endProof(step) !== true) {
      throw Refusal.of(proofRefused(id, step));
    }
    return this.get(id);
  }

  /** Goes on with a run that failed, was cancelled or was interrupted, from what is so now. */
  async resume(id: string, given: Readonly<Record<string, string>> = {}): Promise<Run> {
    const { run, stored } = this.#stopped(id, 'resume');
    const dsns = await this.#dsns.forRun(run, stored, given);
    const lock = await lockNodes(stored, dsns, this.#options);
    return this.#again(run, stored, { direction: 'forward', words: 'was resumed', lock, given: dsns });
  }

  /** What is done stays so, but for steps that look anew each time. */
  #resetSteps(run: StoredRun, stored: StoredPlan): void {
    const actions = new Map(stored.executable.steps.map(({ id, action }) => [id, action]));
    for (const step of run.steps) {
      const action = actions.get(step.id);
      const change = resumed(step, action !== undefined && isDoneAgain(action));
      this.#store.saveStep(run, Object.assign(step, change));
    }
  }

  /**
   * Takes back what the run made, and only that, in reverse order. `dropWritten`: copied tables too that were written to
   * since; without this word they are kept, and the run says so.
   */
  async rollback(
    id: string,
    dropWritten = false,
    given: Readonly<Record<string, string>> = {},
  ): Promise<Run> {
    const { run, stored } = this.#stopped(id, 'rollback');
    const dsns = await this.#dsns.forRun(run, stored, given);
    const lock = await lockNodes(stored, dsns, this.#options);
    const words = 'is being rolled back';
    return this.#again(run, stored, { direction: 'back', words, lock, dropWritten, given: dsns });
  }

  /** Refusal: it is in no state for that, or another run of its cluster is under way. */
  #stopped(id: string, act: 'resume' | 'rollback'): { run: StoredRun; stored: StoredPlan } {
    const run = this.#run(id);
    const refused = actRefused(shownRun(run), act);
    if (refused !== null) throw Refusal.of(refused);
    if (this.#underWay.get(id) !== undefined) throw new Refusal('CONFLICT', `Run ${id} is under way.`);
    this.#underWay.refuseSecond(run.cluster);
    return { run, stored: this.#stored(run.plan) };
  }

  #again(run: StoredRun, stored: StoredPlan, { direction, words, ...how }: Again): Run {
    const { lock } = how;
    // Two resumes at once: the lock was taken in between.
    if (this.#underWay.get(run.id) !== undefined) {
      void lock?.release();
      throw new Refusal('CONFLICT', `Run ${run.id} is already under way.`);
    }
    try {
      // Not before: while another console changes the nodes, the run stays as it is.
      if (direction === 'forward') this.#resetSteps(run, stored);
      Object.assign(run, { state: 'running', direction, endedAt: null });
      if (this.#unwritten.has(run.id)) this.#store.saveWhole(run);
      else this.#store.saveRun(run);
    } catch (error) {
      void lock?.release();
      throw error;
    }
    this.#unwritten.delete(run.id);
    this.#news.tell(run, words, null);
    this.#go(run, stored, how);
    this.#news.wake(run.id);
    return shownRun(run);
  }

  /** For the console's end, within a second: runs under way become `interrupted`. */
  async stop(): Promise<void> {
    // A statement that goes on has nobody to hear its end: as after a crash, a resume looks at what it did.
    await this.#underWay.stop((run) => ifKept(() => this.#interrupt(run)));
    this.#writeEnds();
  }

  /** Nobody needs the answers of a deploy that has succeeded. */
  #discardDraft(run: StoredRun): void {
    const request = this.#store.plan(run.plan)?.plan.request;
    if (run.state !== 'succeeded' || request?.kind !== 'deploy' || request.target !== 'servers') return;
    const { draft } = request;
    if (draft != null) ifKept(() => this.#options.deploys.discard(draft));
  }
}

/** For what may be left undone while nothing can be written: the store itself says why. */
function ifKept(write: () => void): void {
  try {
    write();
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
  }
}
