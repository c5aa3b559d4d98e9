/** One transaction that could not be applied: what it did, the errors, and the way out. */

import { Link } from 'react-router';
import type { Exception } from '#core/contract/history.ts';
import { quoteLiteral } from '#core/engines/quote.ts';
import { paths } from '#src/lib/paths.ts';
import { safeName } from '#src/lib/safe-name.ts';
import { Mono, Sql } from '#src/ui/mono.tsx';
import { State } from '#src/ui/state.tsx';
import { ExactTime } from '#src/ui/time.tsx';
import type { FailedTransaction } from './exceptions.ts';
import { summaryOf } from './exceptions.ts';

export function TransactionDetail({
  cluster,
  transaction,
}: {
  cluster: string;
  transaction: FailedTransaction;
}) {
  const { origin, xid, commitAt, nodes, rows, disabled } = transaction;
  return (
    <article className="dt" aria-label={`Transaction ${xid ?? ''}`}>
      <div className="blk">
        <div className="btns mb-2">
          <h2 className="id">
            {xid === null ? 'transaction' : <span>xid</span>} {xid}{' '}
            {origin !== null && <span>from {safeName(origin)}</span>}
          </h2>
          <State of={disabled.length > 0 ? 'critical' : 'warning'}>{summaryOf(transaction)}</State>
        </div>
        <p className="verdict">{verdict(transaction)}</p>
        <p className="q mt-1">
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
        <div key={node} className="blk">
          <h2 className="t2">
            On {safeName(node)}
            <small>spock.exception_log</small>
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
  const where = nodes.map(safeName).join(' and ');
  const what = tables.length === 0 ? '' : ` on ${tables.map(safeName).join(', ')}`;
  const who = origin === null ? 'A transaction' : `${safeName(origin)}’s transaction`;
  const [stopped] = disabled;
  if (stopped) {
    return `${who}${what} could not be applied on ${where}, so ${stopped.subscription ?? 'its subscription'} was disabled there. Nothing after it is applied.`;
  }
  return `${who}${what} was thrown away on ${where}. ${origin === null ? 'Its writer' : safeName(origin)} has its rows and ${nodes.length === 1 ? 'it has' : 'they have'} not, while the subscription goes on as replicating.`;
}

function WayOut({ cluster, transaction }: { cluster: string; transaction: FailedTransaction }) {
  const [stopped] = transaction.disabled;
  if (stopped) {
    return (
      <div className="blk">
        <h2 className="t2">The way out</h2>
        <p className="q">
          Mend what the error speaks of on {safeName(stopped.node)}, then enable the subscription: the
          transaction is tried again. Or step over it, which loses what it wrote:
        </p>
        {stopped.subscription !== null && stopped.skipLsn !== null && (
          <div className="mt-2">
            <Sql
              statements={[
                `SELECT spock.sub_alter_skiplsn(${quoteLiteral(stopped.subscription)}, ${quoteLiteral(stopped.skipLsn)});`,
                `SELECT spock.sub_enable(${quoteLiteral(stopped.subscription)}, true);`,
              ]}
              label={`Statements to run on ${stopped.node}`}
            />
          </div>
        )}
        {stopped.subscription !== null && (
          <p className="mt-2">
            <Link className="act" to={paths.subscription(cluster, stopped.node, stopped.subscription)}>
              Open {safeName(stopped.subscription)}
            </Link>
          </p>
        )}
      </div>
    );
  }
  const { origin, nodes, tables } = transaction;
  return (
    <div className="blk">
      <h2 className="t2">The way out</h2>
      <p className="q">
        Compare the rows of {tables.length === 0 ? 'the tables it wrote' : tables.map(safeName).join(', ')} on{' '}
        {[origin, ...nodes]
          .filter((name) => name !== null)
          .map(safeName)
          .join(', ')}{' '}
        and write the right ones again. Mend the cause first, else the next transaction of its kind is thrown
        away as well.
      </p>
    </div>
  );
}

function ExceptionRow({ row }: { row: Exception }) {
  return (
    <div className="exc">
      <div className="btns">
        <b>{row.operation ?? 'statement'}</b>
        {row.table ? (
          <Mono>{row.schema ? `${safeName(row.schema)}.${safeName(row.table)}` : safeName(row.table)}</Mono>
        ) : null}
        {row.commandCounter !== null && <span className="f">command {row.commandCounter}</span>}
        {row.status !== null && <span className="f">status {row.status}</span>}
        <span className="f ml-auto">
          <ExactTime at={row.at} />
        </span>
      </div>
      <pre className="sql err">{row.message}</pre>
      {row.ddl && <pre className="sql">{row.ddl}</pre>}
      {row.localTuple === null && row.remoteOldTuple === null && row.remoteNewTuple === null ? null : (
        <dl className="ev">
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
      <dd>{of === null ? <span className="f">not recorded</span> : <code>{textOf(of)}</code>}</dd>
    </>
  );
}

/** `id 2, bal 99, note b`, or the text as it stands where it is not JSON. */
function textOf(tuple: NonNullable<Exception['localTuple']>): string {
  if (tuple.json === null) return tuple.text;
  return Object.entries(tuple.json)
    .map(
      ([name, value]) =>
        `${safeName(name)} ${value === null ? 'NULL' : safeName(typeof value === 'object' ? JSON.stringify(value) : String(value))}`,
    )
    .join(', ');
}
