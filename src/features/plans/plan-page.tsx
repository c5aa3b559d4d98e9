/** A plan before it runs: what was looked at, what would be done, what it risks. Its foot has the one button that runs it. */

import { useQuery, useSuspenseQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link, type LoaderFunctionArgs, useLocation, useNavigate, useParams } from 'react-router';
import type { FieldIssue } from '#core/contract/errors.ts';
import type { DeployServers } from '#core/model/deploy.ts';
import { formatNames } from '#core/model/format.ts';
import { shownText } from '#core/model/shown-text.ts';
import { mayRunAgain } from '#core/run/plan-use.ts';
import { api } from '#src/api/client.ts';
import { describeError, freshPlan } from '#src/api/errors.ts';
import { clusterQuery, draftQuery, planQuery, planRunsQuery } from '#src/api/queries.ts';
import { queryClient } from '#src/api/query-client.ts';
import { useChange } from '#src/api/use-change.ts';
import { paths } from '#src/lib/paths.ts';
import { planAct } from '#src/lib/plan-words.ts';
import { plural } from '#src/lib/units.ts';
import { useUnsaved } from '#src/parts/form/use-unsaved.ts';
import { WizardRail } from '#src/parts/wizard-rail.tsx';
import { Button, buttonClass } from '#src/ui/button.tsx';
import { ArrowText } from '#src/ui/link-name.tsx';
import { Notice } from '#src/ui/notice.tsx';
import { Say } from '#src/ui/sentence.tsx';
import { State } from '#src/ui/state.tsx';
import { ChecksTable, problemsOf } from './checks-table.tsx';
import { gridOf } from './grid.ts';
import { knowsOf, thingsToKnow } from './know.ts';
import { KNOW_ID, KnowLink, KnowStrip } from './know-strip.tsx';
import { type LeftOut, leftOutOf, serversOf } from './leave-out.ts';
import { riskLine, Standing, Stops, stopLine } from './plan-stops.tsx';
import { changesOf, risksOf, stepsWords } from './plan-text.ts';
import { sentenceOfUse, UsedTop } from './plan-use.tsx';
import { dsnIssues, RIGHTS_ID, RightsForm, useRightsForm } from './rights-form.tsx';
import { ServerHead } from './server-head.tsx';
import { StepsTable } from './steps-table.tsx';
import { useTypedName } from './typed-name.tsx';

