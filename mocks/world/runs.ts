/** Runs of plans, step after step as time passes. */
import type { Run } from '#core/model/plan.ts';
import type { SimPlan, SimStep } from './plan.ts';
import type { World } from './world.ts';

type StepRun = Run['steps'][number];

/** A run under way: what has been done so far, and what the world makes of it at each moment. */
export class SimRun {
  readonly plan: SimPlan;
  #world: World;
  #run: Run;
  #left = new Map<string, number>();

  constructor(world: World, plan: SimPlan, id: string) {
    this.#world = world;
    this.plan = plan;
    this.#run = {
      id,
      plan: plan.plan.id,
      cluster: plan.plan.cluster,
      title: plan.plan.title,
      state: 'running',
      startedAt: world.isoNow,
      endedAt: null,
      steps: plan.steps.map((step) => ({
        id: step.id,
        state: step.done ? 'skipped' : 'waiting',
        startedAt: null,
        endedAt: null,
        note: step.done ? 'was already so' : null,
        error: null,
      })),
    };
  }

  get run(): Run {
    return this.#run;
  }

  get ended(): boolean {
    return this.#run.state !== 'running' && this.#run.state !== 'waiting-for-operator';
  }

  /** Lets the run work for some milliseconds: starts steps whose forerunners are done, ends those whose time is up. */
  work(ms: number, at: number): void {
    if (this.#run.state !== 'running') return;
    const now = new Date(at).toISOString();
    for (const step of this.plan.steps) {
      const state = this.#step(step.id);
      if (state.state === 'waiting' && step.after.every((id) => isDone(this.#step(id)))) {
        this.#left.set(step.id, step.seconds * 1000);
        this.#set(step.id, { state: 'running', startedAt: now });
      } else if (state.state === 'running') {
        const left = (this.#left.get(step.id) ?? 0) - ms;
        this.#left.set(step.id, left);
        if (left <= 0) this.#finish(step, now);
      }
      if (this.#run.state !== 'running') return;
    }
    if (this.#run.steps.every(isDone)) this.#end('succeeded');
  }

  #finish(step: SimStep, now: string): void {
    try {
      step.apply(this.#world);
      this.#set(step.id, { state: 'done', endedAt: now, note: step.note });
    } catch (error) {
      const failed = error as Error & { sqlstate?: string; why?: string; remedy?: string };
      this.#set(step.id, {
        state: 'failed',
        endedAt: now,
        error: {
          message: failed.message,
          sqlstate: failed.sqlstate ?? null,
          statement: step.sql[0] ?? step.commands[0] ?? null,
          cause: failed.why ?? null,
          remedy: failed.remedy ?? null,
        },
      });
      this.#run = { ...this.#run, state: 'waiting-for-operator' };
    }
  }

  cancel(): void {
    for (const step of this.#run.steps)
      if (step.state === 'running') this.#set(step.id, { state: 'waiting', startedAt: null });
    this.#end('cancelled');
  }

  resume(): void {
    for (const step of this.#run.steps)
      if (step.state === 'failed' || step.state === 'undone')
        this.#set(step.id, { state: 'waiting', startedAt: null, endedAt: null, error: null });
    this.#run = { ...this.#run, state: 'running', endedAt: null };
  }

  rollback(): void {
    for (const step of [...this.plan.steps].reverse())
      if (this.#step(step.id).state === 'done') {
        step.revert(this.#world);
        this.#set(step.id, { state: 'undone', endedAt: this.#world.isoNow });
      }
    this.#end('rolled-back');
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

  #end(state: Run['state']): void {
    this.#run = { ...this.#run, state, endedAt: this.#world.isoNow };
  }
}

const isDone = (step: StepRun): boolean => step.state === 'done' || step.state === 'skipped';
