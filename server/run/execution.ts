/** One run under way: core/run/machine.ts says which step may begin and what stays; here each is done, journaled before and after. */
import type { RunState } from '#core/model/plan.ts';
import type { Action, ActionType, ExecutableStep } from '#core/plan/executable.ts';
import { endForward, startable, TakingBack } from '#core/run/machine.ts';
import { begun, failed, finished, stopped, takingBack, takingBackStopped } from '#core/run/step-change.ts';
import type { RunStore, StoredPlan, StoredRun, StoredStep } from '#server/store/runs.ts';
import { StorageError } from '#server/store/trouble.ts';
import type { ClusterLock } from './cluster-lock.ts';
import { executors } from './executors.ts';
import { type GroundParts, RunGround } from './run-ground.ts';
import { RunJournal } from './run-journal.ts';
import type { Executor } from './step-context.ts';
import { anyFailure, StepCancelled, StepFailure } from './step-failure.ts';

export interface ExecutionParts extends GroundParts {
  store: RunStore;
  /** Something of the run changed, and is on disk. */
  changed: () => void;
  /** Keeps other consoles off the nodes; null: the run touches none. */
  lock: ClusterLock | null;
}

const now = (): string => new Date().toISOString();

export class Execution {
  readonly run: StoredRun;
  readonly #plan: StoredPlan;
  readonly #parts: ExecutionParts;
  readonly #control = new AbortController();
  readonly #journal: RunJournal;
  readonly #ground: RunGround;
  /** What the run is called when it was aborted: by the operator, or by the console that stops. */
  #abortedAs: RunState = 'cancelled';

  constructor(run: StoredRun, plan: StoredPlan, parts: ExecutionParts) {
    this.run = run;
    this.#plan = plan;
    this.#parts = parts;
    this.#journal = new RunJournal(run, parts.store, parts.changed, () => this.#control.abort());
    this.#ground = new RunGround(plan, this.#journal, parts, this.#control.signal);
  }

  /** Statements under way are let finish, waits end. The run's promise resolves afterwards. */
  abort(as: Extract<RunState, 'cancelled' | 'interrupted'>): void {
    this.#abortedAs = as;
    this.#control.abort();
  }

  /** The operator's word that a step's proof ends without its answer. False: that step proves nothing now. */
  endProof(step: string): boolean {
    return this.#ground.endProof(step);
  }

  /** The console ends before the run could stop: from here on it writes nothing down. */
  abandon(): void {
    this.#journal.abandon();
    this.#ground.sessions.abort();
  }

  /** Why the run's end is not on disk; null: it is. */
  get unwritten(): StorageError | null {
    return this.#journal.unwritten;
  }

  /**
   * Goes through the steps, forward or back, to an end; never throws. Nothing of it is held any more when its end is written down:
   * what is asked next may be asked at once.
   */
  async go(): Promise<void> {
    let state: RunState;
    try {
      this.#ground.sessions.commitsHere = this.run.direction === 'back';
      state = await (this.run.direction === 'forward' ? this.#forward() : this.#back());
    } catch (error) {
      if (!(error instanceof StorageError)) this.#logFault(error);
      state = 'failed';
    }
    this.#ground.sessions.close();
    await this.#parts.lock?.release();
    try {
      this.#journal.end(state, now());
    } catch (error) {
      this.#logFault(error);
    }
  }

  #logFault(error: unknown): void {
    this.#parts.log.error(`run ${this.run.id}: ${(error as Error).stack ?? error}`);
  }

  async #forward(): Promise<RunState> {
    const { steps } = this.run;
    const planned = this.#plan.executable.steps;
    const byId = new Map(planned.map((step) => [step.id, step]));
    const under = new Map<string, Promise<void>>();
    for (;;) {
      if (!this.#isStopped) {
        for (const step of startable(steps, planned)) {
          if (under.has(step.id)) continue;
          const going = this.#do(step, byId.get(step.id) as ExecutableStep).finally(() =>
            under.delete(step.id),
          );
          under.set(step.id, going);
        }
      }
      if (under.size === 0) break;
      await Promise.race(under.values());
    }
    return endForward(steps, this.#isStopped ? this.#stoppedAs : null);
  }

  get #isStopped(): boolean {
    return this.#control.signal.aborted;
  }

  /** A run that stops since its journal cannot be written has failed; nobody has cancelled it. */
  get #stoppedAs(): RunState {
    return this.unwritten === null ? this.#abortedAs : 'failed';
  }

  /** Without a journal nothing more is sent to a node; what is under way is let finish. */
  async #do(step: StoredStep, planned: ExecutableStep): Promise<void> {
    try {
      await this.#doJournaled(step, planned);
    } catch (error) {
      if (this.unwritten === null) throw error;
      Object.assign(step, failed(anyFailure(this.unwritten).error, now()));
    }
  }

  async #doJournaled(step: StoredStep, planned: ExecutableStep): Promise<void> {
    this.#journal.step(step, begun(now()));
    try {
      await this.#hold(planned);
      const context = this.#ground.context(step, planned);
      const { skipped } = await executorOf(planned.action).run(planned.action, context);
      this.#journal.step(step, finished(skipped, now()));
    } catch (error) {
      if (this.#isCancelled(error)) {
        this.#journal.step(step, stopped(now()));
        return;
      }
      const failure = anyFailure(error);
      this.#parts.log.warn(`run ${this.run.id}, step ${step.id}: ${failure.message}`);
      this.#journal.step(step, failed(failure.error, now()));
    }
  }

  #isCancelled(error: unknown): boolean {
    return this.#isStopped && (error instanceof StepCancelled || (error as Error).name === 'AbortError');
  }

  /** The lock goes with its connection: after a restart of the server it is taken again before anything is done there. */
  async #hold({ node, action }: ExecutableStep): Promise<void> {
    if (node === null || action.type === 'restart') return;
    const held = await this.#parts.lock?.hold(node);
    if (held !== undefined && held !== null) throw new StepFailure(held);
  }

  async #back(): Promise<RunState> {
    const shown = new Map(this.#plan.plan.steps.map((step) => [step.id, step]));
    const rollback = new TakingBack(this.#plan.executable.steps, (id) => shown.get(id)?.undoSql ?? []);
    for (const planned of rollback.order(this.run.steps)) {
      const step = this.run.steps.find(({ id }) => id === planned.id) as StoredStep;
      if (this.#isStopped) return this.#stoppedAs;
      this.#journal.step(step, takingBack(now()));
      const keeps = rollback.keeps(planned, now());
      if (keeps !== null) {
        this.#journal.step(step, keeps);
        continue;
      }
      try {
        await this.#hold(planned);
        await executorOf(planned.action).undo(planned.action, this.#ground.context(step, planned));
        this.#journal.step(step, rollback.tookBack(step, now()));
      } catch (error) {
        if (this.#isCancelled(error)) {
          this.#journal.step(step, takingBackStopped(now()));
          return this.#stoppedAs;
        }
        this.#journal.step(step, rollback.didNot(planned, anyFailure(error).error, step, now()));
      }
    }
    return rollback.end;
  }
}

/** The map pairs each type with its executor; the types cannot say so for a union. */
function executorOf(action: Action): Executor<ActionType> {
  return executors[action.type] as Executor<ActionType>;
}
