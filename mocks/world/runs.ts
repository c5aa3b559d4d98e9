/** Runs of plans, step after step as time passes: the backend's rules on a simulated world. */
import { formatBytes, formatRate, formatSeconds } from '#core/model/format.ts';
import type { Run, RunState } from '#core/model/plan.ts';
import type { SimPlan, SimStep } from './plan.ts';
import type { World } from './world.ts';

/** A server's answer to a step that went wrong. */
export class StepError extends Error {
  readonly sqlstate: string;
  readonly why: string;
  readonly remedy: string;

  constructor(message: string, told: { sqlstate: string; why: string; remedy: string }) {
    super(message);
    this.sqlstate = told.sqlstate;
    this.why = told.why;
    this.remedy = told.remedy;
  }
}

type StepRun = Run['steps'][number];

/** What a step has that is begun anew. */
const FRESH: Partial<StepRun> = {
  startedAt: null,
  endedAt: null,
  note: null,
  waitsFor: null,
  progress: null,
  notices: [],
  facts: [],
  error: null,
};

/** Milliseconds to take one step back. */
const UNDO_MS = 150;

export class SimRun {
  readonly plan: SimPlan;
  #world: World;
  #run: Run;
  #left = new Map<string, number>();
  /** Copied tables are taken back although they were written to since. */
  #dropWritten = false;
  /** Nodes on which a step could not be taken back. */
  #stuck = new Set<string | null>();

