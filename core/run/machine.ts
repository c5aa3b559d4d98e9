/**
 * The rules by which a run goes, forward and back: which step may begin, in which order it is taken back and what stays, and how
 * the run is called. Pure; the server carries it out on nodes, the mock world on its own.
 */
import type { LeftToDo, Run, RunState, RunStep } from '#core/model/plan.ts';
import type { ActionType } from '#core/plan/executable.ts';
import { inOrder } from '#core/plan/order.ts';
import { type JournalStep, kept, notTakenBack, type StepChange, takenBack } from './step-change.ts';
import { heldBy, isOpen, leftBecause } from './taking-back.ts';

/** A step of a plan as the order of a run is concerned. */
export interface MachineStep {
  id: string;
  node: string | null;
  after: readonly string[];
  action: { type: ActionType };
}

type Standing = Pick<RunStep, 'id' | 'state'>;

export const isFinished = ({ state }: Pick<RunStep, 'state'>): boolean =>
  state === 'done' || state === 'skipped';

/** Something of it goes on now. */
export const isUnderWay = ({ state }: Pick<Run, 'state'>): boolean =>
  state === 'running' || state === 'waiting-for-operator';

/** Nothing more is to come of it, so that no secret is kept for it. */
export const isOver = ({ state }: Pick<Run, 'state'>): boolean =>
  state === 'succeeded' || state === 'rolled-back';

/** Steps that wait, and all of whose predecessors are done or skipped. A step that failed holds only what follows it. */
export function startable<T extends Standing>(
  steps: readonly T[],
  planned: readonly Pick<MachineStep, 'id' | 'after'>[],
): T[] {
  const byId = new Map(steps.map((step) => [step.id, step]));
  return planned.flatMap(({ id, after }) => {
    const step = byId.get(id);
    if (step === undefined || step.state !== 'waiting') return [];
    const ready = after.every((before) => {
      const other = byId.get(before);
      return other === undefined || isFinished(other);
    });
    return ready ? [step] : [];
  });
}

/** A run waits for the operator while any of its steps does. */
export const underWayAs = (
  steps: readonly Pick<RunStep, 'waitsFor'>[],
): 'running' | 'waiting-for-operator' =>
  steps.some(({ waitsFor }) => waitsFor !== null) ? 'waiting-for-operator' : 'running';

/** How a run ended of which nothing goes on and nothing may begin. `stoppedAs`: it was stopped; null: it was not. */
export const endForward = (steps: readonly Standing[], stoppedAs: RunState | null): RunState =>
  steps.every(isFinished) ? 'succeeded' : (stoppedAs ?? 'failed');

/** What stood in a rollback's way so far. */
interface Ground {
  /** Steps that were not taken back. */
  standing: Set<string>;
  /** Nodes that could not be reached: they are asked once. */
  silent: Set<string>;
  unfinished: boolean;
}

/**
 * One rollback: the steps that made something, in the reverse of an order that `after` allows, one after the other. What cannot
 * be taken back keeps what it stands on, and says what is left to do; all else goes on.
 */
export class TakingBack<S extends MachineStep> {
  readonly #planned: readonly S[];
  readonly #undoSql: (step: string) => string[];
  readonly #ground: Ground = { standing: new Set(), silent: new Set(), unfinished: false };

  /** `undoSql`: the statements that take a step back, passwords masked. */
  constructor(planned: readonly S[], undoSql: (step: string) => string[]) {
    this.#planned = planned;
    this.#undoSql = undoSql;
  }

  /** All there is to be taken back, the first one first. */
  order(steps: readonly Pick<JournalStep, 'id' | 'made'>[]): S[] {
    const made = new Set(steps.flatMap(({ id, made }) => (made.length > 0 ? [id] : [])));
    return inOrder(this.#planned)
      .reverse()
      .filter(({ id }) => made.has(id));
  }

  /** Why a step is not even tried, as a change of it; null: it is. */
  keeps(step: S, at: string): StepChange | null {
    const { standing, silent } = this.#ground;
    // The slots of a hold ask for themselves whether a subscription goes on from them: rows that stay are no reason to keep WAL.
    const held = step.action.type === 'hold' ? [] : heldBy(step, this.#planned, standing);
    const gone = step.node !== null && silent.has(step.node);
    if (held.length === 0 && !gone) return null;
    standing.add(step.id);
    const why = gone
      ? `${step.node} could not be reached.`
      : `It stays until ${held.length === 1 ? `step ${held[0]}, which came after it, is` : `steps ${held.join(', ')}, which came after it, are`} undone.`;
    return kept(why, this.#left(step, gone ? 'unreachable' : 'after-others', why), at);
  }

  /** It was taken back; `left` of it may say what was not. */
  tookBack({ left }: Pick<JournalStep, 'left'>, at: string): StepChange {
    // A slot on a node that could not be reached, for one: the next rollback tries it again.
    if (left.some(isOpen)) this.#ground.unfinished = true;
    return takenBack({ left }, at);
  }

  /** It could not be; what is left it may have said itself. */
  didNot(
    step: S,
    error: NonNullable<RunStep['error']>,
    { left }: Pick<JournalStep, 'left'>,
    at: string,
  ): StepChange {
    const { standing, silent } = this.#ground;
    standing.add(step.id);
    if (error.code === 'unreachable' && step.node !== null) silent.add(step.node);
    const own = left.length > 0 ? left : [this.#left(step, leftBecause(error.code), error.message)];
    return notTakenBack(error, own, at);
  }

  get end(): 'rolled-back' | 'failed' {
    const { standing, unfinished } = this.#ground;
    return standing.size === 0 && !unfinished ? 'rolled-back' : 'failed';
  }

  #left({ id, node }: S, code: LeftToDo['code'], message: string): LeftToDo {
    return { node, step: id, code, object: null, message, sql: this.#undoSql(id) };
  }
}
