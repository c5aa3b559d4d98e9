/** Exceptions brought together: one remote transaction that several nodes could not apply is one entry. */
import type { Exception } from '#core/contract/history.ts';
import { safeName } from '#src/lib/safe-name.ts';

export interface FailedTransaction {
  /** `node:id` of its first row: stands on the URL. */
  id: string;
  origin: string | null;
  xid: string | null;
  commitAt: string | null;
  /** When a node last recorded it. */
  at: string;
  nodes: string[];
  tables: string[];
  /** In the order of the transaction's commands, node by node. */
  rows: Exception[];
  /** The transaction stopped a subscription instead of being thrown away. */
  disabled: { subscription: string | null; skipLsn: string | null; node: string }[];
}

/** Commit and xid name a transaction of its origin; each node that failed on it has rows of its own. */
export function transactionsOf(rows: Exception[]): FailedTransaction[] {
  const byKey = new Map<string, Exception[]>();
  for (const row of rows) {
    const key =
      row.xid === null ? `${row.node}:${row.id}` : JSON.stringify([row.origin, row.xid, row.commitAt]);
    const same = byKey.get(key) ?? [];
    if (!same.some((other) => other.node === row.node && other.id === row.id)) same.push(row);
    byKey.set(key, same);
  }
  return [...byKey.values()].map(transactionOf).sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0));
}

function transactionOf(rows: Exception[]): FailedTransaction {
  const sorted = [...rows].sort(
    (a, b) =>
      (a.node < b.node ? -1 : a.node > b.node ? 1 : 0) || (a.commandCounter ?? 0) - (b.commandCounter ?? 0),
  );
  const [first] = sorted;
  if (first === undefined) throw new Error('a transaction has at least one row');
  return {
    id: `${first.node}:${first.id}`,
    origin: first.origin,
    xid: first.xid,
    commitAt: first.commitAt,
    at:
      sorted
        .map((row) => row.at)
        .sort()
        .at(-1) ?? first.at,
    nodes: [...new Set(sorted.map((row) => row.node))],
    tables: [
      ...new Set(
        sorted.flatMap((row) => (row.table ? [row.schema ? `${row.schema}.${row.table}` : row.table] : [])),
      ),
    ],
    rows: sorted,
    disabled: sorted
      .filter((row) => row.operation === 'SUB_DISABLE')
      .map((row) => ({ node: row.node, ...disabledIn(row.message) })),
  };
}

/** Spock writes: `disabling subscription sub_n2n1 due to exception(s) - skip_lsn = 0/19D0AC8`. */
function disabledIn(message: string): { subscription: string | null; skipLsn: string | null } {
  return {
    subscription: /disabling subscription (\S+)/.exec(message)?.[1] ?? null,
    skipLsn: /skip_lsn = ([0-9A-F]+\/[0-9A-F]+)/i.exec(message)?.[1] ?? null,
  };
}

export function findTransaction(list: FailedTransaction[], id: string | null): FailedTransaction | null {
  if (id === null) return null;
  return list.find((one) => one.rows.some((row) => `${row.node}:${row.id}` === id)) ?? null;
}

/** What a transaction did, for a title: its first statement's error, or that it stopped a subscription. */
export function summaryOf(transaction: FailedTransaction): string {
  const [stopped] = transaction.disabled;
  if (stopped)
    return `Stopped ${safeName(stopped.subscription ?? 'a subscription')} on ${safeName(stopped.node)}`;
  return `Discarded on ${transaction.nodes.map(safeName).join(', ')}`;
}
