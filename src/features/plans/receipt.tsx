/** What a run did: what, where, when, by whom; what was verified, and what takes it back. */

import { useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { placeOf } from '#core/dsn/place.ts';
import type { Plan, Run } from '#core/model/plan.ts';
import { clustersQuery, snapshotAfterQuery } from '#src/api/queries.ts';
import { paths } from '#src/lib/paths.ts';
import { countsOf, standing } from '#src/lib/run-counts.ts';
import { saveAs } from '#src/lib/save-as.ts';
import { duration, plural } from '#src/lib/units.ts';
import { Button, buttonClass } from '#src/ui/button.tsx';
import { ArrowText } from '#src/ui/link-name.tsx';
import { Sql } from '#src/ui/mono.tsx';
import { SectionHead } from '#src/ui/section.tsx';
import { ExactTime, Time } from '#src/ui/time.tsx';
import { inverseOf } from './grid.ts';
import { knowsOf } from './know.ts';
import { KnowLines } from './know-strip.tsx';
import { serversOf } from './leave-out.ts';
import { TakeAway } from './take-away.tsx';
import { Verified } from './verified.tsx';

/** Only what was polled after the run had ended: what was so before it would be read as what came of it. */
function Now({ cluster, endedAt }: { cluster: string; endedAt: string }) {
  const snapshot = useQuery(snapshotAfterQuery(cluster, endedAt)).data;
  return (
    <>
      <dt>now</dt>
      <dd aria-busy={snapshot ? undefined : true}>
        {snapshot ? (
          <>
            <ArrowText>{snapshot.sentence.map(({ text }) => text).join('')}</ArrowText>{' '}
            <span className="faint">
              read <Time at={snapshot.observedAt} />
            </span>
          </>
        ) : (
          <span className="faint">the nodes are being read</span>
        )}
      </dd>
    </>
  );
}

export function Receipt({ run, plan }: { run: Run; plan: Plan }) {
  const clusters = useSuspenseQuery(clustersQuery()).data.items;
  const cluster = clusters.find((one) => one.name === run.cluster);
  const took = run.endedAt === null ? null : (Date.parse(run.endedAt) - Date.parse(run.startedAt)) / 1000;
  const counts = countsOf(run);
  const servers = serversOf(plan.request);
  const done = new Set(standing(run).map((step) => step.id));
  const writes = plan.steps.reduce((sum, step) => (done.has(step.id) ? sum + step.sql.length : sum), 0);
  const inverse = inverseOf(plan, done);
  const told = knowsOf(plan);
  return (
    <section className="section" aria-label="Receipt">
      <SectionHead title="Receipt" />
      <div className="receipt">
        <div>
          <dl className="evidence">
            <dt>done</dt>
            <dd>
              {plural(counts.done, 'step')}, {plural(writes, 'statement')}
              {counts.skipped > 0 && `, ${counts.skipped} not needed`}
              {counts.know > 0 && `, ${counts.know} to know`}
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
            {cluster && run.endedAt !== null && <Now cluster={run.cluster} endedAt={run.endedAt} />}
          </dl>
          <div className="buttons">
            {plan.request.kind === 'remove' || cluster === undefined ? (
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
      {told.length > 0 && (
        // What cannot be had back is not folded away.
        <details className="inverse" open={plan.kind === 'node-remove'}>
          <summary>{plural(told.length, 'thing')} to know, as the plan said</summary>
          <KnowLines lines={told} />
        </details>
      )}
      {inverse !== '' && (
        <details className="inverse">
          <summary>The inverse: what undoes all of it, in this order</summary>
          <div className="buttons">
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
