/** What a rollback has left: by node, each object with why, what does it, and what to do then. */
import type { ReactNode } from 'react';
import type { LeftToDo as Left, Plan, Run } from '#core/model/plan.ts';
import { shownText } from '#core/model/shown-text.ts';
import { ArrowText } from '#src/ui/link-name.tsx';
import { Mono, Sql } from '#src/ui/mono.tsx';
import { SectionHead } from '#src/ui/section.tsx';
import { State } from '#src/ui/state.tsx';
import { leftByNode, leftWords } from './left-words.ts';

interface Props {
  run: Run;
  plan: Plan;
  /** What can be done about the run. */
  actions: ReactNode;
}

export function LeftToDo({ run, plan, actions }: Props) {
  if (run.leftToDo.length === 0) return null;
  return (
    <section className="section left" aria-label="Left to do">
      <SectionHead
        title="Left to do"
        count={run.leftToDo.length}
        note="kept as it is until you decide; the console does nothing about it by itself"
      />
      {leftByNode(run).map(({ node, items, after }) => (
        <section key={node ?? ''} className="left-node" aria-label={`Left on ${node ?? 'this machine'}`}>
          <h3>{node ?? 'This machine'}</h3>
          <ul>
            {items.map((item, at) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: one step may leave two things of one name
              <Item key={at} item={item} plan={plan} />
            ))}
            {after.length > 0 && <After items={after} plan={plan} />}
          </ul>
        </section>
      ))}
      {actions && <div className="actions">{actions}</div>}
    </section>
  );
}

const titleOf = (item: Left, plan: Plan): string =>
  plan.steps.find((step) => step.id === item.step)?.title ?? item.step;

/** What follows by itself when the others of its node are done: one entry, its statements in their order. */
function After({ items, plan }: { items: Left[]; plan: Plan }) {
  const { state, title, next } = leftWords('after-others');
  const where = items[0]?.node ?? 'this machine';
  const names = items.map((item) => item.object ?? titleOf(item, plan));
  const statements = items.flatMap((item) =>
    item.sql.length === 0 ? [] : [`-- undoes: ${titleOf(item, plan)}`, ...item.sql],
  );
  return (
    <li aria-label={shownText(`${names.join(', ')}: ${title}`)}>
      <State of={state}>{title}</State>
      <div>
        <p className="what">
          <b>{names.join(', ')}</b>
        </p>
        <p className="muted">{next(where)}</p>
        {statements.length > 0 && (
          <details>
            <summary>The statements, to run on {where} in this order</summary>
            <Sql statements={statements} label={`To run on ${where} after the others`} />
          </details>
        )}
      </div>
    </li>
  );
}

function Item({ item, plan }: { item: Left; plan: Plan }) {
  const { state, title, next } = leftWords(item.code);
  const where = item.node ?? 'this machine';
  const made = titleOf(item, plan);
  const name = item.object ?? made;
  return (
    <li aria-label={shownText(`${name}: ${title}`)}>
      <State of={state}>{title}</State>
      <div>
        <p className="what">
          {item.object === null ? <b>{shownText(name)}</b> : <Mono>{shownText(name)}</Mono>}
          {item.object !== null && <small>created by: {made}</small>}
        </p>
        <p>
          <ArrowText>{item.message}</ArrowText>
        </p>
        <p className="muted">{next(where)}</p>
        {item.sql.length > 0 && (
          <details>
            <summary>
              {item.sql.length === 1 ? 'The statement' : `The ${item.sql.length} statements`}, to run on{' '}
              {where}
            </summary>
            <Sql statements={item.sql} label={shownText(`To run on ${where}: ${name}`)} />
          </details>
        )}
      </div>
    </li>
  );
}