  constructor(world: World, plan: SimPlan, id: string, at: number) {
    this.#world = world;
    this.plan = plan;
    this.#run = {
      id,
      plan: plan.plan.id,
      cluster: plan.plan.cluster,
      title: plan.plan.title,
      state: 'running',
      direction: 'forward',
      by: 'the page, from 127.0.0.1',
      startedAt: new Date(at).toISOString(),
      endedAt: null,
      steps: plan.steps.map((step) => ({
        id: step.id,
        state: step.done ? 'skipped' : 'waiting',
        startedAt: null,
        endedAt: null,
        note: null,
        waitsFor: null,
        progress: null,
        notices: [],
        facts: [],
        error: null,
      })),
    };
  }

  /** A new object whenever something of it changed. */
  get run(): Run {
    return this.#run;
  }

  get isUnderWay(): boolean {
    return this.#run.state === 'running' || this.#run.state === 'waiting-for-operator';
  }

  /** Lets the run work for some milliseconds. */
  work(ms: number, at: number): void {
    if (!this.isUnderWay) return;
    const now = new Date(at).toISOString();
    if (this.#run.direction === 'forward') this.#forward(ms, now);
    else this.#back(ms, now);
  }

  /** Starts steps whose forerunners are done, ends those whose time is up; a failed one holds only what follows it. */
  #forward(ms: number, now: string): void {
    for (const step of this.plan.steps) {
      const state = this.#step(step.id);
      if (state.state === 'waiting' && step.after.every((id) => isDone(this.#step(id)))) {
        this.#left.set(step.id, step.seconds * 1000);
        this.#set(step.id, { ...FRESH, state: 'running', startedAt: now, waitsFor: step.waitsFor });
      } else if (state.state === 'running') {
        const left = (this.#left.get(step.id) ?? 0) - ms;
        this.#left.set(step.id, left);
        if (left <= 0) this.#finish(step, now);
        else if (step.copyBytes !== null) this.#progress(step, step.copyBytes, left);
      }
    }
    this.#say();
    if (this.#run.steps.every(isDone)) this.#end('succeeded', now);
    else if (!this.#run.steps.some((step) => step.state === 'running') && !this.#canStart())
      this.#end('failed', now);
  }

  /** How far a copy is, its rate and the time that is left. */
  #progress(step: SimStep, totalBytes: number, leftMs: number): void {
    const doneBytes = Math.round(totalBytes * (1 - leftMs / (step.seconds * 1000)));
    this.#set(step.id, {
      progress: { doneBytes, totalBytes },
      note: [
        `copying rows: ${formatBytes(doneBytes)} of ${formatBytes(totalBytes)}`,
        formatRate(totalBytes / step.seconds),
        `about ${formatSeconds(Math.max(1, Math.ceil(leftMs / 1000)))} left`,
      ].join(', '),
    });
  }

  /** A run in which all that goes on waits for somebody says so. */
  #say(): void {
    const going = this.#run.steps.filter((step) => step.state === 'running');
    const waits = going.length > 0 && going.every((step) => step.waitsFor !== null);
    const state = waits ? 'waiting-for-operator' : 'running';
    if (this.#run.state !== state) this.#run = { ...this.#run, state };
  }

  #canStart(): boolean {
    return this.plan.steps.some(
      (step) => this.#step(step.id).state === 'waiting' && step.after.every((id) => isDone(this.#step(id))),
    );
  }

  #finish(step: SimStep, now: string): void {
    try {
      this.#world.failIfTold(step.id);
      step.apply();
      this.#set(step.id, {
        state: 'done',
        endedAt: now,
        note: step.note,
        waitsFor: null,
        progress: null,
        notices: step.notices,
        facts: step.facts(),
      });
    } catch (error) {
      const told = error instanceof StepError ? error : null;
      this.#set(step.id, {
        state: 'failed',
        endedAt: now,
        waitsFor: null,
        progress: null,
        error: {
          message: (error as Error).message,
          sqlstate: told?.sqlstate ?? null,
          statement: step.statement,
          cause: told?.why ?? null,
          remedy: told?.remedy ?? null,
        },
      });
    }
  }

  #back(ms: number, now: string): void {
    const next = [...this.plan.steps]
      .reverse()
      .find((step) => this.#step(step.id).state === 'done' && !this.#stuck.has(step.node));
    if (!next) {
      this.#end(this.#stuck.size === 0 ? 'rolled-back' : 'failed', now);
      return;
    }
    const left = (this.#left.get(next.id) ?? 0) - ms;
    if (left <= 0 && this.#step(next.id).note === 'taking back') {
      const refused = this.#dropWritten ? null : this.#world.writtenSince(next.id);
      if (refused) {
        this.#stick(next, now, refused);
        return;
      }
      next.revert();
      this.#set(next.id, { state: 'undone', endedAt: now, note: null });
    } else if (this.#step(next.id).note === 'taking back') this.#left.set(next.id, left);
    else {
      this.#left.set(next.id, UNDO_MS);
      this.#set(next.id, { startedAt: now, endedAt: null, error: null, note: 'taking back' });
    }
  }

  /** Where one step cannot be taken back, the rest of its node stays, and says what is left to do there. */
  #stick(step: SimStep, now: string, error: StepRun['error']): void {
    this.#stuck.add(step.node);
    for (const other of this.plan.steps) {
      if (other.node !== step.node || this.#step(other.id).state !== 'done') continue;
      const left = this.plan.plan.steps.find(({ id }) => id === other.id)?.undoSql ?? [];
      this.#set(other.id, { note: left.length > 0 ? `left to do: ${left.join(' ')}` : 'left as it is' });
    }
    this.#set(step.id, { state: 'failed', endedAt: now, error });
  }

  cancel(): void {
    this.#stop('cancelled', this.#world.now);
  }

  resume(): void {
    for (const step of this.#run.steps)
      if (step.state === 'failed' || step.state === 'undone')
        this.#set(step.id, { ...FRESH, state: 'waiting' });
    this.#run = { ...this.#run, direction: 'forward', state: 'running', endedAt: null };
  }

  rollback(dropWritten: boolean): void {
    this.#dropWritten = dropWritten;
    this.#stuck.clear();
    // What a rollback before this one could not take back is tried again; what failed forward made nothing.
    const before = this.#run.direction === 'back' ? 'done' : 'waiting';
    for (const step of this.#run.steps)
      if (step.state === 'failed') this.#set(step.id, { state: before, error: null });
    this.#run = { ...this.#run, direction: 'back', state: 'running', endedAt: null };
  }

  /** The console was stopped while this ran. */
  interrupt(at: number): void {
    this.#stop('interrupted', at);
  }

  #stop(state: RunState, at: number): void {
    const endedAt = new Date(at).toISOString();
    for (const step of this.#run.steps)
      if (step.state === 'running')
        this.#set(step.id, {
          state: 'waiting',
          endedAt,
          waitsFor: null,
          progress: null,
          note: 'stopped before it was done',
        });
    this.#end(state, endedAt);
  }

  #step(id: string): StepRun {
    const found = this.#run.steps.find((step) => step.id === id);
    if (!found) throw new Error(`no step ${id} in run ${this.#run.id}`);
    return found;
  }

  #set(id: string, change: Partial<StepRun>): void {
    this.#run = {
      ...this.#run,
      steps: this.#run.steps.map((step) => (step.id === id ? { ...step, ...change } : step)),
    };
  }

  #end(state: RunState, now: string): void {
    this.#run = { ...this.#run, state, endedAt: now };
  }
}

const isDone = (step: StepRun): boolean => step.state === 'done' || step.state === 'skipped';
