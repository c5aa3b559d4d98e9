/** Runs of plans, step after step as time passes: the rules are core's, here they are carried out on a simulated world. */
import { formatBytes, formatRate, formatSeconds } from '#core/model/format.ts';
import type { Run, RunState } from '#core/model/plan.ts';
import type { ExecutableStep } from '#core/plan/executable.ts';
import { isDoneAgain } from '#core/run/again.ts';
import { allowedOf, NOTHING_ALLOWED } from '#core/run/allowed.ts';
import { endForward, isOver, isUnderWay, startable, TakingBack, underWayAs } from '#core/run/machine.ts';
import { missingDsns } from '#core/run/run-dsns.ts';
import {
  begun,
  emptyStep,
  failed,
  finished,
  type JournalStep,
  resumed,
  type StepChange,
  stopped,
  takingBack,
} from '#core/run/step-change.ts';
import type { SimPlan, SimStep } from './plan.ts';
import { errorOf, leftOf } from './step-error.ts';
import type { World } from './world.ts';

/** Milliseconds to take one step back. */
const UNDO_MS = 150;

/** As it stands: the run, and its steps with what a rollback goes by. */
interface Journal {
  run: Omit<Run, 'steps'>;
  steps: JournalStep[];
}

/** A rollback under way: steps that are still to be taken back, the first one first. */
interface Back {
  rules: TakingBack<ExecutableStep>;
  order: ExecutableStep[];
  dropWritten: boolean;
}

export class SimRun {
  readonly plan: SimPlan;
  #world: World;
  #journal: Journal;
  /** As it is given out, of which state. */
  #shown: { of: Journal; run: Run } | null = null;
  /** Milliseconds of work that are left of a step. */
  #left = new Map<string, number>();
  #back: Back | null = null;

