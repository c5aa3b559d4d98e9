/** Right after connecting: the nodes that the first one names, each with its own reachability and credentials. */
import { useMutation, useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { Link } from 'react-router';
import type { Cluster } from '#core/contract/clusters.ts';
import { api } from '#src/api/client.ts';
import { issueAt, tell } from '#src/api/errors.ts';
import { clusterQuery } from '#src/api/queries.ts';
import { queryClient } from '#src/api/query-client.ts';
import { paths } from '#src/lib/paths.ts';
import { plural } from '#src/lib/units.ts';
import { Button, buttonClass } from '#src/ui/button.tsx';
import { Field } from '#src/ui/field.tsx';
import { SectionHead } from '#src/ui/section.tsx';
import { State } from '#src/ui/state.tsx';

export function Discovered({ cluster: name }: { cluster: string }) {
  const { data: cluster } = useQuery(clusterQuery(name));
  if (!cluster) return null;
  return (
    <section className="sec" aria-label={`Nodes found in ${name}`}>
      <SectionHead
        title={cluster.discovered.length > 0 ? `Other nodes of ${name}` : `All nodes of ${name} are watched`}
        note={
          cluster.discovered.length > 0
            ? 'as spock.node_interface of the node you gave names them'
            : plural(cluster.nodes.length, 'node')
        }
      >
        <Link
          className={buttonClass(cluster.discovered.length > 0 ? 'default' : 'primary', 'sm')}
          to={paths.overview(name)}
        >
          Open {name}
        </Link>
      </SectionHead>
      <ul>
        {cluster.discovered.map((node) => (
          <FoundNode key={node.name} cluster={cluster} node={node} />
        ))}
      </ul>
    </section>
  );
}

function FoundNode({ cluster, node }: { cluster: Cluster; node: Cluster['discovered'][number] }) {
  const [dsn, setDsn] = useState(node.dsn ?? '');
  const add = useMutation({
    mutationFn: (unreachable: 'refuse' | 'keep') =>
      api.clusters.putNode({ cluster: cluster.name, node: node.name, dsn: dsn.trim(), unreachable }),
    onSuccess: (next) => queryClient.setQueryData(clusterQuery(next.name).queryKey, next),
  });
  const told = add.isError ? tell(add.error) : null;
  const fault = told && (issueAt(told.issues, 'dsn') ?? { message: told.message, remedy: told.remedy });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    add.mutate('refuse');
  };
  return (
    <li className="found">
      <div>
        <b>{node.name}</b>
        <div>
          {node.reachable === true && <State of="up">answers</State>}
          {node.reachable === false && <State of="no-answer">{node.error ?? 'no answer'}</State>}
          {node.reachable === null && (
            <State of="unknown">
              {node.error ??
                (node.dsn === null ? 'its address is not visible to this role: give it' : 'not tried yet')}
            </State>
          )}
        </div>
      </div>
      <form onSubmit={submit} className="found-form">
        <Field
          label={`Address of ${node.name}`}
          hideLabel
          mono
          value={dsn}
          required
          spellCheck={false}
          autoComplete="off"
          placeholder={`postgres://watch@${node.name}:5432/${cluster.name}`}
          onChange={(event) => {
            setDsn(event.target.value);
            add.reset();
          }}
          error={fault}
        />
        <Button type="submit" size="lg" busy={add.isPending}>
          Watch {node.name}
        </Button>
        {told && (
          <Button size="lg" busy={add.isPending} onClick={() => add.mutate('keep')}>
            Keep it anyway
          </Button>
        )}
      </form>
    </li>
  );
}
