/** A table copied anew from its provider. */

import type { Changes } from '#core/engines/changes.ts';
import type { TableName } from '#core/engines/units.ts';
import { formatNames } from '#core/model/format.ts';
import type { Observed, ObservedTable } from '#core/model/observed.ts';
import type { PlanRequest } from '#core/model/plan.ts';
import { type ExecutablePlan, type ExecutableStep, step } from './executable.ts';
import { Grounds } from './nodes.ts';
import { checkGenerated, checkKind, checkSent, checkShape, tableThere, tellRows } from './resync-checks.ts';
import { checkLink, checkReadOnly, type Settling, settlingOf } from './resync-source.ts';
import type { Sent } from './sent.ts';

type Resync = Extract<PlanRequest, { kind: 'table-resync' }>;

export function planResync(request: Resync, observed: Observed): ExecutablePlan {
  const { receiver, subscription: name, schema, table } = request;
  const grounds = new Grounds(observed);
  const found = grounds.subscription(receiver, name);
  const provider = found?.provider ?? null;
  const copy = found === null ? null : check(grounds, request, found.provider, observed);
  return {
    title: `Copy ${schema}.${table} again from ${provider ?? 'the provider'} to ${receiver}`,
    checks: grounds.checks,
    problems: grounds.problems,
    steps: grounds.problems.length > 0 || copy === null ? [] : steps(request, copy),
  };
}

interface Copy {
  provider: string;
  settling: Settling[];
  sent: Sent;
  columns: string[];
  /** Whose own copies tell how far it is. */
  told: TableName[];
  changes: Changes;
}

function check(grounds: Grounds, request: Resync, provider: string | null, observed: Observed): Copy | null {
  const { receiver } = request;
  const at = grounds.need(receiver);
  const found = grounds.subscription(receiver, request.subscription);
  if (at === null || found === null) return null;
  checkReadOnly(grounds, receiver, at);
  const from = provider === null ? null : grounds.need(provider);
  checkLink(grounds, request, found, from);
  const into = tableThere(grounds, receiver, at, request);
  if (into !== null) checkKind(grounds, request, into);
  if (provider === null || from === null || into === null) return null;
  const source = tableThere(grounds, provider, from, request);
  if (source === null) return null;
  const link = { ...found, provider };
  const sent = checkSent(grounds, request, link, source);
  if (sent === null) return null;
  const tables = { provider: source, receiver: into };
  checkShape(grounds, request, link, tables, sent);
  checkGenerated(grounds, request, at, source, sent.columns);
  tellRows(grounds, request, provider, tables, sent);
  const names = (observed.nodes ?? []).map((each) => each.name);
  const settling = settlingOf(grounds, receiver, provider, names);
  const changes = grounds.changesFor(found);
  const leaves = (into.partitions ?? []).filter((each) => each.kind === 'r');
  const told = changes.copies.toldBy(request, leaves, at.standin);
  return { provider, settling, sent, columns: comparedColumns(source, into, sent), told, changes };
}

/** Those that both have and that are sent. */
function comparedColumns(source: ObservedTable, into: ObservedTable, sent: Sent): string[] {
  const there = new Set((into.columns ?? []).map((each) => each.name));
  return (source.columns ?? [])
    .map((each) => each.name)
    .filter((name) => there.has(name) && (sent.columns?.includes(name) ?? true));
}

function steps(
  request: Resync,
  { provider, settling, sent, columns, told, changes }: Copy,
): ExecutableStep[] {
  const { receiver, subscription, schema, table } = request;
  const { copies, waits } = changes;
  const settle = settling.map(({ node, to }) =>
    step({
      id: `settle:${node}`,
      title: `Wait until ${formatNames(to.map((each) => each.node))} ${to.length === 1 ? 'has' : 'have'} applied what ${node} has committed`,
      node,
      action: { type: 'mark', node, to },
    }),
  );
  return [
    ...settle,
    step({
      id: 'resync',
      title: `Copy ${schema}.${table} again and compare`,
      node: receiver,
      after: settle.map(({ id }) => id),
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
    }),
  ];
}
