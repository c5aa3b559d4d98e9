/** A table that one node sends and another does not, or sends otherwise. */
import type { TableOnNode, TableRow } from '#core/contract/tables.ts';
import { countOf, formatNames } from '#core/model/format.ts';
import { groupBeyond } from './group.ts';
import type { AdviceInput, Rule, RuleFinding } from './rule.ts';
import { byValue, nameOf, nodesWith } from './tables-of.ts';

export const membershipDiffers: Rule = (input) => {
  const findings = input.tables.differing.flatMap((row) => [...ofSets(input, row), ...ofContents(row)]);
  return groupBeyond(8, findings, (count) => ({
    title: `The nodes send ${countOf(count, 'table')} differently`,
    detail: 'What one node sends of a table, another keeps to itself.',
    remedy: {
      text: 'Compare the sets on the page of replication sets, and add the tables where they are missing.',
    },
  }));
};

function ofSets(input: AdviceInput, row: TableRow): RuleFinding[] {
  if (!row.differences.includes('membership')) return [];
  const tables = Object.entries(row.nodes).filter(
    (entry): entry is [string, TableOnNode] => entry[1] !== null,
  );
  const sets = new Set(tables.flatMap(([, table]) => table.sets));
  return [...sets].flatMap((set): RuleFinding[] => {
    const lacking = tables.flatMap(([node, table]) => (table.sets.includes(set) ? [] : [node]));
    if (lacking.length === 0) return [];
    const having = tables.flatMap(([node, table]) => (table.sets.includes(set) ? [node] : []));
    const name = nameOf(row);
    return [
      {
        severity: 'warning',
        subject: { schema: row.schema, table: row.table, set },
        compares: { nodes: tables.map(([node]) => node), what: lacking.join(' ') },
        title: `${name} is in set ${set} on ${formatNames(having)}, not on ${formatNames(lacking)}`,
        detail: `What is written to ${name} on ${formatNames(lacking)} stays there${elsewhere(tables, lacking)}.`,
        evidence: byValue(row, (node) => row.nodes[node]?.sets.join(', ') || 'in no set'),
        remedy: {
          text: `Add ${name} to ${set} on ${formatNames(lacking)}.`,
          plan: {
            kind: 'set-add-table',
            cluster: input.facts.cluster,
            nodes: lacking,
            set,
            schema: row.schema,
            table: row.table,
          },
        },
      },
    ];
  });
}

/** A node that lacks one set may send the table by another. */
function elsewhere(tables: [string, TableOnNode][], lacking: string[]): string {
  const others = tables.flatMap(([node, table]) => (lacking.includes(node) ? table.sets : []));
  return others.length === 0 ? '' : `, unless its receivers take ${formatNames([...new Set(others)])}`;
}

function ofContents(row: TableRow): RuleFinding[] {
  const findings: RuleFinding[] = [];
  const name = nameOf(row);
  if (row.differences.includes('row-filter')) {
    findings.push({
      severity: 'warning',
      subject: { schema: row.schema, table: row.table },
      part: 'row-filter',
      compares: { nodes: nodesWith(row), what: 'row filters' },
      title: `${name} has other row filters on some nodes`,
      detail: 'The nodes send different rows of it.',
      evidence: byValue(row, (node) => row.nodes[node]?.rowFilter ?? 'no filter'),
      remedy: {
        text: `Remove ${name} from the set and add it again with the same row_filter on all nodes, if the difference is not meant.`,
      },
    });
  }
  if (row.differences.includes('columns')) {
    findings.push({
      severity: 'warning',
      subject: { schema: row.schema, table: row.table },
      part: 'columns',
      compares: { nodes: nodesWith(row), what: 'columns' },
      title: `${name} has other column lists on some nodes`,
      detail: 'The nodes send different columns of it.',
      evidence: byValue(row, (node) => row.nodes[node]?.columns?.join(', ') ?? 'all columns'),
      remedy: {
        text: `Remove ${name} from the set and add it again with the same columns on all nodes, if the difference is not meant.`,
      },
    });
  }
  return findings;
}
