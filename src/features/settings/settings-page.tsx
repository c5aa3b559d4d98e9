/** Settings: of one cluster, of this page, and facts of the console. */
import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { describeError } from '#src/api/errors.ts';
import { clusterQuery, clustersQuery, consoleQuery } from '#src/api/queries.ts';
import { queryClient } from '#src/api/query-client.ts';
import { setZone, useZone } from '#src/lib/clock.ts';
import { paths } from '#src/lib/paths.ts';
import { rememberedCluster } from '#src/parts/current-cluster.ts';
import { useSearchState } from '#src/parts/search-state.ts';
import { ThemeSwitch } from '#src/parts/theme-switch.tsx';
import { buttonClass } from '#src/ui/button.tsx';
import { Mono } from '#src/ui/mono.tsx';
import { Empty, Notice, Skeleton } from '#src/ui/notice.tsx';
import { SectionHead } from '#src/ui/section.tsx';
import { Segmented } from '#src/ui/segmented.tsx';
import { Say } from '#src/ui/sentence.tsx';
import { Age, ExactTime } from '#src/ui/time.tsx';
import { Browsers } from './browsers.tsx';
import { ClusterForm } from './cluster-form.tsx';
import { ForgetCluster } from './forget-cluster.tsx';
import { NodesForm } from './nodes-form.tsx';

export async function loader() {
  await queryClient.ensureQueryData(clustersQuery());
  return null;
}

export function Component() {
  const [search, setSearch] = useSearchState();
  const clusters = useQuery(clustersQuery()).data?.items ?? [];
  const asked = search.get('cluster') ?? rememberedCluster();
  const name = clusters.find((one) => one.name === asked)?.name ?? clusters[0]?.name ?? null;
  return (
    <>
      <Say top={<span className="faint">kept by this console; saving writes to no node</span>}>
        {name === null
          ? 'Nothing is watched yet.'
          : `When ${name} counts as having problems, and how its nodes are reached.`}
      </Say>
      {clusters.length > 1 && name !== null && (
        <section className="section">
          <div className="tools pt-3">
            <label className="pick">
              <span className="faint">Cluster </span>
              <select value={name} onChange={(event) => setSearch({ cluster: event.target.value })}>
                {clusters.map((one) => (
                  <option key={one.name} value={one.name}>
                    {one.name}
                  </option>
                ))}
              </select>
            </label>
          </div>
        </section>
      )}
      {name === null ? (
        <section className="section">
          <Empty
            title="Cluster settings appear here once a cluster is watched"
            actions={
              <Link className={buttonClass('primary')} to={paths.clusters}>
                Show the ways to one
              </Link>
            }
          />
        </section>
      ) : (
        <OfCluster key={name} name={name} />
      )}
      <Browsers />
      <div className="side-by-side section">
        <ThisPage />
        <ThisConsole />
      </div>
    </>
  );
}

function OfCluster({ name }: { name: string }) {
  const query = useQuery(clusterQuery(name));
  if (query.error) return <Notice state="critical" title={describeError(query.error).message} />;
  if (!query.data) {
    return (
      <div className="empty">
        <Skeleton width={320} />
      </div>
    );
  }
  return (
    <>
      <section className="section">
        <SectionHead title={name} note="name, thresholds, wanted topology" />
        <ClusterForm cluster={query.data} />
      </section>
      <NodesForm cluster={query.data} />
      <ForgetCluster cluster={query.data} />
    </>
  );
}

function ThisPage() {
  const zone = useZone();
  return (
    <section>
      <SectionHead title="This page" note="kept in this browser" />
      <dl className="set-facts">
        <dt>theme</dt>
        <dd>
          <ThemeSwitch />
        </dd>
        <dt>times in</dt>
        <dd>
          <Segmented
            label="Times in"
            value={zone}
            onChange={setZone}
            options={[
              { value: 'utc', label: 'UTC' },
              { value: 'local', label: 'Local time' },
            ]}
          />
        </dd>
      </dl>
    </section>
  );
}

function ThisConsole() {
  const query = useQuery(consoleQuery());
  const { data, error } = query;
  return (
    <section>
      <SectionHead title="This console" />
      {error ? (
        <Notice state="critical" title={describeError(error).message} />
      ) : (
        <dl className="set-facts">
          <dt>version</dt>
          <dd>{data ? `Tricorder ${data.version}` : <Skeleton width={120} />}</dd>
          <dt>started</dt>
          <dd>
            {data ? (
              <>
                <ExactTime at={data.startedAt} />
                <span className="faint">
                  , <Age since={data.startedAt} /> ago
                </span>
              </>
            ) : (
              <Skeleton width={200} />
            )}
          </dd>
          <dt>listens on</dt>
          <dd>{data ? <Mono>{data.listening}</Mono> : <Skeleton width={140} />}</dd>
          <dt>data folder</dt>
          <dd>{data ? <Mono>{data.dataDir}</Mono> : <Skeleton width={180} />}</dd>
          <dt>Node.js</dt>
          <dd>{data ? data.node : <Skeleton width={60} />}</dd>
          <dt>API</dt>
          <dd>
            <a className="text-action" href="/api/v1/openapi.json">
              OpenAPI description
            </a>
          </dd>
        </dl>
      )}
    </section>
  );
}
