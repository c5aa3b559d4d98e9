/** One transaction that could not be applied: what it did, the errors, and the way out. */

import { Link } from 'react-router';
import type { Exception } from '#core/contract/history.ts';
import { formatNames } from '#core/model/format.ts';
import { shownText } from '#core/model/shown-text.ts';
import { useEngineWords } from '#src/api/hooks.ts';
import { paths } from '#src/lib/paths.ts';
import { safeName } from '#src/lib/safe-name.ts';
import { PlanButton } from '#src/parts/plan-button.tsx';
import { Mono, Sql } from '#src/ui/mono.tsx';
import { State } from '#src/ui/state.tsx';
import { ExactTime } from '#src/ui/time.tsx';
import type { FailedTransaction } from './exceptions.ts';
import { summaryOf } from './exceptions.ts';
import { originName } from './origin-name.ts';

export function TransactionDetail({
  cluster,
  transaction,
}: {
  cluster: string;
  transaction: FailedTransaction;
}) {
  const words = useEngineWords();
  const { origin, xid, commitAt, nodes, rows, disabled } = transaction;
  return (
    <article className="event-detail" aria-label={`Transaction ${xid ?? ''}`}>
      <div className="panel-block">
        <div className="buttons mb-2">
          <h2 className="object-name">
            {xid === null ? 'transaction' : <span>xid</span>} {xid}{' '}
            {origin !== null && <span>from {originName(origin)}</span>}
          </h2>
          <State of={disabled.length > 0 ? 'critical' : 'warning'}>{summaryOf(transaction)}</State>
        </div>
        <p className="verdict">{verdict(transaction)}</p>
        <p className="muted mt-1">
          {commitAt === null ? (
            'When it was committed is not recorded.'
          ) : (
            <>
              Committed at <ExactTime at={commitAt} />.
            </>
          )}{' '}
          Recorded by {nodes.map(safeName).join(', ')}.
        </p>
      </div>
      <WayOut cluster={cluster} transaction={transaction} />
      {nodes.map((node) => (
        <div key={node} className="panel-block">
          <h2 className="detail-title">
            On {safeName(node)}
            <small>{words.exceptions}</small>
          </h2>
          {rows
            .filter((row) => row.node === node)
            .map((row) => (
              <ExceptionRow key={row.id} row={row} />
            ))}
        </div>
      ))}
    </article>
  );
}

function verdict({ origin, nodes, tables, disabled }: FailedTransaction): string {
  const where = formatNames(nodes.map(safeName));
  const what = tables.length === 0 ? '' : ` on ${tables.map(safeName).join(', ')}`;
  const writer = origin === null ? 'its writer' : originName(origin);
  const who = upper(origin === null ? 'a transaction' : `${writer}’s transaction`);
  const [stopped] = disabled;
  if (stopped) {
    return `${who}${what} could not be applied on ${where}, so ${safeName(stopped.subscription ?? 'its subscription')} was disabled there. Nothing after it is applied.`;
  }
  return `${who}${what} was discarded on ${where}. ${upper(writer)} has its rows and ${nodes.length === 1 ? 'it does' : 'they do'} not, while the subscription still reports “replicating”.`;
}

/** A node's name stays as it is. */
const upper = (words: string): string =>
  words.replace(
    /^(a transaction|its writer$|former node \d)/,
    (start) => start.charAt(0).toUpperCase() + start.slice(1),
  );

function WayOut({ cluster, transaction }: { cluster: string; transaction: FailedTransaction }) {
  const words = useEngineWords();
  const [stopped] = transaction.disabled;
  if (stopped) {
    return (
      <div className="panel-block">
        <h2 className="detail-title">What to do</h2>
        <p className="muted">
          Fix what the error reports on {safeName(stopped.node)}, then enable the subscription: the
          transaction is tried again. Or skip it, which loses what it wrote:
        </p>
        {stopped.subscription !== null && stopped.skipLsn !== null && stopped.skipLsn !== '0/0' && (
          <div className="mt-2">
            <Sql
              statements={words
                .stepOver(stopped.subscription, stopped.skipLsn)
                .map((statement) => `${statement};`)}
              label={`Statements to run on ${safeName(stopped.node)}`}
            />
          </div>
        )}
        {stopped.subscription !== null && stopped.skipLsn !== null && stopped.skipLsn !== '0/0' && (
          <p className="mt-2">
            <PlanButton
              request={{
                kind: 'subscription-skip',
                cluster,
                receiver: stopped.node,
                subscription: stopped.subscription,
                lsn: stopped.skipLsn,
              }}
            />
          </p>
        )}
        {stopped.subscription !== null && (
          <p className="mt-2">
            <Link
              className="text-action"
              to={paths.subscription(cluster, stopped.node, stopped.subscription)}
            >
              Open {safeName(stopped.subscription)}
            </Link>
          </p>
        )}
      </div>
    );
  }
  const { origin, nodes, tables } = transaction;
  return (
    <div className="panel-block">
      <h2 className="detail-title">What to do</h2>
      <p className="muted">
        Compare the rows of {tables.length === 0 ? 'the tables it wrote' : tables.map(safeName).join(', ')} on{' '}
        {[...(origin === null ? [] : [originName(origin)]), ...nodes.map(safeName)].join(', ')} and write the
        right ones again. Fix the cause first, or the next such transaction is discarded as well.
      </p>
    </div>
  );
}

function ExceptionRow({ row }: { row: Exception }) {
  return (
    <div className="exception">
      <div className="buttons">
        <b>{safeName(row.operation ?? 'statement')}</b>
        {row.table ? (
          <Mono>{row.schema ? `${safeName(row.schema)}.${safeName(row.table)}` : safeName(row.table)}</Mono>
        ) : null}
        {row.commandCounter !== null && <span className="faint">command {row.commandCounter}</span>}
        {row.status !== null && <span className="faint">status {safeName(row.status)}</span>}
        <span className="faint ml-auto">
          <ExactTime at={row.at} />
        </span>
      </div>
      <pre className="sql server-error">{shownText(row.message)}</pre>
      {row.ddl && <pre className="sql">{shownText(row.ddl)}</pre>}
      {row.localTuple === null && row.remoteOldTuple === null && row.remoteNewTuple === null ? null : (
        <dl className="evidence">
          <TupleFact name="local row" of={row.localTuple} />
          <TupleFact name="remote row before" of={row.remoteOldTuple} />
          <TupleFact name="remote row" of={row.remoteNewTuple} />
        </dl>
      )}
    </div>
  );
}

function TupleFact({ name, of }: { name: string; of: Exception['localTuple'] }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{of === null ? <span className="faint">not recorded</span> : <code>{textOf(of)}</code>}</dd>
    </>
  );
}

/** `id 2, bal 99, note b`, or the text as it stands where it is not JSON. */
function textOf(tuple: NonNullable<Exception['localTuple']>): string {
  if (tuple.json === null) return shownText(tuple.text);
  return Object.entries(tuple.json)
    .map(
      ([name, value]) =>
        `${safeName(name)} ${value === null ? 'NULL' : safeName(typeof value === 'object' ? JSON.stringify(value) : String(value))}`,
    )
    .join(', ');
}
