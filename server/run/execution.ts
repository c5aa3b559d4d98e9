/** One run under way: steps whose predecessors are done, in parallel, each journaled before and after. */

import type { RunState } from '#core/model/plan.ts';
import type { Snapshot } from '#core/model/snapshot.ts';
import type { Action, ActionType, DraftStep } from '#core/plan/draft.ts';
import { inOrder } from '#core/plan/order.ts';
import type { Log } from '#server/log.ts';
import type { Sandboxes } from '#server/sandbox/sandboxes.ts';
import type { Registry } from '#server/store/registry.ts';
import { DEFAULT_THRESHOLDS } from '#server/store/registry.ts';
import type { RunStore, StoredPlan, StoredRun, StoredStep } from '#server/store/runs.ts';
import type { ClusterLock } from './cluster-lock.ts';
import { executors } from './executors.ts';
import { nodeDsn, peerDsn } from './request-dsns.ts';
import { Sessions } from './sessions.ts';
import type { Executor, StepContext } from './step-context.ts';
import { anyFailure, StepCancelled, StepFailure } from './step-failure.ts';

export interface ExecutionParts {
  store: RunStore;
  registry: Registry;
  sandboxes: Sandboxes;
  log: Log;
  /** Something of the run changed, and is on disk. */
  changed: () => void;
  /** Keeps other consoles off the nodes; null: the run touches none. */
  lock: ClusterLock | null;
  /** Asks a cluster's nodes again, now. */
  refreshed: (cluster: string) => Promise<Snapshot | null>;
  dropWritten: boolean;
}

/** A step that has ended waits for nobody and shows no progress. */
const AT_REST = { waitsFor: null, progress: null } satisfies Partial<StoredStep>;
const AFRESH = { ...AT_REST, notices: [], facts: [] } satisfies Partial<StoredStep>;
/** Of a step; a server that says more repeats itself. */
const NOTICES_KEPT = 50;

const FINISHED: ReadonlySet<StoredStep['state']> = new Set(['done', 'skipped']);
const now = (): string => new Date().toISOString();

export class Execution {
  readonly run: StoredRun;
  readonly #plan: StoredPlan;
  readonly #parts: ExecutionParts;
  readonly #control = new AbortController();
  readonly #sessions = new Sessions();
  #abandoned = false;
  /** What the run is called when it was aborted: by the operator, or by the console that stops. */
  #abortedAs: RunState = 'cancelled';

  constructor(run: StoredRun, plan: StoredPlan, parts: ExecutionParts) {
    this.run = run;
    this.#plan = plan;
    this.#parts = parts;
  }

  /** Statements under way are let finish, waits end. The run's promise resolves afterwards. */
  abort(as: Extract<RunState, 'cancelled' | 'interrupted'>): void {
    this.#abortedAs = as;
    this.#control.abort();
  }

  /** The console ends before the run could stop: from here on it writes nothing down. */
  abandon(): void {
    this.#abandoned = true;
    this.#sessions.abort();
  }

