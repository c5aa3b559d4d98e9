/** What a plan, or a run, says that one has to know: allowed, and it leaves something. Pure. */
import type { Plan, PlanCheck, PlanStep, Run } from '#core/model/plan.ts';
import { plural } from '#src/lib/units.ts';

/** One thing to know: what several nodes have alike is one. */
export interface KnowLine {
  /** Empty: of no node in particular. */
  nodes: string[];
  name: string;
  value: string;
}

const isKnown = (check: PlanCheck): boolean => check.result === 'know';

/** What the preflight says one has to know, in its order. */
export function knowsOf(plan: Pick<Plan, 'checks'>): KnowLine[] {
  const lines = new Map<string, KnowLine>();
  for (const { node, name, value } of plan.checks.filter(isKnown)) {
    const key = JSON.stringify([name, value]);
    const line = lines.get(key) ?? { nodes: [], name, value };
    if (node !== null) line.nodes.push(node);
    lines.set(key, line);
  }
  return [...lines.values()];
}

/** Things to know that are of one node. */
export const knowsOn = (plan: Pick<Plan, 'checks'>, node: string): number =>
  plan.checks.filter((check) => isKnown(check) && check.node === node).length;

/** Whether the preflight says to know something of these steps. */
export function concerns(plan: Pick<Plan, 'checks'>, steps: readonly PlanStep[]): boolean {
  const ids = new Set(steps.map(({ id }) => id));
  return plan.checks.some((check) => isKnown(check) && check.step !== null && ids.has(check.step));
}

/** `1 thing to know`, `3 things to know`. */
export const thingsToKnow = (count: number): string => `${plural(count, 'thing')} to know`;

/** Steps of a run that ended, and yet leave something to be known, with what that is. */
export function stepKnows(
  run: Pick<Run, 'steps'>,
  plan: Pick<Plan, 'steps'>,
): { step: PlanStep; know: string }[] {
  const states = new Map(run.steps.map((state) => [state.id, state]));
  return plan.steps.flatMap((step) => {
    const know = states.get(step.id)?.know ?? null;
    return know === null ? [] : [{ step, know }];
  });
}
