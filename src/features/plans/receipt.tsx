/** What a run did: what, where, when, by whom; what was verified, and what takes it back. */
import { useSuspenseQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import type { Plan, Run } from '#core/model/plan.ts';
import { clustersQuery } from '#src/api/queries.ts';
import { placeOf } from '#src/lib/dsn-place.ts';
import { paths } from '#src/lib/paths.ts';
import { duration, plural } from '#src/lib/units.ts';
import { Button, buttonClass } from '#src/ui/button.tsx';
import { ArrowText } from '#src/ui/link-name.tsx';
import { Sql } from '#src/ui/mono.tsx';
import { SectionHead } from '#src/ui/section.tsx';
import { ExactTime } from '#src/ui/time.tsx';
import { countsOf, inverseOf } from './grid.ts';
import { serversOf } from './leave-out.ts';
import { saveAs, TakeAway } from './take-away.tsx';
import { Verified } from './verified.tsx';

export function Receipt({ run, plan }: { run: Run; plan: Plan }) {
  const clusters = useSuspenseQuery(clustersQuery()).data.items;
  const cluster = clusters.find((one) => one.name === run.cluster);
  const took = run.endedAt === null ? null : (Date.parse(run.endedAt) - Date.parse(run.startedAt)) / 1000;
  const counts = countsOf(run);
  const writes = plan.steps.reduce((sum, step) => sum + step.sql.length, 0);
  const servers = serversOf(plan.request);
  const done = new Set(run.steps.filter((step) => step.state === 'done').map((step) => step.id));
  const inverse = inverseOf(plan, done);
  return (
    <section className="sec" aria-label="Receipt">
      <SectionHead title="Receipt" />
      <div className="receipt">
        <div>
          <dl className="ev">
            <dt>done</dt>
            <dd>
              {plural(counts.done, 'step')}, {plural(writes, 'statement')}
              {counts.skipped > 0 && `, ${counts.skipped} not needed`}
            </dd>
            {servers && (
              <>
                <dt>where</dt>
                <dd>{servers.nodes.map(({ name, dsn }) => `${name} ${placeOf(dsn)}`).join(', ')}</dd>
              </>
            )}
            <dt>when</dt>
            <dd>
              <ExactTime at={run.startedAt} />, took {took === null ? 'unknown' : duration(took)}
            </dd>
            {run.by !== null && (
              <>
                <dt>by</dt>
                <dd>{run.by}</dd>
              </>
            )}
            {cluster && (
              <>
                <dt>now</dt>
                <dd>
                  <ArrowText>{cluster.sentence}</ArrowText>
                </dd>
              </>
            )}
          </dl>
          <div className="btns">
            {plan.request.kind === 'remove' ? (
              <Link className={buttonClass('primary', 'lg')} to={paths.clusters}>
                Show clusters
              </Link>
            ) : (
              <Link className={buttonClass('primary', 'lg')} to={paths.overview(run.cluster)}>
                Open {run.cluster}
              </Link>
            )}
            <TakeAway plan={plan} />
          </div>
        </div>
        <Verified run={run} plan={plan} />
      </div>
      {inverse !== '' && (
        <details className="inverse">
          <summary>The inverse: what takes all of it back, in this order</summary>
          <div className="btns">
            <Button
              size="sm"
              onClick={() => saveAs(`${plan.cluster}-${plan.kind}-inverse.sql`, `${inverse}\n`)}
            >
              Save as a file
            </Button>
          </div>
          <Sql statements={[inverse]} label="The inverse" />
        </details>
      )}
    </section>
  );
}
