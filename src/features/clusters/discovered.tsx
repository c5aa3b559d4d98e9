/** Right after connecting: the nodes that the first one names, connected to one by one, when somebody says so. */

import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import type { Cluster } from '#core/contract/clusters.ts';
import { wordsOf } from '#core/engines/words.ts';
import { api } from '#src/api/client.ts';
import { clusterQuery } from '#src/api/queries.ts';
import { useChange } from '#src/api/use-change.ts';
import { paths } from '#src/lib/paths.ts';
import { safeName } from '#src/lib/safe-name.ts';
import { plural } from '#src/lib/units.ts';
import { Form } from '#src/parts/form/form.tsx';
import { useForm } from '#src/parts/form/use-form.ts';
import { Button, buttonClass } from '#src/ui/button.tsx';
import { Field } from '#src/ui/field.tsx';
import { SectionHead } from '#src/ui/section.tsx';
import { State } from '#src/ui/state.tsx';

export function Discovered({ cluster: name }: { cluster: string }) {
  const { data: cluster } = useQuery(clusterQuery(name));
  if (!cluster) return null;
  return (
    <section className="section" aria-label={`Nodes found in ${name}`}>
      <SectionHead
        title={cluster.discovered.length > 0 ? `Other nodes of ${name}` : `All nodes of ${name} are watched`}
        note={
          cluster.discovered.length > 0
            ? `as ${wordsOf(cluster.engine).interfaces} of the given node names them; check that each address is one that you mean`
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
  const add = useChange({
    does: ({ dsn, unreachable }: { dsn: string; unreachable: 'refuse' | 'keep' }) =>
      api.clusters.putNode({ cluster: cluster.name, node: node.name, dsn: dsn.trim(), unreachable }),
    keeps: (next) => clusterQuery(next.name),
    says: () => ({
      text: `${safeName(node.name)} is watched`,
      to: paths.node(cluster.name, node.name),
      link: `Open ${safeName(node.name)}`,
    }),
  });
  const form = useForm({
    initial: { dsn: node.dsn ?? '' },
    saving: add,
    check: ({ dsn }) => ({ dsn: dsn.trim() === '' && { message: 'Give its address.' } }),
    unsaved: `the address of ${safeName(node.name)}`,
  });
  return (
    <li className="found">
      <div>
        <b>{safeName(node.name)}</b>
        <div>
          <State of="unknown">
            {node.dsn === null ? 'its address is not visible to this role: give it' : 'not connected to yet'}
          </State>
        </div>
      </div>
      <Form of={form} className="found-form" onSubmit={({ dsn }) => add.run({ dsn, unreachable: 'refuse' })}>
        <Field
          label={`Address of ${safeName(node.name)}`}
          hideLabel
          mono
          required
          spellCheck={false}
          autoComplete="off"
          placeholder={`postgres://watch@${safeName(node.name)}:5432/${cluster.name}`}
          {...form.text('dsn')}
          error={form.errorOf('dsn') ?? form.rest}
        />
        <Button type="submit" size="lg" busy={add.pending}>
          Watch {safeName(node.name)}
        </Button>
        {(form.errorOf('dsn') ?? form.rest) && add.fault && (
          <Button
            size="lg"
            busy={add.pending}
            onClick={() => add.run({ dsn: form.values.dsn, unreachable: 'keep' })}
          >
            Keep it anyway
          </Button>
        )}
      </Form>
    </li>
  );
}
