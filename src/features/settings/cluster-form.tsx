/** Name, thresholds and wanted topology of a cluster. They are the console's own: saving writes to no node. */
import { useNavigate } from 'react-router';
import type { Cluster } from '#core/contract/clusters.ts';
import { api } from '#src/api/client.ts';
import { clusterQuery, clustersQuery } from '#src/api/queries.ts';
import { useChange } from '#src/api/use-change.ts';
import { paths } from '#src/lib/paths.ts';
import { Form, FormFault } from '#src/parts/form/form.tsx';
import { useForm } from '#src/parts/form/use-form.ts';
import { Button } from '#src/ui/button.tsx';
import { Field } from '#src/ui/field.tsx';
import { Segmented } from '#src/ui/segmented.tsx';
import { State } from '#src/ui/state.tsx';
import { parseSeconds, parseSize, sizeText } from './sizes.ts';

interface Values {
  name: string;
  lag: string;
  held: string;
  topology: Cluster['topology']['kind'];
}

export function ClusterForm({ cluster }: { cluster: Cluster }) {
  const navigate = useNavigate();
  const save = useChange({
    does: ({ name, lag, held, topology }: Values) => {
      const lagSeconds = parseSeconds(lag);
      const walHeldBytes = parseSize(held);
      return api.clusters.update({
        cluster: cluster.name,
        ...(name === cluster.name ? {} : { name }),
        thresholds: {
          ...(lagSeconds === null ? {} : { lagSeconds }),
          ...(walHeldBytes === null ? {} : { walHeldBytes }),
        },
        topology: { kind: topology },
      });
    },
    keeps: (next) => clusterQuery(next.name),
    refreshes: () => [clustersQuery()],
    after: (next) => {
      form.reset();
      if (next.name !== cluster.name)
        return navigate(`${paths.settings}?cluster=${encodeURIComponent(next.name)}`, { replace: true });
    },
    says: (next) => ({ text: `The settings of ${next.name} are saved`, to: paths.overview(next.name) }),
  });
  const { lagSeconds, walHeldBytes } = cluster.thresholds;
  const form = useForm<Values>({
    initial: {
      name: cluster.name,
      lag: `${lagSeconds} s`,
      held: sizeText(walHeldBytes),
      topology: cluster.topology.kind,
    },
    saving: save,
    place: ({ path }) =>
      path[0] === 'name'
        ? 'name'
        : path[1] === 'lagSeconds'
          ? 'lag'
          : path[1] === 'walHeldBytes'
            ? 'held'
            : undefined,
    unsaved: `the settings of ${cluster.name}`,
  });
  const { name, lag, held, topology } = form.values;
  const wrongLag =
    parseSeconds(lag) === null ? { message: 'Give a time above 0, such as 10 s or 2 min.' } : undefined;
  const wrongHeld =
    parseSize(held) === null ? { message: 'Give a size with its unit, such as 1 GB.' } : undefined;
  const changed =
    name !== cluster.name ||
    parseSeconds(lag) !== lagSeconds ||
    parseSize(held) !== walHeldBytes ||
    topology !== cluster.topology.kind;
  return (
    <Form of={form} className="set-form" onSubmit={(values) => save.run(values)}>
      <Field
        label="Name"
        {...form.text('name')}
        maxLength={63}
        spellCheck={false}
        autoComplete="off"
        hint="In this console only; links to its pages change with it."
      />
      <Field
        label="A link is behind from"
        {...form.text('lag')}
        hint="Seconds, or with ms, min, h."
        error={wrongLag ?? form.errorOf('lag')}
      />
      <Field
        label="Held WAL is too much from"
        {...form.text('held')}
        hint="With its unit: MB, GB."
        error={wrongHeld ?? form.errorOf('held')}
      />
      <div className="field">
        <span className="label">Wanted topology</span>
        <Segmented
          label="Wanted topology"
          value={topology}
          onChange={(kind) => form.set({ topology: kind })}
          options={[
            { value: 'full-mesh', label: 'Full mesh' },
            { value: 'as-found', label: 'As found' },
          ]}
        />
        <p className="faint">
          {topology === 'full-mesh'
            ? 'Every node subscribes to every other; a pair without a subscription is a missing link.'
            : 'The topology in the catalogs is the wanted one; no link is missing.'}
        </p>
      </div>
      <div className="buttons all">
        <Button
          look="primary"
          type="submit"
          busy={save.pending}
          disabled={!changed || wrongLag !== undefined || wrongHeld !== undefined || name.trim() === ''}
        >
          Save settings
        </Button>
        {save.done && !changed && <State of="done">saved</State>}
        <FormFault of={form} />
      </div>
    </Form>
  );
}
