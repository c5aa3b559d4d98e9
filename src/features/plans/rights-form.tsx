/** Asks for another role where the one that the console watches with may not do what a plan does: for one run only. */
import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import type { FieldIssue } from '#core/contract/errors.ts';
import { formatNames } from '#core/model/format.ts';
import type { NodeRights } from '#core/model/plan.ts';
import { describeError } from '#src/api/errors.ts';
import { clusterQuery } from '#src/api/queries.ts';
import { safeName } from '#src/lib/safe-name.ts';
import { DsnField } from '#src/parts/dsn-field.tsx';
import { Field } from '#src/ui/field.tsx';
import { State } from '#src/ui/state.tsx';
import { type GivenForm, useGiven } from './use-given.ts';

/** What is typed, made of what the console knows of the cluster's nodes. */
export function useRightsForm(cluster: string, rights: readonly NodeRights[]): GivenForm {
  const nodes = useQuery({ ...clusterQuery(cluster), enabled: rights.length > 0 }).data?.nodes;
  const known = useMemo(() => new Map(nodes?.map(({ name, dsn }) => [name, dsn])), [nodes]);
  return useGiven(rights, known);
}

/** What an error of the API says of DSNs; empty: it speaks of something else. */
export const dsnIssues = (error: unknown): FieldIssue[] =>
  error ? describeError(error).issues.filter(({ path }) => path[0] === 'dsns') : [];

/** What is lacking, for the button that waits for it. */
export const RIGHTS_ID = 'another-role';

/** `issues`: what the console said of the DSNs that it was given last. */
export function RightsForm({
  rights,
  form,
  issues,
}: {
  rights: readonly NodeRights[];
  form: GivenForm;
  issues: readonly FieldIssue[];
}) {
  const [own, setOwn] = useState(false);
  const { given, change, changeOwn } = form;
  const issueOf = (node: string) => issues.find(({ path }) => path[0] === 'dsns' && path[1] === node);
  // Of nodes that have no field of their own.
  const shared = rights
    .flatMap(({ node }) => (given.own[node] ? [] : [issueOf(node)]))
    .filter((issue) => issue !== undefined);
  const [first] = shared;
  return (
    <section className="rights" aria-label="Another role for this run">
      <h2>Another role for this run</h2>
      <ul id={RIGHTS_ID}>
        {grouped(rights).map(({ nodes, role, lacks }) => (
          <li key={nodes.join(' ')}>
            <b>{formatNames(nodes)}</b> <code>{role}</code> lacks {lacks}
          </li>
        ))}
      </ul>
      <p className="muted">
        What you type here is used for this run only: it is kept sealed until the run has succeeded or was
        rolled back, then wiped. The console keeps watching with its own role.
      </p>
      <div className="rights-fields">
        <Field
          label="Role"
          mono
          spellCheck={false}
          autoComplete="off"
          autoCapitalize="off"
          value={given.role}
          onChange={(event) => change({ role: event.target.value })}
          error={own || first === undefined ? null : { message: first.message, remedy: first.remedy }}
        />
        <Field
          label="Password"
          type="password"
          autoComplete="off"
          value={given.password}
          onChange={(event) => change({ password: event.target.value })}
        />
      </div>
      {own ? (
        rights.map(({ node }) => (
          <DsnField
            key={node}
            label={`Address of ${safeName(node)} for this run`}
            placeholder="as the console reaches it, with the role above"
            value={given.own[node] ?? ''}
            onDsn={(dsn) => changeOwn(node, dsn)}
            error={issueOf(node)}
          />
        ))
      ) : (
        <p>
          {shared.length > 1 && (
            <span role="alert">
              <State of="critical">{shared.length} nodes refuse it</State>{' '}
            </span>
          )}
          <button type="button" className="text-action" onClick={() => setOwn(true)}>
            Give whole addresses
          </button>
        </p>
      )}
    </section>
  );
}

/** Nodes that lack the same in one line. */
function grouped(rights: readonly NodeRights[]): { nodes: string[]; role: string; lacks: string }[] {
  const lines = new Map<string, { nodes: string[]; role: string; lacks: string }>();
  for (const { node, role, lacks } of rights) {
    const key = JSON.stringify([role, lacks]);
    const line = lines.get(key) ?? { nodes: [], role, lacks: lacks.join(', ') };
    line.nodes.push(node);
    lines.set(key, line);
  }
  return [...lines.values()];
}
