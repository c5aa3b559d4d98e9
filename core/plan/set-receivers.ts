/** Who would get the changes of a table that is put into a set: a receiver without the table discards each of them. */
import { quoteQualified } from '#core/engines/quote.ts';
import { formatNames } from '#core/model/format.ts';
import type { Observed, ObservedFacts } from '#core/model/observed.ts';
import type { PlanRequest } from '#core/model/plan.ts';
import type { Grounds } from './nodes.ts';
import { columnTrouble } from './table-shape.ts';

type AddTable = Extract<PlanRequest, { kind: 'set-add-table' }>;

export function checkReceivers(
  grounds: Grounds,
  request: AddTable,
  nodes: readonly string[],
  observed: Observed,
): void {
  const all = observed.nodes ?? [];
  const watched = new Set(all.map(({ name, read }) => (read.ok ? (read.facts.nodeName ?? name) : name)));
  for (const node of nodes) {
    const facts = grounds.may(node);
    if (facts === null || facts.table === null) continue;
    const unasked: string[] = facts.knows.filter((each) => !watched.has(each));
    let taken = 0;
    for (const { name, read } of all) {
      if (name === node) continue;
      const receiver = grounds.may(name);
      if (receiver === null || receiver.unread?.subscriptions !== undefined) {
        // What cannot be changed and what was not read are not the same: a standby reads nothing.
        if (!read.ok || read.facts.recovery !== true) unasked.push(name);
        continue;
      }
      if (!takes(receiver, facts.nodeName ?? node, request.set)) continue;
      taken++;
      checkReceiver(grounds, request, { node, facts }, { node: name, facts: receiver });
    }
    if (unasked.length > 0) {
      grounds.know(
        node,
        'Receivers',
        `not asked: ${formatNames(unasked)}; one that subscribes to ${request.set} and lacks the table discards every change of it`,
      );
    } else if (taken === 0) {
      grounds.know(
        node,
        'Receivers',
        `no subscription uses ${request.set} of ${node}: nothing is sent until one does`,
      );
    }
  }
}

const takes = (receiver: ObservedFacts, provider: string, set: string): boolean =>
  receiver.subscriptions.some((each) => each.provider === provider && each.sets.includes(set));

function checkReceiver(
  grounds: Grounds,
  { schema, table, set }: AddTable,
  from: { node: string; facts: ObservedFacts },
  to: { node: string; facts: ObservedFacts },
): void {
  if (!grounds.read(to.node, to.facts, 'table')) return;
  const source = from.facts.table;
  const own = to.facts.table;
  if (own === null) {
    // A node that is itself to send the table has said so already.
    if (grounds.problems.some((each) => each.node === to.node && each.code === 'no-table')) return;
    grounds.stop(to.node, 'Table', 'not there', {
      code: 'no-table',
      message: `${to.node} subscribes to ${set} of ${from.node} and has no table ${quoteQualified(schema, table)}: every change of it would be discarded there.`,
      remedy: `Create the table on ${to.node} first.`,
    });
    return;
  }
  if (source === null) return;
  const trouble = columnTrouble({ name: from.node, table: source }, { name: to.node, table: own }, null);
  if (trouble.length === 0) return;
  grounds.stop(to.node, 'Columns', trouble.join('; '), {
    code: 'shape-differs',
    message: `What ${from.node} would send cannot be applied on ${to.node}: ${trouble.join('; ')}.`,
    remedy: 'Make the tables the same on both nodes first.',
  });
}
