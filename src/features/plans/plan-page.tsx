/** A plan before it runs: what was looked at, what would be done, what it risks. Its foot has the one button that runs it. */
import { ORPCError } from '@orpc/client';
import { useMutation, useQuery, useSuspenseQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link, type LoaderFunctionArgs, useLocation, useNavigate, useParams } from 'react-router';
import type { FieldIssue } from '#core/contract/errors.ts';
import type { DeployServers } from '#core/model/deploy.ts';
import type { Plan, PlanProblem } from '#core/model/plan.ts';
import { api } from '#src/api/client.ts';
import { tell } from '#src/api/errors.ts';
import { draftQuery, planQuery } from '#src/api/queries.ts';
import { queryClient } from '#src/api/query-client.ts';
import { WizardRail } from '#src/layouts/wizard-rail.tsx';
import { listed } from '#src/lib/listed.ts';
import { paths } from '#src/lib/paths.ts';
import { plural } from '#src/lib/units.ts';
import { Button, buttonClass } from '#src/ui/button.tsx';
import { ArrowText } from '#src/ui/link-name.tsx';
import { Notice } from '#src/ui/notice.tsx';
import { Say } from '#src/ui/sentence.tsx';
import { State } from '#src/ui/state.tsx';
import { ChecksTable, problemsOf } from './checks-table.tsx';
import { gridOf } from './grid.ts';
import { keptIn, type LeftOut, leftOutOf, serversOf } from './leave-out.ts';
import { changesOf, planAct, risksOf } from './plan-text.ts';
import './plans.css';
import { ServerHead } from './server-head.tsx';
import { StepsTable } from './steps-table.tsx';

export async function loader({ params }: LoaderFunctionArgs) {
  const plan = await queryClient.ensureQueryData(planQuery(params.id ?? ''));
  const draft = serversOf(plan.request)?.draft;
  // It names the servers that were left out. What was deployed is prepared no longer.
  if (draft) await queryClient.fetchQuery({ ...draftQuery(draft), staleTime: 60_000 }).catch(() => {});
  return null;
}

/** What a plan knows of the one before it. */
interface Came {
  changes?: string[];
  leftOut?: LeftOut[];
}

export function Component() {
  const { id = '' } = useParams();
  const plan = useSuspenseQuery(planQuery(id)).data;
  const grid = gridOf(plan.steps);
  const navigate = useNavigate();
  const came = (useLocation().state as Came | null) ?? {};
  const { changes } = came;
  const servers = serversOf(plan.request);
  const draft = useQuery({ ...draftQuery(servers?.draft ?? ''), enabled: false }).data;
  const leftOut = servers ? leftOutOf(servers, draft, came.leftOut ?? []) : [];
  const run = useMutation({
    mutationFn: () => api.plans.run({ id: plan.id }),
    onSuccess: (made) => navigate(paths.run(made.id), { replace: true }),
    onError: (error) => {
      const fresh = freshPlan(error);
      if (!fresh) return;
      queryClient.setQueryData(planQuery(fresh.id).queryKey, fresh);
      navigate(paths.plan(fresh.id), { replace: true, state: { ...came, changes: changesOf(plan, fresh) } });
    },
  });
  const again = useMutation({
    mutationFn: () => api.plans.create(plan.request),
    onSuccess: (fresh) => {
      queryClient.setQueryData(planQuery(fresh.id).queryKey, fresh);
      navigate(paths.plan(fresh.id), {
        replace: true,
        state: { ...came, changes: changesOf(plan, fresh) },
      });
    },
  });
  const other = useMutation({
    mutationFn: (request: DeployServers) => api.plans.create(request),
    onSuccess: (fresh) => {
      queryClient.setQueryData(planQuery(fresh.id).queryKey, fresh);
      const known = (node: string) => plan.checks.filter((check) => check.node === node);
      const names = [...leftOut.map(({ name }) => name), ...(servers?.nodes.map(({ name }) => name) ?? [])];
      const kept = names.map((name) => {
        const before = leftOut.find((one) => one.name === name)?.checks ?? [];
        return { name, checks: before.length > 0 ? before : known(name) };
      });
      navigate(paths.plan(fresh.id), { replace: true, state: { leftOut: kept } satisfies Came });
    },
  });
  const statements = plan.steps.reduce((sum, step) => sum + step.sql.length, 0);
  const stopped = plan.problems.length > 0;
  // The preflight of servers says beside each stop what is to be done; what no check found stands above.
  const told = servers ? plan.checks.flatMap((check) => problemsOf(plan, check)) : [];
  const untold = plan.problems.filter((problem) => !told.includes(problem));
  const done = plan.steps.length > 0 && plan.steps.every((step) => step.done);
  const busy = run.isPending || again.isPending || other.isPending;
  return (
    <>
      <title>{`${plan.title} · Tricorder`}</title>
      {draft && <WizardRail now="review" draft={draft.id} />}
      <Say
        top={
          <>
            {stopped ? (
              <State of="stop">
                {`${plural(plan.problems.length, 'stop')}${placesText(plan)}: to mend first`}
              </State>
            ) : (
              <State of="ok">{done ? 'Nothing left to do' : 'Ready'}</State>
            )}
            {leftOut.length > 0 && (
              <State of="skipped">{listed(leftOut.map(({ name }) => name))} left out</State>
            )}
            <span className="f">nothing has been written yet</span>
          </>
        }
      >
        <ArrowText>{plan.title}</ArrowText>
        {plan.steps.length > 0 && (
          <span className="q">
            {`. ${plural(grid.rows.length, 'step')}, ${plural(statements, 'statement')}. ${risksOf(plan)}`}
          </span>
        )}
      </Say>
      {changes && <Changed changes={changes} />}
      {untold.map((problem) => (
        <Notice
          key={`${problem.node} ${problem.code} ${problem.message}`}
          state="stop"
          title={
            <ArrowText>{problem.node ? `${problem.node}: ${problem.message}` : problem.message}</ArrowText>
          }
        >
          {problem.remedy}
        </Notice>
      ))}
      {told.length > 0 && <Stops problems={told} />}
      <RunError error={run.error ?? again.error ?? other.error} />
      <div className="rev">
        <ChecksTable
          plan={plan}
          grid={grid}
          leftOut={leftOut}
          head={
            servers
              ? (node) => (
                  <ServerHead
                    plan={plan}
                    request={servers}
                    draft={draft}
                    leftOut={leftOut}
                    node={node}
                    busy={busy}
                    onPlan={(request) => other.mutate(request)}
                  />
                )
              : undefined
          }
        />
        {grid.rows.length > 0 && <StepsTable plan={plan} grid={grid} />}
      </div>
      <footer className="foot1">
        {draft ? (
          <Link className={buttonClass('bare', 'lg')} to={paths.deployServers(draft.id, 'tables')}>
            Back
          </Link>
        ) : (
          <Button look="bare" size="lg" onClick={() => navigate(-1)}>
            Back
          </Button>
        )}
        <span className="q sp wid">
          {done ? '' : stopped ? stopLine(plan, servers, draft !== undefined) : riskLine(plan)}
        </span>
        <Button size="lg" onClick={() => again.mutate()} busy={again.isPending} disabled={busy}>
          Check again
        </Button>
        <Button
          look="primary"
          size="lg"
          onClick={() => run.mutate()}
          busy={run.isPending}
          disabled={busy || stopped || done || plan.steps.length === 0}
        >
          {planAct(plan.request)}
        </Button>
      </footer>
    </>
  );
}

