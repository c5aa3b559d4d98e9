import type { Plan } from '#core/model/plan.ts';
import type { ExecutablePlan } from './executable.ts';

interface Planned {
  plan: Plan;
  executable: ExecutablePlan;
}

/** Whether two plans would do the same on the same grounds. Numbers that move by themselves (free disk) do not count. */
export function samePlan(one: Planned, other: Planned): boolean {
  const grounds = ({ plan, executable }: Planned) =>
    JSON.stringify([
      executable.steps,
      plan.problems.map((problem) => [problem.node, problem.code]),
      plan.checks.map((check) => [check.node, check.name, check.result, check.step]),
    ]);
  return grounds(one) === grounds(other);
}
