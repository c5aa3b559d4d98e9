/** What blocks a plan and what it risks, in words: above it, and beside its button. */
import type { DeployServers } from '#core/model/deploy.ts';
import { formatNames } from '#core/model/format.ts';
import type { Plan, PlanProblem } from '#core/model/plan.ts';
import { plural } from '#src/lib/units.ts';
import { ArrowText } from '#src/ui/link-name.tsx';
import { State } from '#src/ui/state.tsx';
import { keptIn } from './leave-out.ts';

/** Whether it can be run. */
export function Standing({ plan, done }: { plan: Plan; done: boolean }) {
  if (plan.problems.length > 0)
    return (
      <State of="stop">{`Blocked: ${plural(plan.problems.length, 'thing')} to fix${placesText(plan)}`}</State>
    );
  return <State of="ok">{done ? 'Nothing left to do' : 'Ready'}</State>;
}

/** Where a preflight is wider than the window, its stops stand above it as well. */
export function Stops({ problems }: { problems: PlanProblem[] }) {
  return (
    <ul className="stops" aria-label="What blocks the plan">
      {problems.map((problem) => (
        <li key={`${problem.node} ${problem.code} ${problem.message}`}>
          <State of="stop" className="wrapping">
            <ArrowText>{problem.node ? `${problem.node}: ${problem.message}` : problem.message}</ArrowText>
          </State>
          <p className="muted">{problem.remedy}</p>
        </li>
      ))}
    </ul>
  );
}

const stoppedNodes = (plan: Plan): string[] => [
  ...new Set(plan.problems.flatMap(({ node }) => (node === null ? [] : [node]))),
];

const placesText = (plan: Plan): string => {
  const nodes = stoppedNodes(plan);
  return nodes.length === 0 ? '' : ` on ${formatNames(nodes)}`;
};

/** Why the button beside it does nothing, and what lets it. */
export function stopLine(plan: Plan, servers: DeployServers | null, canLeaveOut: boolean): string {
  const nodes = stoppedNodes(plan);
  const all = plan.problems.every(({ node }) => node !== null);
  const out = servers && canLeaveOut && all && nodes.every((node) => keptIn(servers, node) === null);
  if (out && servers.nodes.length - nodes.length >= 2)
    return `Fix what blocks ${formatNames(nodes)} and check again, or leave ${nodes.length > 1 ? 'them' : 'it'} out.`;
  return 'Fix what blocks it, then check again.';
}

/** The worst risk in its own words, once more beside the button. */
export function riskLine(plan: Plan): string {
  const risky =
    plan.steps.find((step) => step.risk === 'data') ?? plan.steps.find((step) => step.risk === 'restart');
  const restarts = plan.steps.filter((step) => step.risk === 'restart' && !step.done && step.node !== null);
  if (risky?.risk === 'restart' && restarts.length > 1)
    return `You restart ${formatNames(restarts.map((step) => step.node ?? ''))} when the run asks for it; they refuse connections meanwhile.`;
  return risky?.riskText ?? '';
}