  constructor(world: World, plan: SimPlan, id: string, at: number) {
    this.#world = world;
    this.plan = plan;
    this.#journal = {
      run: {
        id,
        plan: plan.plan.id,
        cluster: plan.plan.cluster,
        title: plan.plan.title,
        state: 'running',
        direction: 'forward',
        by: 'the page, from 127.0.0.1',
        startedAt: new Date(at).toISOString(),
        endedAt: null,
        leftToDo: [],
        dsnsKept: [],
        needs: [],
        allowed: NOTHING_ALLOWED,
      },
      steps: plan.steps.map(({ id, done }) => emptyStep(id, done ? 'skipped' : 'waiting')),
    };
  }

  /** A new object whenever something of it changed. */
  get run(): Run {
    if (this.#shown?.of !== this.#journal) {
      const { run, steps } = this.#journal;
      const dsnsKept = isOver(run) ? [] : run.dsnsKept;
      this.#shown = {
        of: this.#journal,
        run: {
          ...run,
          steps: steps.map(({ made: _made, left: _left, ...step }) => step),
          leftToDo: steps.flatMap(({ left }) => left),
          dsnsKept,
          needs: isOver(run) ? [] : missingDsns(this.plan.plan.rights, dsnsKept),
          allowed: allowedOf({ ...run, steps }, true),
        },
      };
    }
    return this.#shown.run;
  }

  /** Given for this run, of these nodes. */
  keepDsns(nodes: readonly string[]): void {
    this.#change({ dsnsKept: [...new Set([...this.#journal.run.dsnsKept, ...nodes])].sort() });
  }

  get isUnderWay(): boolean {
    return isUnderWay(this.#journal.run);
  }

  /** Lets the run work for some milliseconds. */
  work(ms: number, at: number): void {
    if (!this.isUnderWay) return;
    const now = new Date(at).toISOString();
    if (this.#back === null) this.#forward(ms, now);
    else this.#takeBack(this.#back, ms, now);
  }

  /** Starts steps whose forerunners are done, ends those whose time is up. */
  #forward(ms: number, now: string): void {
    const ready = new Set(startable(this.#journal.steps, this.plan.steps).map(({ id }) => id));
    for (const step of this.plan.steps) {
      if (ready.has(step.id)) {
        this.#left.set(step.id, step.seconds * 1000 + proofMs(step));
        this.#set(step.id, { ...begun(now), made: [0], waitsFor: step.waitsFor });
      } else if (this.#step(step.id).state === 'running') {
        const left = (this.#left.get(step.id) ?? 0) - ms;
        this.#left.set(step.id, left);
        if (left <= 0) this.#finish(step, now);
        else if (left <= proofMs(step)) this.#prove(step, left);
        else if (step.copyBytes !== null) this.#progress(step, step.copyBytes, left - proofMs(step));
      }
    }
    const { steps } = this.#journal;
    const goesOn =
      steps.some(({ state }) => state === 'running') || startable(steps, this.plan.steps).length > 0;
    const state = goesOn ? underWayAs(steps) : endForward(steps, null);
    if (state !== this.#journal.run.state) this.#change(goesOn ? { state } : { state, endedAt: now });
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

  /** How far the comparison is: one line after the other. */
  #prove(step: SimStep, leftMs: number): void {
    const lines = step.proof?.found ?? [];
    const read = lines.slice(0, Math.floor(lines.length * (1 - leftMs / proofMs(step))));
    const next = lines[read.length]?.name ?? '';
    this.#set(step.id, {
      proving: true,
      progress: null,
      facts: read,
      note: `${read.length} of ${lines.length} tables equal, comparing ${next}, about ${formatSeconds(Math.max(1, Math.ceil(leftMs / 1000)))} left`,
    });
  }

  #finish(step: SimStep, now: string): void {
    try {
      this.#world.failIfTold(step.id);
      step.apply();
      this.#set(step.id, {
        ...finished(false, now),
        note: step.note,
        know: step.know,
        notices: step.notices,
        facts: [...(step.proof?.found ?? []), ...step.facts()],
      });
    } catch (error) {
      this.#set(step.id, failed(errorOf(error, step), now));
    }
  }

  #takeBack({ rules, order, dropWritten }: Back, ms: number, now: string): void {
    const [next] = order;
    if (next === undefined) {
      this.#change({ state: rules.end, endedAt: now });
      return;
    }
    if (this.#step(next.id).note !== 'being undone') {
      this.#left.set(next.id, UNDO_MS);
      this.#set(next.id, takingBack(now));
      return;
    }
    const left = (this.#left.get(next.id) ?? 0) - ms;
    this.#left.set(next.id, left);
    if (left > 0) return;
    order.shift();
    this.#set(next.id, rules.keeps(next, now) ?? this.#undo(next, rules, dropWritten, now));
  }

  #undo(
    next: ExecutableStep,
    rules: TakingBack<ExecutableStep>,
    dropWritten: boolean,
    now: string,
  ): StepChange {
    const kept = this.#world.keptStep(next, dropWritten);
    if (kept !== null) {
      const left = leftOf(this.plan, next, kept);
      return rules.didNot(next, kept.error, { left }, now);
    }
    this.plan.steps.find(({ id }) => id === next.id)?.revert();
    return rules.tookBack({ left: [] }, now);
  }

  /** False: that step proves nothing now. */
  endProof(id: string): boolean {
    const step = this.#step(id);
    if (!step.proving) return false;
    const planned = this.plan.steps.find((each) => each.id === id);
    // What it was to move is moved: only whether it is equal is not known.
    planned?.apply();
    const of = planned?.proof?.found.length ?? 0;
    this.#set(id, {
      ...finished(true, new Date(this.#world.now).toISOString()),
      note: null,
      know: `not proved: ended by the operator after ${step.facts.length} of ${of} tables`,
    });
    return true;
  }

  cancel(): void {
    this.#stop('cancelled', this.#world.now);
  }

  resume(): void {
    for (const step of this.#journal.steps) {
      const planned = this.plan.executable.steps.find(({ id }) => id === step.id);
      this.#set(step.id, resumed(step, planned !== undefined && isDoneAgain(planned.action)));
    }
    this.#change({ direction: 'forward', state: 'running', endedAt: null });
  }

  rollback(dropWritten: boolean): void {
    const shown = new Map(this.plan.plan.steps.map((step) => [step.id, step]));
    const rules = new TakingBack(this.plan.executable.steps, (id) => shown.get(id)?.undoSql ?? []);
    this.#back = { rules, order: rules.order(this.#journal.steps), dropWritten };
    this.#change({ direction: 'back', state: 'running', endedAt: null });
  }

  /** The console was stopped while this ran. */
  interrupt(at: number): void {
    this.#stop('interrupted', at);
  }

  #stop(state: RunState, at: number): void {
    const endedAt = new Date(at).toISOString();
    for (const step of this.#journal.steps)
      if (step.state === 'running') this.#set(step.id, stopped(endedAt));
    this.#change({ state, endedAt });
  }

  #step(id: string): JournalStep {
    const found = this.#journal.steps.find((step) => step.id === id);
    if (!found) throw new Error(`no step ${id} in run ${this.#journal.run.id}`);
    return found;
  }

  #set(id: string, change: StepChange): void {
    const { run, steps } = this.#journal;
    this.#journal = { run, steps: steps.map((step) => (step.id === id ? { ...step, ...change } : step)) };
  }

  #change(change: Partial<Run>): void {
    this.#journal = { ...this.#journal, run: { ...this.#journal.run, ...change } };
  }
}

const proofMs = (step: SimStep): number => (step.proof?.seconds ?? 0) * 1000;
