/** Tables that are not the same on all nodes: a row of one does not fit the other. */
import type { TableRow } from '#core/contract/tables.ts';
import { countOf, formatNames } from '#core/model/format.ts';
import { isInASet } from '#core/snapshot/tables.ts';
import { groupBeyond } from './group.ts';
import type { Remedies, Rule, RuleFinding } from './rule.ts';
import { byValue, nameOf, nodesWith } from './tables-of.ts';

export const schemaDrift: Rule = (input) => {
  const remedies = input.engineOf(input.facts.engine).advice.remedies['schema-drift'];
  const findings = input.tables.differing.flatMap((row) => [
    ...absent(row),
    ...columns(row, remedies),
    ...deltaColumns(row),
  ]);
  return groupBeyond(8, findings, (count) => ({
    title: `${countOf(count, 'table')} differ between the nodes`,
    detail:
      'A row of one node may not fit on another: its transaction is then discarded there, or stops the subscription.',
    remedy: { text: remedies.many },
  }));
};

/** A table that nobody sends can do no harm where it is missing. */
const severityOf = (row: TableRow) => (isInASet(row) ? 'warning' : 'info');

function absent(row: TableRow): RuleFinding[] {
  if (!row.differences.includes('absent')) return [];
  const having = nodesWith(row);
  const lacking = Object.keys(row.nodes).filter((node) => !having.includes(node));
  return [
    {
      severity: severityOf(row),
      subject: { schema: row.schema, table: row.table },
      part: 'absent',
      compares: { nodes: Object.keys(row.nodes), what: having.join(' ') },
      title: `${nameOf(row)} is on ${formatNames(having)}, not on ${formatNames(lacking)}`,
      detail: isInASet(row)
        ? `Its rows are sent but cannot be applied on ${formatNames(lacking)}: each such transaction is discarded there, or stops the subscription.`
        : 'It is in no set, so it is not replicated. If it were added to one, its rows could not be applied on all nodes.',
      evidence: byValue(row, (node) =>
        row.nodes[node] ? row.nodes[node]?.sets.join(', ') || 'in no set' : 'no such table',
      ),
      remedy: { text: `Create it on ${formatNames(lacking)}, or remove it from its sets.` },
    },
  ];
}

function columns(row: TableRow, remedies: Remedies['schema-drift']): RuleFinding[] {
  if (!row.differences.includes('schema')) return [];
  const all = nodesWith(row).map((node) => row.nodes[node]?.tableColumns ?? []);
  const common = new Set((all[0] ?? []).filter((column) => all.every((list) => list.includes(column))));
  const own = all.map((list) => list.filter((column) => !common.has(column)));
  return [
    {
      severity: severityOf(row),
      subject: { schema: row.schema, table: row.table },
      part: 'columns',
      compares: { nodes: nodesWith(row), what: own.map((list) => list.join(', ')).join('; ') },
      title: `The columns of ${nameOf(row)} differ between the nodes`,
      detail:
        'A row of one node may not fit on another: its transaction is then discarded there, or stops the subscription.',
      evidence: byValue(row, (node) => {
        const table = row.nodes[node];
        if (!table) return 'no such table';
        const more = (table.tableColumns ?? []).filter((column) => !common.has(column));
        return more.length === 0 ? 'only the common columns' : more.join(', ');
      }),
      remedy: { text: remedies.one(nameOf(row)) },
    },
  ];
}

function deltaColumns(row: TableRow): RuleFinding[] {
  if (!row.differences.includes('delta-columns')) return [];
  return [
    {
      severity: severityOf(row),
      subject: { schema: row.schema, table: row.table },
      part: 'delta-columns',
      compares: { nodes: nodesWith(row), what: 'delta columns' },
      title: `The delta-apply columns of ${nameOf(row)} differ between the nodes`,
      detail:
        'Where a column is not a delta-apply column, one of two updates made at the same time on two nodes is lost.',
      evidence: byValue(row, (node) => row.nodes[node]?.deltaColumns.join(', ') || 'no delta column'),
      remedy: {
        text: 'Set log_old_value and delta_apply_function on the same columns on all nodes.',
      },
    },
  ];
}
