/** Name, thresholds and wanted topology of a cluster. They are the console's own: saving writes to no node. */
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useNavigate } from 'react-router';
import type { Cluster } from '#core/contract/clusters.ts';
import { api } from '#src/api/client.ts';
import { issueAt, tell } from '#src/api/errors.ts';
import { clusterQuery, clustersQuery } from '#src/api/queries.ts';
import { queryClient } from '#src/api/query-client.ts';
import { Button } from '#src/ui/button.tsx';
import { Field } from '#src/ui/field.tsx';
import { Segmented } from '#src/ui/segmented.tsx';
import { State } from '#src/ui/state.tsx';
import { parseSeconds, parseSize, sizeText } from './sizes.ts';

export function ClusterForm({ cluster }: { cluster: Cluster }) {
  const navigate = useNavigate();
  const [name, setName] = useState(cluster.name);
  const [lag, setLag] = useState(`${cluster.thresholds.lagSeconds} s`);
  const [held, setHeld] = useState(sizeText(cluster.thresholds.walHeldBytes));
  const [topology, setTopology] = useState(cluster.topology.kind);
  const lagSeconds = parseSeconds(lag);
  const walHeldBytes = parseSize(held);
  const save = useMutation({
    mutationFn: () =>
      api.clusters.update({
        cluster: cluster.name,
        ...(name === cluster.name ? {} : { name }),
        thresholds: {
          ...(lagSeconds === null ? {} : { lagSeconds }),
          ...(walHeldBytes === null ? {} : { walHeldBytes }),
        },
        topology: { kind: topology },
      }),
    onSuccess: async (next) => {
      queryClient.setQueryData(clusterQuery(next.name).queryKey, next);
      await queryClient.invalidateQueries({ queryKey: clustersQuery().queryKey });
      if (next.name !== cluster.name)
        navigate(`/settings?cluster=${encodeURIComponent(next.name)}`, { replace: true });
    },
  });
  const told = save.error ? tell(save.error) : null;
  const at = (...path: string[]) => (told ? (issueAt(told.issues, ...path) ?? null) : null);
  const changed =
    name !== cluster.name ||
    lagSeconds !== cluster.thresholds.lagSeconds ||
    walHeldBytes !== cluster.thresholds.walHeldBytes ||
    topology !== cluster.topology.kind;
  const wrong = lagSeconds === null || walHeldBytes === null || name.trim() === '';
  const known = told?.issues.some((issue) => ['name', 'thresholds'].includes(String(issue.path[0])));
  return (
    <form
      className="set-form"
      onSubmit={(event: FormEvent) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <Field
        label="Name"
        value={name}
        maxLength={63}
        spellCheck={false}
        autoComplete="off"
        onChange={(event) => setName(event.target.value)}
        hint="In this console only; links to its pages change with it."
        error={at('name')}
      />
      <Field
        label="A link is behind from"
        value={lag}
        onChange={(event) => setLag(event.target.value)}
        hint="Seconds, or with ms, min, h."
        error={
          lagSeconds === null
            ? { message: 'Give a time above 0, as 10 s or 2 min.' }
            : at('thresholds', 'lagSeconds')
        }
      />
      <Field
        label="Held WAL is too much from"
        value={held}
        onChange={(event) => setHeld(event.target.value)}
        hint="With its unit: MB, GB."
        error={
          walHeldBytes === null
            ? { message: 'Give a size with its unit, as 1 GB.' }
            : at('thresholds', 'walHeldBytes')
        }
      />
      <div className="field">
        <span className="lab">Wanted topology</span>
        <Segmented
          label="Wanted topology"
          value={topology}
          onChange={setTopology}
          options={[
            { value: 'full-mesh', label: 'Full mesh' },
            { value: 'as-found', label: 'As found' },
          ]}
        />
        <p className="f">
          {topology === 'full-mesh'
            ? 'Each node subscribes to each other; a pair without a subscription is missing.'
            : 'What the catalogs have is what is wanted; no link is missing.'}
        </p>
      </div>
      <div className="btns all">
        <Button look="primary" type="submit" busy={save.isPending} disabled={!changed || wrong}>
          Save settings
        </Button>
        {save.isSuccess && !changed && <State of="done">saved</State>}
        {told && !known && (
          <span role="alert">
            <State of="critical">{told.message}</State>
          </span>
        )}
      </div>
    </form>
  );
}
