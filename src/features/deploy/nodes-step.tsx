/** The first step: which servers. Each is read as its address is typed; the rest of the deploy has defaults. */
import type { UseQueryResult } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { Link, useNavigate } from 'react-router';
import type { TablesLook } from '#core/model/deploy.ts';
import { formatNames } from '#core/model/format.ts';
import { paths } from '#src/lib/paths.ts';
import { Form } from '#src/parts/form/form.tsx';
import { useForm } from '#src/parts/form/use-form.ts';
import { Button, buttonClass } from '#src/ui/button.tsx';
import { Field } from '#src/ui/field.tsx';
import { SectionHead } from '#src/ui/section.tsx';
import { Say } from '#src/ui/sentence.tsx';
import { State } from '#src/ui/state.tsx';
import { defaultsText, nodesSentence } from './deploy-text.ts';
import { filled, fillRows, LEAST, MOST, withRow } from './form.ts';
import { NodeFields } from './node-fields.tsx';
import { Kept, ReviewFault } from './step-parts.tsx';
import type { Draft } from './use-draft.ts';
import type { Looks } from './use-looks.ts';
import type { Review } from './use-review.ts';

/** The answers are kept as they are typed, so that sending them sends nothing new. */
const NO_VALUES = {};

export interface StepProps {
  draft: Draft;
  looks: Looks;
  tables: UseQueryResult<TablesLook>;
  review: Review;
  /** Two servers at least can be used, and each has been read. */
  ready: boolean;
}

export function NodesStep({ draft, looks, tables, review, ready }: StepProps) {
  const { form, change } = draft;
  const { rows } = form;
  const [peers, setPeers] = useState(rows.some((row) => row.peerDsn !== ''));
  const [left, setLeft] = useState(0);
  const navigate = useNavigate();
  const named = filled(rows);
  const sending = useForm({ initial: NO_VALUES, saving: review.saving, unsaved: null });
  const paste = (at: number, dsns: string[]) => {
    const next = fillRows(rows, at, dsns);
    setLeft(next.left);
    change({ rows: next.rows });
  };
  const issues = review.fault?.issues ?? [];
  return (
    <Form of={sending} className="wizard" onSubmit={() => ready && review.start()}>
      <Say
        top={
          <>
            {ready && [...looks.values()].every((one) => one.look) && <State of="ok">Ready</State>}
            <Kept draft={draft} />
          </>
        }
      >
        {nodesSentence(named, looks)}
      </Say>
      <ReviewFault review={review} />
      <section className="section" aria-label="Nodes">
        <SectionHead title="Nodes" note="paste several addresses at once, one per line" />
        <div className="node-fields">
          <div className="node-fields-row node-fields-head wide-only" aria-hidden="true">
            <span>Name</span>
            <span>Address, by which the console reaches it</span>
            <span>Location (optional)</span>
          </div>
          {rows.map((row, at) => (
            <NodeFields
              key={row.key}
              row={row}
              at={at}
              looked={looks.get(row.key)}
              issue={issues.find(
                (issue) => issue.path[0] === 'nodes' && issue.path[1] === named.indexOf(row),
              )}
              taken={rows.some((other) => other !== row && other.name.trim() === row.name.trim())}
              peers={peers}
              draft={draft}
              onPaste={(dsns) => paste(at, dsns)}
              onRemove={
                rows.length > LEAST
                  ? () => change({ rows: rows.filter((other) => other.key !== row.key) })
                  : null
              }
            />
          ))}
        </div>
        <div className="buttons px-4 pb-4">
          <Button
            size="sm"
            icon={Plus}
            disabled={rows.length >= MOST}
            onClick={() => change({ rows: withRow(rows) })}
          >
            Add a node
          </Button>
          {!peers && (
            <Button size="sm" look="bare" onClick={() => setPeers(true)}>
              Peers use other addresses
            </Button>
          )}
          {rows.length >= MOST && (
            <span className="muted">Sixteen is the maximum: each subscribes to all others.</span>
          )}
          {left > 0 && (
            <State of="warning">{`${left} more addresses were pasted than there is room for`}</State>
          )}
        </div>
      </section>
      <section className="section">
        <SectionHead title="Cluster" />
        <div className="one-field">
          <Field
            label="Name of the cluster here"
            value={form.name}
            placeholder={review.name || 'orders'}
            maxLength={63}
            spellCheck={false}
            autoComplete="off"
            onChange={(event) => change({ name: event.target.value })}
            error={issues.find((issue) => issue.path[0] === 'name')}
            hint="Used by the console and its pages only; the servers do not know it."
          />
        </div>
      </section>
      <div className="review" />
      <footer className="plan-foot">
        <Link className={buttonClass('bare', 'lg')} to={paths.deploy}>
          Back
        </Link>
        <span className="muted push-right wide-only">{defaultsText(tables.data, form)}</span>
        <Button size="lg" disabled={!ready} onClick={() => navigate(paths.deployServers(draft.id, 'tables'))}>
          Choose tables
        </Button>
        <Button
          look="primary"
          size="lg"
          type="submit"
          busy={review.busy}
          disabled={!ready || review.name === ''}
        >
          {named.length < LEAST ? 'Deploy…' : `Deploy on ${formatNames(named.map((row) => row.name))}…`}
        </Button>
      </footer>
    </Form>
  );
}
