/**
 * Row filters on columns outside the key. A DELETE carries the key alone, so that such a filter judges it by nothing and does not send
 * it; an UPDATE that moves a row out of the filter is not sent either. Rows stay on the receivers that the provider has no more.
 */

import { groupBeyond } from '#core/advice/group.ts';
import type { AdviceInput, Rule, RuleFinding } from '#core/advice/rule.ts';
import { columnsOfFilter } from '#core/engines/spock/row-filter.ts';
import { countOf, formatNames, formatTable } from '#core/model/format.ts';
import { pairKey } from '#core/model/keys.ts';

interface Unsafe {
  schema: string;
  table: string;
  set: string;
  filter: string;
  outside: string[];
  keyColumns: string[];
  nodes: string[];
}

export const filterUnsafe: Rule = (input) =>
  groupBeyond(5, [...unsafeFilters(input).values()].map(findingOf), (count) => ({
    title: `${countOf(count, 'row filter uses', 'row filters use')} columns outside the key`,
    detail:
      'Rows that are deleted, or that no longer match the filter, stay on the receivers: a DELETE carries only the key, and is not sent.',
    remedy: {
      text: 'Filter by columns of the key only, or put the tables into a set that sends INSERT only.',
    },
  }));

/** By table and set; looked for once for each reading of the tables. */
const foundIn = new WeakMap<AdviceInput['tables'], Map<string, Unsafe>>();

function unsafeFilters(input: AdviceInput): Map<string, Unsafe> {
  const known = foundIn.get(input.tables);
  if (known) return known;
  const found = new Map<string, Unsafe>();
  foundIn.set(input.tables, found);
  for (const node of input.nodes.values()) {
    const slow = node.slow?.value;
    const changing = new Set(slow?.sets?.flatMap((set) => (set.update || set.delete ? [set.name] : [])));
    for (const { schema, table, keyColumns, columns, replicaIdentity, memberships } of slow?.tables ?? []) {
      // With REPLICA IDENTITY FULL the old row comes whole.
      if (columns === null || replicaIdentity === 'f') continue;
      for (const { set, rowFilter } of memberships) {
        if (rowFilter === null || !changing.has(set)) continue;
        const outside = columnsOfFilter(rowFilter, columns).filter((column) => !keyColumns.includes(column));
        if (outside.length === 0) continue;
        const key = pairKey(pairKey(schema, table), pairKey(set, rowFilter));
        const same = found.get(key);
        if (same) same.nodes.push(node.name);
        else
          found.set(key, { schema, table, set, filter: rowFilter, outside, keyColumns, nodes: [node.name] });
      }
    }
  }
  return found;
}

function findingOf({ schema, table, set, filter, outside, keyColumns, nodes }: Unsafe): RuleFinding {
  const name = formatTable(schema, table);
  return {
    severity: 'warning',
    subject: { schema, table, set },
    part: filter,
    title: `The row filter of ${name} uses ${formatNames(outside)}, outside its key`,
    detail: `${formatNames(nodes)} ${nodes.length === 1 ? 'sends' : 'send'} no DELETE of ${name} in set ${set}, since a DELETE carries only the key, and no UPDATE after which a row no longer matches the filter. Such rows stay on the receivers.`,
    evidence: [
      { name: 'row_filter', value: filter },
      { name: 'key', value: keyColumns.join(', ') || 'none' },
      { name: 'set', value: `${set} on ${formatNames(nodes, 8)}` },
    ],
    remedy: {
      text: `Filter ${name} by columns of its key only, make ${formatNames(outside)} part of it, or put it into a set that sends INSERT only. Then compare its rows.`,
    },
  };
}
