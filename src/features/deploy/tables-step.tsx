/** The second step: which tables replicate and how, and whose rows the others get. All of it has defaults. */
import { useState } from 'react';
import { Link } from 'react-router';
import type { TablesLook } from '#core/model/deploy.ts';
import { formatNames } from '#core/model/format.ts';
import { shownText } from '#core/model/shown-text.ts';
import { describeError } from '#src/api/errors.ts';
import { paths } from '#src/lib/paths.ts';
import { count, plural } from '#src/lib/units.ts';
import { useSearchState } from '#src/parts/search-state.ts';
import { Button, buttonClass } from '#src/ui/button.tsx';
import { Checkbox } from '#src/ui/field.tsx';
import { Empty, Notice, Skeleton } from '#src/ui/notice.tsx';
import { SectionHead } from '#src/ui/section.tsx';
import { Say } from '#src/ui/sentence.tsx';
import { ChoiceGrid } from './choice-grid.tsx';
import { ChoicePanel } from './choice-panel.tsx';
import { ChoiceTools } from './choice-tools.tsx';
import { choicesOf, choose, shown, tableKey, type Which } from './choices.ts';
import { tablesSentence } from './deploy-text.ts';
import { filled } from './form.ts';
import type { StepProps } from './nodes-step.tsx';
import { SequenceChoice } from './sequence-choice.tsx';
import { SourceChoice } from './source-choice.tsx';
import { Kept, ReviewFault } from './step-parts.tsx';

export function TablesStep({ draft, tables, review, ready }: StepProps) {
  const { form } = draft;
  const names = filled(form.rows).map((row) => row.name);
  return (
    <div className="wizard">
      <Say top={<Kept draft={draft} />}>
        {tables.data ? (
          tablesSentence(ofRead(tables.data), form)
        ) : tables.error || !ready ? (
          'The tables of the servers are not known yet.'
        ) : (
          <span aria-busy="true">The tables of {formatNames(names)} are being read and compared.</span>
        )}
      </Say>
      <ReviewFault review={review} />
      {tables.error && (
        <Notice
          state="critical"
          title={describeError(tables.error).message}
          actions={<Button onClick={() => void tables.refetch()}>Read them again</Button>}
        >
          {describeError(tables.error).remedy}
        </Notice>
      )}
      {tables.data ? (
        <Chosen draft={draft} look={ofRead(tables.data)} />
      ) : (
        !tables.error &&
        (ready ? (
          <div className="px-4 py-3">
            <Skeleton width={320} />
          </div>
        ) : (
          <Empty
            title="Two servers that answer are needed first"
            actions={
              <Link className={buttonClass()} to={paths.deployServers(draft.id)}>
                Go to the nodes
              </Link>
            }
          />
        ))
      )}
      <div className="review" />
      <footer className="plan-foot">
        <Link className={buttonClass('bare', 'lg')} to={paths.deployServers(draft.id)}>
          Back
        </Link>
        <span className="muted push-right wide-only">The plan is shown before anything is written.</span>
        <Button
          look="primary"
          size="lg"
          busy={review.busy}
          disabled={!ready || review.name === ''}
          onClick={review.start}
        >
          {`Deploy on ${formatNames(names)}…`}
        </Button>
      </footer>
    </div>
  );
}

/** Only servers that were read hold or lack a table. */
function ofRead(look: TablesLook): TablesLook {
  const unread = new Set(look.unread.map(({ node }) => node));
  return { ...look, nodes: look.nodes.filter((node) => !unread.has(node)) };
}

function Chosen({ draft, look }: { draft: StepProps['draft']; look: TablesLook }) {
  const { form, change } = draft;
  const [query, setQuery] = useSearchState();
  const [filter, setFilter] = useState('');
  const [which, setWhich] = useState<Which>('all');
  const source = form.sourceChosen ? form.dataFrom : look.suggestedSource;
  const choices = choicesOf(form.tables, look.tables);
  const rows = shown(look.tables, choices, { filter, which, source });
  const open = look.tables.find((one) => `${one.schema}.${one.table}` === query.get('table')) ?? null;
  const show = (name: string | null) => setQuery({ table: name });
  const set: Parameters<typeof ChoiceGrid>[0]['onChoose'] = (chosen, next) =>
    change(({ tables }) => ({ tables: choose(tables, look.tables, chosen, next) }));
  return (
    <>
      {look.unread.length > 0 && (
        <Notice
          state="warning"
          title={`${formatNames(look.unread.map((one) => one.node))} could not be read`}
        >
          {look.unread.map(({ node, error }) => shownText(`${node}: ${error}`)).join(' ')}
        </Notice>
      )}
      <SourceChoice look={look} source={source} onChange={change} />
      <section className="section" aria-label="Tables">
        <SectionHead
          title="Tables"
          count={count(look.tables.length)}
          note={`compared on ${formatNames(look.nodes)}; tables created later are replicated the same way`}
        />
        {look.tables.length === 0 ? (
          <Empty title="No node holds a table yet">
            The cluster starts empty. With DDL replication on, a table that is created on one node is created
            on all, and replicates.
          </Empty>
        ) : (
          <>
            <ChoiceTools
              look={look}
              rows={rows}
              choices={choices}
              source={source}
              filter={filter}
              onFilter={setFilter}
              which={which}
              onWhich={setWhich}
              onChoose={set}
            />
            <div className={open ? 'cols' : ''}>
              {rows.length === 0 ? (
                <Empty title="No table matches" />
              ) : (
                <ChoiceGrid
                  rows={rows}
                  choices={choices}
                  nodes={look.nodes}
                  source={source}
                  open={open ? `${open.schema}.${open.table}` : null}
                  onOpen={show}
                  onChoose={set}
                />
              )}
              {open && (
                <ChoicePanel
                  look={open}
                  choice={choices.get(tableKey(open)) ?? { set: null, deltaColumns: [] }}
                  nodes={look.nodes}
                  source={source}
                  onClose={() => show(null)}
                  onChoose={(next) => set([open], next)}
                />
              )}
            </div>
          </>
        )}
      </section>
      <SequenceChoice look={look} chosen={form.sequences} onChange={(sequences) => change({ sequences })} />
      <section className="section">
        <SectionHead title="DDL replication" />
        <div className="choice-block">
          <Checkbox
            checked={form.ddlReplication}
            onChange={(event) => change({ ddlReplication: event.target.checked })}
          >
            Replicate CREATE, ALTER and DROP from every node to every other
          </Checkbox>
          <p className="muted">
            It is turned on as the last step. Without it, each schema change has to be made on{' '}
            {plural(look.nodes.length, 'node')} by hand, in the right order.
          </p>
        </div>
      </section>
    </>
  );
}
