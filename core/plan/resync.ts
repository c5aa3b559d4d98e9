/** Tables copied anew from their provider: one, several, or all of a subscription. */

import type { Changes } from '#core/engines/changes.ts';
import type { TableName } from '#core/engines/units.ts';
import { formatNames } from '#core/model/format.ts';
import type { Observed, ObservedFacts, ObservedSubscription, ObservedTable } from '#core/model/observed.ts';
import type { TableResync } from '#core/model/requests/subscriptions.ts';
import { type ExecutablePlan, type ExecutableStep, step } from './executable.ts';
import { Grounds } from './nodes.ts';
import { checkGenerated, checkKind, checkSent, checkShape, tableThere, tellRows } from './resync-checks.ts';
import { checkLink, checkReadOnly, type Settling, settlingOf } from './resync-source.ts';
import { calledTables, type Resync, resyncsOf } from './resync-tables.ts';
import type { Sent } from './sent.ts';

export function planResync(request: TableResync, observed: Observed): ExecutablePlan {
  const { receiver, subscription: name } = request;
  const grounds = new Grounds(observed);
  const found = grounds.subscription(receiver, name);
  const provider = found?.provider ?? null;
  const tables = found === null ? [] : resyncsOf(grounds, request, provider);
  const link = tables.length === 0 ? null : checkAround(grounds, tables[0] as Resync, provider, observed);
  const copies = link === null ? [] : tables.map((each) => checkOne(grounds, each, link, tables.length > 1));
  const steps = copies.flatMap((copy) => copy ?? []);
  return {
    title: `Copy ${calledTables(request, tables)} again from ${provider ?? 'the provider'} to ${receiver}`,
    checks: grounds.checks,
    problems: grounds.problems,
    steps: grounds.problems.length > 0 || link === null ? [] : stepsOf(link.settling, steps),
  };
}

/** What is the same for all tables of one subscription. */
interface Around {
  found: ObservedSubscription & { provider: string };
  at: ObservedFacts;
  from: ObservedFacts;
  settling: Settling[];
  changes: Changes;
}

/** One table that may be copied. */
interface Copy {
  request: Resync;
  provider: string;
  sent: Sent;
  columns: string[];
  /** Whose own copies tell how far it is. */
  told: TableName[];
  changes: Changes;
}

function checkAround(
  grounds: Grounds,
  request: Resync,
  provider: string | null,
  observed: Observed,
): Around | null {
  const { receiver } = request;
  const at = grounds.need(receiver);
  const found = grounds.subscription(receiver, request.subscription);
  if (at === null || found === null) return null;
  checkReadOnly(grounds, receiver, at);
  const from = provider === null ? null : grounds.need(provider);
  checkLink(grounds, request, found, from);
  if (provider === null || from === null) return null;
  const names = (observed.nodes ?? []).map((each) => each.name);
  return {
    found: { ...found, provider },
    at,
    from,
    settling: settlingOf(grounds, receiver, provider, names),
    changes: grounds.changesFor(found),
  };
}

/** `named`: there are others beside it, so that what is said of it has its name. */
function checkOne(grounds: Grounds, request: Resync, around: Around, named: boolean): Copy | null {
  const own = named ? grounds.about(`${request.schema}.${request.table}`) : grounds;
  const copy = checkTable(own, request, around);
  if (named) grounds.take(own);
  return copy;
}

function checkTable(grounds: Grounds, request: Resync, around: Around): Copy | null {
  const { found, at, from, changes } = around;
  const { receiver } = request;
  const into = tableThere(grounds, receiver, at, request);
  if (into !== null) checkKind(grounds, request, into);
  if (into === null) return null;
  const source = tableThere(grounds, found.provider, from, request);
  if (source === null) return null;
  const sent = checkSent(grounds, request, found, source);
  if (sent === null) return null;
  const tables = { provider: source, receiver: into };
  checkShape(grounds, request, found, tables, sent);
  checkGenerated(grounds, request, at, source, sent.columns);
  tellRows(grounds, request, found.provider, tables, sent);
  const leaves = (into.partitions ?? []).filter((each) => each.kind === 'r');
  const told = changes.copies.toldBy(request, leaves, at.standin);
  return {
    request,
    provider: found.provider,
    sent,
    columns: comparedColumns(source, into, sent),
    told,
    changes,
  };
}

/** Those that both have and that are sent. */
function comparedColumns(source: ObservedTable, into: ObservedTable, sent: Sent): string[] {
  const there = new Set((into.columns ?? []).map((each) => each.name));
  return (source.columns ?? [])
    .map((each) => each.name)
    .filter((name) => there.has(name) && (sent.columns?.includes(name) ?? true));
}

/** One after the other: each is whole, and compared, before the next is emptied. */
function stepsOf(settling: readonly Settling[], copies: readonly Copy[]): ExecutableStep[] {
  const settle = settling.map(({ node, to }) =>
    step({
      id: `settle:${node}`,
      title: `Wait until ${formatNames(to.map((each) => each.node))} ${to.length === 1 ? 'has' : 'have'} applied what ${node} has committed`,
      node,
      action: { type: 'mark', node, to },
    }),
  );
  const idOf = ({ request }: Copy): string =>
    copies.length === 1 ? 'resync' : `resync:${request.schema}.${request.table}`;
  const made = copies.map((copy, index) => {
    const before = copies[index - 1];
    return copyStep(idOf(copy), copy, before === undefined ? settle.map(({ id }) => id) : [idOf(before)]);
  });
  return [...settle, ...made];
}

function copyStep(
  id: string,
  { request, provider, sent, columns, told, changes }: Copy,
  after: string[],
): ExecutableStep {
  const { receiver, subscription, schema, table } = request;
  const { copies, waits } = changes;
  return step({
    id,
    title: `Copy ${schema}.${table} again and compare`,
    node: receiver,
    after,
    risk: 'data',
    riskText: `All rows of ${schema}.${table} on ${receiver} are deleted, then copied from ${provider}; rows that only ${receiver} has are lost there.`,
    undo: 'Nothing: deleted rows cannot be restored.',
    action: {
      type: 'resync',
      node: receiver,
      provider,
      subscription,
      unit: copies.resync(subscription, request),
      synchronized: copies.areCopied(subscription, told),
      underWay: copies.isCopying(subscription, told),

      hopeless: waits.cannotCome({
        for: 'copied',
        node: receiver,
        subscription,
        table: told[0] ?? { schema, table },
      }),
      table: { schema, table, columns, filter: sent.filter },
    },
  });
}