/** The plan that a 409 brings: the cluster has changed since the one on the screen was made. */
function freshPlan(error: unknown): Plan | undefined {
  if (!(error instanceof ORPCError) || error.status !== 409) return undefined;
  return (error.data as { plan?: Plan } | undefined)?.plan;
}

function Changed({ changes }: { changes: string[] }) {
  return (
    <Notice state="info" title="The cluster was read again; nothing has been run. This is the fresh plan.">
      {changes.length === 0 ? (
        'Its steps and checks are the same as before.'
      ) : (
        <ul>
          {changes.map((change) => (
            <li key={change}>
              <ArrowText>{change}</ArrowText>
            </li>
          ))}
        </ul>
      )}
    </Notice>
  );
}

function RunError({ error }: { error: Error | null }): ReactNode {
  if (!error || freshPlan(error)) return null;
  const told = tell(error);
  return (
    <Notice state="critical" title={told.message}>
      {told.issues.length > 0 ? <Issues issues={told.issues} /> : told.remedy}
    </Notice>
  );
}

function Issues({ issues }: { issues: FieldIssue[] }) {
  return (
    <ul>
      {issues.map((issue) => (
        <li key={`${issue.code} ${issue.message}`}>
          {issue.message} {issue.remedy}
        </li>
      ))}
    </ul>
  );
}

/** Where a preflight is wider than the window, its stops stand above it as well. */
function Stops({ problems }: { problems: PlanProblem[] }) {
  return (
    <ul className="stops" aria-label="Stops">
      {problems.map((problem) => (
        <li key={`${problem.node} ${problem.code} ${problem.message}`}>
          <State of="stop" className="wraps">
            <ArrowText>{problem.node ? `${problem.node}: ${problem.message}` : problem.message}</ArrowText>
          </State>
          <p className="q">{problem.remedy}</p>
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
  return nodes.length === 0 ? '' : ` on ${listed(nodes)}`;
};

/** Why the button beside it does nothing, and what lets it. */
function stopLine(plan: Plan, servers: DeployServers | null, canLeaveOut: boolean): string {
  const nodes = stoppedNodes(plan);
  const all = plan.problems.every(({ node }) => node !== null);
  const out = servers && canLeaveOut && all && nodes.every((node) => keptIn(servers, node) === null);
  if (out && servers.nodes.length - nodes.length >= 2)
    return `Mend what stops ${listed(nodes)} and check again, or leave ${nodes.length > 1 ? 'them' : 'it'} out.`;
  return 'Mend what stops it, then check again.';
}

/** The worst risk in its own words, once more beside the button. */
function riskLine(plan: Plan): string {
  const risky =
    plan.steps.find((step) => step.risk === 'data') ?? plan.steps.find((step) => step.risk === 'restart');
  const restarts = plan.steps.filter((step) => step.risk === 'restart' && !step.done && step.node !== null);
  if (risky?.risk === 'restart' && restarts.length > 1)
    return `You restart ${listed(restarts.map((step) => step.node ?? ''))} when the run asks for it; they refuse connections meanwhile.`;
  return risky?.riskText ?? '';
}
