/** Transactions that nodes could not apply: thrown away, or stopping a subscription; with their error and the way out. */

import { useInfiniteQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { shownText } from '#core/model/shown-text.ts';
import { useClusterName, useEngineWords, useSnapshot } from '#src/api/hooks.ts';
import { exceptionsQuery } from '#src/api/queries.ts';
import { consoleNow } from '#src/lib/clock.ts';
import { moveRow } from '#src/lib/list-keys.ts';
import { safeName } from '#src/lib/safe-name.ts';
import { plural } from '#src/lib/units.ts';
import { Older, QueryFault } from '#src/parts/query-fault.tsx';
import { useSearchState } from '#src/parts/search-state.ts';
import { Button } from '#src/ui/button.tsx';
import { Empty, Skeleton } from '#src/ui/notice.tsx';
import { Say } from '#src/ui/sentence.tsx';
import { State } from '#src/ui/state.tsx';
import { Time } from '#src/ui/time.tsx';
import { tipCut } from '#src/ui/tooltip.ts';
import { type FailedTransaction, findTransaction, summaryOf, transactionsOf } from './exceptions.ts';
import { InboxTools, Missing, sinceInstant, sinceOf } from './inbox-frame.tsx';
import { TransactionDetail } from './transaction-detail.tsx';

export function Component() {
  const cluster = useClusterName();
  const words = useEngineWords();
  const nodes = useSnapshot((snapshot) => snapshot.nodes.length);
  const [search, set] = useSearchState();
  const since = sinceOf(search);
  const node = search.get('node') ?? undefined;
  const from = useMemo(() => sinceInstant(since, consoleNow()), [since]);
  const input = { limit: 500, ...(from ? { since: from } : {}), ...(node ? { node } : {}) };
  const query = useInfiniteQuery({ ...exceptionsQuery(cluster, input), refetchInterval: 15_000 });
  const list = useMemo(
    () => transactionsOf(query.data?.pages.flatMap((page) => page.items) ?? []),
    [query.data],
  );
  const asked = search.get('transaction');
  const chosen = findTransaction(list, asked) ?? (asked === null ? (list[0] ?? null) : null);
  const missing = query.data?.pages[0]?.missing ?? [];
  const stopped = list.filter((one) => one.disabled.length > 0).length;
  return (
    <>
      {query.data ? (
        <Say
          top={
            <>
              <State
                of={
                  stopped > 0
                    ? 'critical'
                    : list.length > 0
                      ? 'warning'
                      : missing.length > 0
                        ? 'unknown'
                        : 'ok'
                }
              >
                {stopped > 0
                  ? 'Critical'
                  : list.length > 0
                    ? 'Warning'
                    : missing.length > 0
                      ? 'Not all read'
                      : 'None'}
              </State>
              <span className="faint">
                {since.value === 'all' ? 'all time' : `last ${since.label}`}, exception_log read on{' '}
                {nodes - missing.length} of {nodes} nodes
              </span>
            </>
          }
        >
          {sentence(list, stopped, query.hasNextPage)}
        </Say>
      ) : (
        <Say top={<Skeleton width={180} />}>
          <Skeleton width={400} />
        </Say>
      )}
      <QueryFault query={query} />
      <Missing nodes={missing} />
      <div className="inbox">
        {/* biome-ignore lint/a11y/noStaticElementInteractions: arrow keys move between the buttons inside */}
        <div onKeyDown={moveRow}>
          <InboxTools cluster={cluster} page="exceptions" search={search} onSet={set} />
          {list.map((one) => (
            <Entry
              key={one.id}
              of={one}
              chosen={one === chosen}
              onChoose={() => set({ transaction: one.id })}
            />
          ))}
          <Older query={query} />
        </div>
        {chosen ? (
          <TransactionDetail cluster={cluster} transaction={chosen} />
        ) : query.data ? (
          <Empty
            title={
              list.length > 0
                ? 'This transaction is not in the list'
                : 'Every transaction that was received was applied'
            }
            actions={
              since.value !== 'all' && (
                <Button onClick={() => set({ since: 'all', transaction: null })}>Show all time</Button>
              )
            }
          >
            {list.length === 0 && words.exceptionsKept}
          </Empty>
        ) : (
          <div />
        )}
      </div>
    </>
  );
}

function sentence(list: FailedTransaction[], stopped: number, more: boolean): string {
  if (list.length === 0) return 'No transaction was discarded.';
  const discarded = list.length - stopped;
  const said: string[] = [];
  if (discarded > 0) {
    said.push(
      `${more ? 'At least ' : ''}${plural(discarded, 'transaction was', 'transactions were')} discarded while their subscriptions kept replicating.`,
    );
  }
  if (stopped > 0) said.push(`${plural(stopped, 'transaction', 'transactions')} stopped a subscription.`);
  return said.join(' ');
}

function Entry({ of, chosen, onChoose }: { of: FailedTransaction; chosen: boolean; onChoose: () => void }) {
  const first = of.rows.find((row) => row.operation !== 'SUB_DISABLE') ?? of.rows[0];
  return (
    <button
      type="button"
      data-row
      className={`group-row ${chosen ? 'selected' : ''}`}
      aria-current={chosen || undefined}
      onClick={onChoose}
    >
      <span />
      <span className="truncate" {...tipCut(of.tables.map(safeName).join(', '))}>
        <b>
          <code>{of.tables.length === 0 ? 'unknown table' : of.tables.map(safeName).join(', ')}</code>
        </b>{' '}
        <span className="muted">{first?.operation}</span>
      </span>
      <small>
        <Time at={of.at} />
      </small>
      <small className="where two-lines">
        <State of={of.disabled.length > 0 ? 'critical' : 'warning'} size={12}>
          {summaryOf(of)}
        </State>
        <span className="message">{first && shownText(first.message)}</span>
      </small>
    </button>
  );
}
