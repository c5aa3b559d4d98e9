/** A table that one node sends and another does not, or sends otherwise. */
import type { TableOnNode, TableRow } from '#core/contract/tables.ts';
import { countOf, formatNames } from '#core/model/format.ts';
import { groupBeyond } from './group.ts';
import type { AdviceInput, Rule, RuleFinding } from './rule.ts';
import { byValue, nameOf, nodesWith } from './tables-of.ts';

export const membershipDiffers: Rule = (input) => {
  const findings = input.tables.differing.flatMap((row) => [...ofSets(input, row), ...ofContents(row)]);
  return groupBeyond(8, findings, (count) => ({
    title: `${countOf(count, 'table')} are replicated differently on some nodes`,
    detail: 'Some nodes send changes of these tables that other nodes do not send.',
    remedy: {
      text: 'Compare the sets on the Replication sets page, and add the tables where they are missing.',
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
        detail: `Changes made to ${name} on ${formatNames(lacking)} are not replicated${elsewhere(tables, lacking)}.`,
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
  return others.length === 0
    ? ''
    : `, unless the receivers subscribe to ${formatNames([...new Set(others)])}`;
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
      title: `The row filter of ${name} differs between the nodes`,
      detail: 'The nodes send different rows of it.',
      evidence: byValue(row, (node) => row.nodes[node]?.rowFilter ?? 'no filter'),
      remedy: {
        text: `Unless the difference is intended, remove ${name} from the set and add it again with the same row_filter on all nodes.`,
      },
    });
  }
  if (row.differences.includes('columns')) {
    findings.push({
      severity: 'warning',
      subject: { schema: row.schema, table: row.table },
      part: 'columns',
      compares: { nodes: nodesWith(row), what: 'columns' },
      title: `The column list of ${name} differs between the nodes`,
      detail: 'The nodes send different columns of it.',
      evidence: byValue(row, (node) => row.nodes[node]?.columns?.join(', ') ?? 'all columns'),
      remedy: {
        text: `Unless the difference is intended, remove ${name} from the set and add it again with the same columns on all nodes.`,
      },
    });
  }
  return findings;
}