  /** Goes through the steps, forward or back, to an end; never throws. */
  async go(): Promise<void> {
    try {
      await (this.run.direction === 'forward' ? this.#forward() : this.#back());
    } catch (error) {
      // Only the journal itself can fail here (a full disk): say so and stop, what was done stands in it.
      this.#parts.log.error(`run ${this.run.id}: ${(error as Error).message}`);
      this.#end('failed');
    } finally {
      this.#sessions.close();
      this.#parts.lock?.release();
    }
  }

  async #forward(): Promise<void> {
    const { steps } = this.run;
    const draft = new Map(this.#plan.draft.steps.map((step) => [step.id, step]));
    const under = new Map<string, Promise<void>>();
    for (;;) {
      if (!this.#control.signal.aborted) {
        for (const step of steps) {
          if (step.state !== 'waiting' || under.has(step.id)) continue;
          const planned = draft.get(step.id) as DraftStep;
          if (!planned.after.every((id) => FINISHED.has(this.#stepState(id)))) continue;
          const going = this.#do(step, planned).finally(() => under.delete(step.id));
          under.set(step.id, going);
        }
      }
      if (under.size === 0) break;
      await Promise.race(under.values());
    }
    if (steps.every((step) => FINISHED.has(step.state))) this.#end('succeeded');
    else if (this.#control.signal.aborted) this.#end(this.#abortedAs);
    else this.#end('failed');
  }

  #stepState(id: string): StoredStep['state'] {
    return this.run.steps.find((step) => step.id === id)?.state ?? 'done';
  }

  async #do(step: StoredStep, planned: DraftStep): Promise<void> {
    this.#save(step, {
      state: 'running',
      startedAt: now(),
      endedAt: null,
      error: null,
      note: null,
      ...AFRESH,
    });
    try {
      await this.#hold(planned);
      const { skipped } = await executorOf(planned.action).run(planned.action, this.#context(step, planned));
      this.#save(step, { state: skipped ? 'skipped' : 'done', endedAt: now(), ...AT_REST });
    } catch (error) {
      this.#save(step, AT_REST);
      if (this.#control.signal.aborted && (error instanceof StepCancelled || isAbort(error))) {
        this.#save(step, { state: 'waiting', endedAt: now(), note: 'stopped before it was done' });
        return;
      }
      const failure = anyFailure(error);
      this.#parts.log.warn(`run ${this.run.id}, step ${step.id}: ${failure.message}`);
      this.#save(step, { state: 'failed', endedAt: now(), error: failure.error });
    }
  }

  /** The lock goes with its connection: after a restart of the server it is taken again before anything is done there. */
  async #hold({ node, action }: DraftStep): Promise<void> {
    if (node === null || action.type === 'restart') return;
    const held = await this.#parts.lock?.hold(node);
    if (held !== undefined && held !== null) throw new StepFailure(held);
  }

  /**
   * Steps in the reverse of an order that `after` allows, one after the other. Where one cannot be taken back, the rest of
   * its node stays as it is, and says what is left to do there; the other nodes go on.
   */
  async #back(): Promise<void> {
    const shown = new Map(this.#plan.plan.steps.map((step) => [step.id, step]));
    const stuck = new Set<string | null>();
    for (const planned of inOrder(this.#plan.draft.steps).reverse()) {
      const { id } = planned;
      const step = this.run.steps.find((each) => each.id === id);
      if (step === undefined || step.state === 'undone') continue;
      if (this.#control.signal.aborted) return this.#end(this.#abortedAs);
      if (step.made.length === 0) continue;
      const left = shown.get(id)?.undoSql ?? [];
      if (planned.node !== null && stuck.has(planned.node)) {
        this.#save(step, { note: left.length > 0 ? `left to do: ${left.join(' ')}` : 'left as it is' });
        continue;
      }
      this.#save(step, { startedAt: now(), endedAt: null, error: null, note: 'taking back', notices: [] });
      try {
        await this.#hold(planned);
        await executorOf(planned.action).undo(planned.action, this.#context(step, planned));
        step.made = [];
        this.#save(step, { state: 'undone', endedAt: now(), note: null });
      } catch (error) {
        stuck.add(planned.node);
        const { error: failure } = anyFailure(error);
        const note =
          left.length > 0 ? `left to do on ${planned.node ?? 'this machine'}: ${left.join(' ')}` : null;
        this.#save(step, { state: 'failed', endedAt: now(), note, error: failure });
      }
    }
    this.#end(stuck.size === 0 ? 'rolled-back' : 'failed');
  }

  #context(step: StoredStep, planned: DraftStep): StepContext {
    const { registry, sandboxes, log } = this.#parts;
    const { cluster } = this.run;
    return {
      cluster,
      step: planned,
      registry,
      sandboxes,
      sessions: this.#sessions,
      log,
      signal: this.#control.signal,
      dropWritten: this.#parts.dropWritten,
      dsn: (node, database) =>
        this.#plan.dsns[node]?.dsn ?? nodeDsn(cluster, node, registry, sandboxes, database),
      peerDsn: (node) => this.#plan.dsns[node]?.peerDsn ?? peerDsn(cluster, node, registry, sandboxes),
      note: (text) => {
        if (step.note !== text) this.#save(step, { note: text });
      },
      waitFor: (text) => this.#waitFor(step, text),
      progress: (of) => {
        if (step.progress?.doneBytes !== of?.doneBytes) this.#save(step, { progress: of });
      },
      fact: (name, value) =>
        this.#save(step, { facts: [...step.facts.filter((fact) => fact.name !== name), { name, value }] }),
      notice: (notice) => {
        if (step.notices.length < NOTICES_KEPT) this.#save(step, { notices: [...step.notices, notice] });
      },
      recall: (key) => step.memo[key],
      remember: (key, value) => this.#save(step, { memo: { ...step.memo, [key]: value } }),
      register: (nodes) => this.#register(nodes),
      refreshed: () => this.#parts.refreshed(cluster),
      made: (index) => step.made.includes(index),
      willMake: (index) => {
        if (!step.made.includes(index)) this.#save(step, { made: [...step.made, index] });
      },
    };
  }

  /** The run waits for the operator while any of its steps does. */
  #waitFor(step: StoredStep, text: string | null): void {
    if (step.waitsFor === text || this.#abandoned) return;
    step.waitsFor = text;
    const state = this.run.steps.some((each) => each.waitsFor !== null) ? 'waiting-for-operator' : 'running';
    if (this.run.state !== state) {
      this.run.state = state;
      this.#parts.store.saveRun(this.run);
    }
    this.#save(step, {});
  }

  #register(nodes: string[]): void {
    const { registry } = this.#parts;
    if (registry.get(this.run.cluster) !== undefined) return;
    registry.add({
      name: this.run.cluster,
      engine: 'spock',
      createdAt: now(),
      thresholds: DEFAULT_THRESHOLDS,
      topology: { kind: 'full-mesh' },
      sandbox: false,
      nodes: nodes.flatMap((name) => {
        const dsns = this.#plan.dsns[name];
        if (dsns === undefined) return [];
        return [
          { name, dsn: dsns.dsn, peerDsn: dsns.peerDsn === dsns.dsn ? null : dsns.peerDsn, walRoom: null },
        ];
      }),
    });
  }

  #save(step: StoredStep, change: Partial<StoredStep>): void {
    if (this.#abandoned) return;
    Object.assign(step, change);
    this.#parts.store.saveStep(this.run, step);
    this.#parts.changed();
  }

  #end(state: RunState): void {
    if (this.#abandoned) return;
    this.run.state = state;
    this.run.endedAt = now();
    this.#parts.store.saveRun(this.run);
    this.#parts.changed();
  }
}

/** The map pairs each type with its executor; the types cannot say so for a union. */
export function executorOf(action: Action): Executor<ActionType> {
  return executors[action.type] as Executor<ActionType>;
}

const isAbort = (error: unknown): boolean => (error as Error).name === 'AbortError';
