/** One run under way: steps whose predecessors are done, in parallel, each journaled before and after. */

import type { RunState } from '#core/model/plan.ts';
import type { Action, ActionType, DraftStep } from '#core/plan/draft.ts';
import type { Log } from '#server/log.ts';
import type { Sandboxes } from '#server/sandbox/sandboxes.ts';
import type { Registry } from '#server/store/registry.ts';
import type { RunStore, StoredPlan, StoredRun, StoredStep } from '#server/store/runs.ts';
import { executors } from './executors.ts';
import { Sessions } from './sessions.ts';
import type { Executor, StepContext } from './step-context.ts';
import { anyFailure, StepCancelled } from './step-failure.ts';

export interface ExecutionParts {
  store: RunStore;
  registry: Registry;
  sandboxes: Sandboxes;
  log: Log;
  /** Something of the run changed, and is on disk. */
  changed: () => void;
}

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
    this.#save(step, { state: 'running', startedAt: now(), endedAt: null, error: null, note: null });
    try {
      const { skipped } = await executorOf(planned.action).run(planned.action, this.#context(step, planned));
      this.#save(step, { state: skipped ? 'skipped' : 'done', endedAt: now() });
    } catch (error) {
      if (this.#control.signal.aborted && (error instanceof StepCancelled || isAbort(error))) {
        this.#save(step, { state: 'waiting', endedAt: now(), note: 'stopped before it was done' });
        return;
      }
      const failure = anyFailure(error);
      this.#parts.log.warn(`run ${this.run.id}, step ${step.id}: ${failure.message}`);
      this.#save(step, { state: 'failed', endedAt: now(), error: failure.error });
    }
  }

  /** Steps in the reverse of an order that `after` allows, one after the other. */
  async #back(): Promise<void> {
    const draft = new Map(this.#plan.draft.steps.map((step) => [step.id, step]));
    const order = inOrder(this.#plan.draft.steps).reverse();
    for (const id of order) {
      const step = this.run.steps.find((each) => each.id === id);
      const planned = draft.get(id);
      if (step === undefined || planned === undefined || step.state === 'undone') continue;
      if (this.#control.signal.aborted) return this.#end(this.#abortedAs);
      if (step.made.length === 0) continue;
      this.#save(step, { startedAt: now(), endedAt: null, error: null, note: 'taking back' });
      try {
        await executorOf(planned.action).undo(planned.action, this.#context(step, planned));
        step.made = [];
        this.#save(step, { state: 'undone', endedAt: now(), note: null });
      } catch (error) {
        const failure = anyFailure(error);
        this.#save(step, { state: 'failed', endedAt: now(), note: null, error: failure.error });
        return this.#end('failed');
      }
    }
    this.#end('rolled-back');
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
      dsn: (node, database) => nodeDsn(cluster, node, registry, sandboxes, database),
      peerDsn: (node) => peerDsn(cluster, node, registry, sandboxes),
      note: (text) => {
        if (step.note !== text) this.#save(step, { note: text });
      },
      made: (index) => step.made.includes(index),
      willMake: (index) => {
        if (!step.made.includes(index)) this.#save(step, { made: [...step.made, index] });
      },
    };
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

/** Step ids so that each comes after those that it waits for. */
function inOrder(steps: DraftStep[]): string[] {
  const order: string[] = [];
  const byId = new Map(steps.map((step) => [step.id, step]));
  const visit = (step: DraftStep): void => {
    if (order.includes(step.id)) return;
    for (const id of step.after) {
      const before = byId.get(id);
      if (before !== undefined) visit(before);
    }
    order.push(step.id);
  };
  for (const step of steps) visit(step);
  return order;
}

function nodeDsn(
  cluster: string,
  node: string,
  registry: Registry,
  sandboxes: Sandboxes,
  database?: 'maintenance',
): string {
  if (sandboxes.has(cluster)) {
    return sandboxes.get(cluster).dsn(node, ...(database === 'maintenance' ? ['postgres'] : []));
  }
  const record = registry.get(cluster)?.nodes.find((each) => each.name === node);
  if (record === undefined) throw new Error(`${cluster} has no node ${node} any more.`);
  return record.dsn;
}

function peerDsn(cluster: string, node: string, registry: Registry, sandboxes: Sandboxes): string {
  const record = registry.get(cluster)?.nodes.find((each) => each.name === node);
  return record?.peerDsn ?? nodeDsn(cluster, node, registry, sandboxes);
}
