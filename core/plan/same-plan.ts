import type { Plan } from '#core/model/plan.ts';
import type { Draft } from './draft.ts';

interface Planned {
  plan: Plan;
  draft: Draft;
}

/** Whether two plans would do the same on the same grounds. Numbers that move by themselves (free disk) do not count. */
export function samePlan(one: Planned, other: Planned): boolean {
  const grounds = ({ plan, draft }: Planned) =>
    JSON.stringify([
      draft.steps,
      plan.problems.map((problem) => [problem.node, problem.code]),
      plan.checks.map((check) => [check.node, check.name, check.result, check.step]),
    ]);
  return grounds(one) === grounds(other);
}
