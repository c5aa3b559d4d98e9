/** What a plan says of the row filter and the column list that are asked for a table of one node. */
import { formatCount, formatNames } from '#core/model/format.ts';
import type { FilterTried, Observed, ObservedFacts, ObservedSetTable } from '#core/model/observed.ts';
import type { Grounds } from '#core/plan/nodes.ts';
import type { Chosen } from '#core/plan/sets/members.ts';
import { type JudgedFilter, judgeFilter } from './judge.ts';
import { isInForce } from './request.ts';
import { onlyExpression } from './tree.ts';

type Target = ObservedFacts['sets'][number];

const nameOf = ({ schema, table }: ObservedSetTable): string => `${schema}.${table}`;

/** Null: it is no expression that is known never to fail, which `checkFilter` says. */
function judged(text: string, table: ObservedSetTable, { parsed = {} }: Observed): JudgedFilter | null {
  const found = parsed[text];
  const tree = found?.ok === true ? onlyExpression(found.tree) : null;
  const judgement = tree === null ? null : judgeFilter(tree, table.columns ?? []);
  return judgement?.ok === true ? judgement.filter : null;
}

/** Whether two filters of this table say the same, however they are written. */
export function meansIn(table: ObservedSetTable, observed: Observed) {
  return (one: string | null, other: string | null): boolean => {
    if (one === other || one === null || other === null) return one === other;
    // One that was judged is written as it goes to the engine by now.
    const written = (filter: string) => judged(filter, table, observed)?.text ?? filter;
    return written(one) === written(other);
  };
}

/** With the filter as the engine gets it; null: it is refused, which is a problem of the plan. */
export function checkFilter(
  grounds: Grounds,
  observed: Observed,
  node: string,
  target: Target,
  chosen: Chosen,
): Chosen | null {
  const { table, wanted } = chosen;
  const columnsAreGood = checkColumns(grounds, node, chosen);
  const typed = wanted?.rowFilter ?? null;
  if (wanted === null || typed === null || isInForce(typed, table, observed.nodes ?? [])) {
    return columnsAreGood ? chosen : null;
  }
  const filter = judgedOrSaid(grounds, observed, node, table, typed);
  if (filter === null || !sayTried(grounds, node, table, typed)) return null;
  tellOutside(grounds, node, table, target, filter);
  return columnsAreGood ? { table, wanted: { ...wanted, rowFilter: filter.text } } : null;
}

function judgedOrSaid(
  grounds: Grounds,
  { parsed = {} }: Observed,
  node: string,
  table: ObservedSetTable,
  typed: string,
): JudgedFilter | null {
  const found = parsed[typed];
  const { name } = grounds.changes.words;
  if (found === undefined) {
    grounds.stop(node, 'Row filter', 'not parsed', {
      code: 'filter-unchecked',
      message: `The row filter of ${nameOf(table)} has not been parsed.`,
      remedy: 'Plan again.',
    });
    return null;
  }
  const tree = found.ok ? onlyExpression(found.tree) : null;
  if (!found.ok || tree === null) {
    const why = found.ok ? 'it is more than one expression' : found.message;
    grounds.stop(node, 'Row filter', 'is no SQL expression', {
      code: 'filter-not-sql',
      message: `The row filter of ${nameOf(table)} is no SQL expression: ${why}.`,
      remedy: "Write what stands after WHERE, for instance region = 'eu'.",
    });
    return null;
  }
  const judgement = judgeFilter(tree, table.columns ?? []);
  if (judgement.ok) return judgement.filter;
  grounds.stop(node, 'Row filter', judgement.why, {
    code: 'filter-refused',
    message: `The row filter of ${nameOf(table)} is not known to give true or false on every row: ${judgement.why}. A row on which it fails stops every receiver, and removing the filter does not help ${name} past that row.`,
    remedy:
      'Use columns of the table, constants, =, <>, <, >, IN, BETWEEN, LIKE, IS NULL, AND, OR and NOT; % by a constant; lower, length, hashtext and the like.',
  });
  return null;
}

function sayTried(
  grounds: Grounds,
  node: string,
  { tried, ...table }: ObservedSetTable,
  typed: string,
): boolean {
  if (tried?.ok === true) {
    grounds.ok(node, 'Row filter', triedText(tried, typed));
    return true;
  }
  if (tried === undefined || tried.unread) {
    grounds.stop(node, 'Row filter', 'not tried', {
      code: 'unread',
      message: `The row filter of ${nameOf(table)} could not be tried on ${node}: ${tried?.error ?? 'the table was not read'}.`,
      remedy: 'Give the role SELECT on the table, or wait until the table is not locked, then plan again.',
    });
    return false;
  }
  grounds.stop(node, 'Row filter', tried.error, {
    code: 'filter-fails',
    message: `The row filter of ${nameOf(table)} fails on ${node}: ${tried.error}.`,
    remedy: 'Change the filter.',
  });
  return false;
}

const triedText = ({ rows, within, whole }: Extract<FilterTried, { ok: true }>, typed: string): string =>
  `${typed}: lets ${formatCount(within)} of ${whole ? '' : 'the first '}${formatCount(rows)} rows through${whole ? '' : '; all of them take longer than 3 s'}`;

function tellOutside(
  grounds: Grounds,
  node: string,
  table: ObservedSetTable,
  target: Target,
  { columns }: JudgedFilter,
): void {
  const outside = columns.filter((each) => table.key?.includes(each) !== true);
  if (outside.length === 0 || !(target.update || target.delete)) return;
  const losses = [
    ...(target.delete ? ['a DELETE carries the key alone, so it is not sent'] : []),
    ...(target.update
      ? [
          'an UPDATE that moves a row out of the filter is not sent, and one that moves a row into it finds no row on the receiver, where its transaction is discarded',
        ]
      : []),
  ];
  grounds.know(
    node,
    'Row filter',
    `uses ${formatNames(outside)}, outside the key of ${nameOf(table)}: ${losses.join('; ')}. Rows differ from then on`,
  );
}

function checkColumns(grounds: Grounds, node: string, { table, wanted }: Chosen): boolean {
  const list = wanted?.columns ?? null;
  if (list === null) return true;
  const own = new Map((table.columns ?? []).map((each) => [each.name, each]));
  const unknown = list.filter((each) => !own.has(each));
  const lacking = (table.key ?? []).filter((each) => !list.includes(each));
  if (unknown.length > 0) {
    grounds.stop(node, 'Columns', `no column ${formatNames(unknown)}`, {
      code: 'no-column',
      message: `${nameOf(table)} on ${node} has no column ${formatNames(unknown)}.`,
      remedy: 'Choose columns that are there, or create them first.',
    });
  }
  if (lacking.length > 0) {
    grounds.stop(node, 'Columns', `without ${formatNames(lacking)} of the key`, {
      code: 'key-not-sent',
      message: `The columns to send of ${nameOf(table)} lack ${formatNames(lacking)}, by which a receiver finds a row.`,
      remedy: `Add ${formatNames(lacking)} to the columns.`,
    });
  }
  const left = [...own.keys()].filter((each) => !list.includes(each));
  if (unknown.length + lacking.length === 0 && left.length > 0) {
    grounds.know(
      node,
      'Columns',
      `${formatNames(left)} of ${nameOf(table)} ${left.length === 1 ? 'is' : 'are'} not sent: a new row has ${left.length === 1 ? 'its default' : 'their defaults'} on the receivers, and changes of ${left.length === 1 ? 'it' : 'them'} stay on ${node}`,
    );
  }
  return unknown.length + lacking.length === 0;
}
