/** A table that one node sends and another does not, or sends otherwise. */
import type { TableOnNode, TableRow } from '#core/contract/tables.ts';
import { countOf, formatNames } from '#core/model/format.ts';
import type { PlanRequest } from '#core/model/plan.ts';
import type { TableIntoSet } from '#core/model/requests/sets.ts';
import { groupBeyond, NAMED_AT_MOST } from './group.ts';
import type { AdviceInput, Rule, RuleFinding } from './rule.ts';
import { byValue, nameOf, nodesWith } from './tables-of.ts';

export const membershipDiffers: Rule = (input) => {
  const findings = input.tables.differing.flatMap((row) => [...ofSets(input, row), ...ofContents(row)]);
  return groupBeyond(8, findings, (count) => {
    const plan = alikeAll(findings);
    return {
      title: `${countOf(count, 'table')} are replicated differently on some nodes`,
      detail: 'Some nodes send changes of these tables that other nodes do not send.',
      remedy: {
        text: 'Compare the sets on the Replication sets page, and add the tables where they are missing.',
        ...(plan !== null && { plan }),
      },
    };
  });
};

/** One plan for all of them, where they lack the same set on the same nodes; null: they do not, or are too many to be named. */
function alikeAll(findings: readonly RuleFinding[]): PlanRequest | null {
  const plans = findings.map(({ remedy }) => remedy?.plan);
  const [first] = plans;
  if (first === undefined || !('set' in first && 'nodes' in first) || plans.length > NAMED_AT_MOST)
    return null;
  const place = JSON.stringify([first.set, first.nodes]);
  const add = plans.flatMap((plan): TableIntoSet[] => {
    if (plan === undefined || !('set' in plan && 'nodes' in plan)) return [];
    if (JSON.stringify([plan.set, plan.nodes]) !== place) return [];
    if (plan.kind === 'set-add-table') return [{ schema: plan.schema, table: plan.table }];
    return plan.kind === 'set-tables' ? (plan.add ?? []) : [];
  });
  if (add.length < plans.length) return null;
  const { cluster, nodes, set } = first;
  return { kind: 'set-tables', cluster, nodes, set, add };
}

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
          plan: alike(input, row, set, lacking),
        },
      },
    ];
  });
}

/** As the first node that has it sends it; where those that have it differ among themselves, a finding of its own says so. */
function alike(input: AdviceInput, row: TableRow, set: string, nodes: string[]): PlanRequest {
  const base = { cluster: input.facts.cluster, nodes, set };
  const { schema, table } = row;
  const [like] = Object.values(row.nodes).flatMap(
    (on) => on?.memberships.filter((each) => each.set === set) ?? [],
  );
  if (like === undefined || (like.rowFilter === null && like.columns === null)) {
    return { kind: 'set-add-table', ...base, schema, table };
  }
  const { rowFilter, columns } = like;
  return { kind: 'set-tables', ...base, add: [{ schema, table, rowFilter, columns }] };
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