export async function loader({ params }: LoaderFunctionArgs) {
  const [plan] = await Promise.all([
    queryClient.ensureQueryData(planQuery(params.id ?? '')),
    // Whether it was run already: the button may not be offered before that is known.
    queryClient.fetchQuery({ ...planRunsQuery(params.id ?? ''), staleTime: 0 }),
  ]);
  if (plan.rights.length > 0) {
    await queryClient.ensureQueryData(clusterQuery(plan.cluster)).catch(() => {});
  }
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
  const used = useSuspenseQuery({ ...planRunsQuery(id), refetchInterval: 3000 }).data.items[0] ?? null;
  const known = knowsOf(plan).length;
  const navigate = useNavigate();
  const came = (useLocation().state as Came | null) ?? {};
  const { changes } = came;
  const servers = serversOf(plan.request);
  const draft = useQuery({ ...draftQuery(servers?.draft ?? ''), enabled: false }).data;
  const leftOut = servers ? leftOutOf(servers, draft, came.leftOut ?? []) : [];
  // Asked for of those that are shown to be read only once the plan is used: then its run asks.
  const rights = used && !mayRunAgain(used) ? [] : plan.rights;
  const form = useRightsForm(plan.cluster, rights);
  const run = useChange({
    does: () => api.plans.run({ id: plan.id, ...(rights.length > 0 && form.dsns && { dsns: form.dsns }) }),
    after: (made) => navigate(paths.run(made.id), { replace: true }),
    onRefused: (error) => {
      const fresh = freshPlan(error);
      if (!fresh) return;
      queryClient.setQueryData(planQuery(fresh.id).queryKey, fresh);
      void navigate(paths.plan(fresh.id), {
        replace: true,
        state: { ...came, changes: changesOf(plan, fresh) },
      });
    },
  });
  const again = useChange({
    does: () => api.plans.create(plan.request),
    keeps: (fresh) => planQuery(fresh.id),
    after: (fresh) =>
      navigate(paths.plan(fresh.id), { replace: true, state: { ...came, changes: changesOf(plan, fresh) } }),
  });
  const other = useChange({
    does: (request: DeployServers) => api.plans.create(request),
    keeps: (fresh) => planQuery(fresh.id),
    after: (fresh) => {
      const known = (node: string) => plan.checks.filter((check) => check.node === node);
      const names = [...leftOut.map(({ name }) => name), ...(servers?.nodes.map(({ name }) => name) ?? [])];
      const kept = names.map((name) => {
        const before = leftOut.find((one) => one.name === name)?.checks ?? [];
        return { name, checks: before.length > 0 ? before : known(name) };
      });
      return navigate(paths.plan(fresh.id), { replace: true, state: { leftOut: kept } satisfies Came });
    },
  });
  const statements = plan.steps.reduce((sum, step) => sum + step.sql.length, 0);
  const stopped = plan.problems.length > 0;
  // The preflight of servers says beside each stop what is to be done; what no check found stands above.
  const told = servers ? plan.checks.flatMap((check) => problemsOf(plan, check)) : [];
  const untold = plan.problems.filter((problem) => !told.includes(problem));
  const done = plan.steps.length > 0 && plan.steps.every((step) => step.done);
  const busy = run.pending || again.pending || other.pending;
  useUnsaved(
    !busy && (form.given.role !== '' || form.given.password !== ''),
    'the role that was typed for this run',
  );
  const name = useTypedName(plan.request, plan.steps);
  const mayRun = !stopped && !done && plan.steps.length > 0;
  return (
    <>
      {draft && <WizardRail now="review" draft={draft.id} />}
      <Say
        top={
          <>
            {used ? <UsedTop run={used} /> : <Standing plan={plan} done={done} />}
            {!used && known > 0 && <KnowLink>{thingsToKnow(known)}</KnowLink>}
            {leftOut.length > 0 && (
              <State of="skipped">{formatNames(leftOut.map(({ name }) => name))} left out</State>
            )}
            {!used && <span className="faint">nothing has been written yet</span>}
          </>
        }
      >
        <ArrowText>{plan.title}</ArrowText>
        {plan.steps.length > 0 && (
          <span className="muted">
            {used
              ? `. ${sentenceOfUse(used)}`
              : `. ${stepsWords(plan, grid)}, ${plural(statements, 'statement')}. ${risksOf(plan)}`}
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
      <KnowStrip plan={plan} />
      {rights.length > 0 && <RightsForm rights={rights} form={form} issues={dsnIssues(run.error)} />}
      <RunError error={dsnIssues(run.error).length > 0 ? null : (run.error ?? again.error ?? other.error)} />
      <div className="review">
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
                    onPlan={(request) => other.run(request)}
                  />
                )
              : undefined
          }
        />
        {grid.rows.length > 0 && <StepsTable plan={plan} grid={grid} />}
      </div>
      {!used && mayRun && name.field}
      <footer className="plan-foot">
        {draft ? (
          <Link className={buttonClass('bare', 'lg')} to={paths.deployServers(draft.id, 'tables')}>
            Back
          </Link>
        ) : (
          <Button look="bare" size="lg" onClick={() => navigate(-1)}>
            Back
          </Button>
        )}
        <span className="muted push-right wide-only">
          {used || done
            ? ''
            : !stopped && rights.length > 0 && form.dsns === null
              ? 'First enter a role that has what the plan needs.'
              : stopped
                ? stopLine(plan, servers, draft !== undefined)
                : riskLine(plan)}
        </span>
        {!used && known > 0 && <KnowLink>{known} to know</KnowLink>}
        <Button size="lg" onClick={() => again.run()} busy={again.pending} disabled={busy}>
          {used ? 'Plan it again' : 'Check again'}
        </Button>
        {used && !mayRunAgain(used) ? (
          <Link className={buttonClass('primary', 'lg')} to={paths.run(used.id)}>
            Show run {used.id}
          </Link>
        ) : (
          <Button
            look="primary"
            size="lg"
            aria-describedby={rights.length > 0 ? RIGHTS_ID : known > 0 ? KNOW_ID : undefined}
            onClick={() => run.run()}
            busy={run.pending}
            disabled={busy || !mayRun || !name.isTyped || (rights.length > 0 && form.dsns === null)}
          >
            {planAct(plan.request, plan.title)}
          </Button>
        )}
      </footer>
    </>
  );
}

function Changed({ changes }: { changes: string[] }) {
  return (
    <Notice state="info" title="The cluster was read again; nothing has been run. This is the new plan.">
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
  const { message, issues, remedy } = describeError(error);
  return (
    <Notice state="critical" title={message}>
      {issues.length > 0 ? <Issues issues={issues} /> : remedy}
    </Notice>
  );
}

function Issues({ issues }: { issues: FieldIssue[] }) {
  return (
    <ul>
      {issues.map((issue) => (
        <li key={`${issue.code} ${issue.message}`}>
          {shownText(issue.message)} {issue.remedy}
        </li>
      ))}
    </ul>
  );
}
