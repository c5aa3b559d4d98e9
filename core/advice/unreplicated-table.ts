/** Tables with a key that are in no set on any node: perhaps meant so, and said without alarm; of partitions it is hardly meant. */
import { countOf, formatNames } from '#core/model/format.ts';
import type { PlanRequest } from '#core/model/plan.ts';
import { isKeyless } from '#core/snapshot/tables.ts';
import { groupBeyond, NAMED_AT_MOST } from './group.ts';
import type { AdviceInput, Rule, RuleFinding } from './rule.ts';
import { nameOf, nodesWith } from './tables-of.ts';

type Row = AdviceInput['tables']['inNoSet'][number];

export const unreplicatedTable: Rule = (input) => {
  if (input.facts.subscriptions.length === 0) return [];
  const { inNoSet, leftOut } = input.tables;
  // Of those that no set with UPDATE takes, no-replica-identity speaks.
  const rows = inNoSet.filter((row) => !isKeyless(row) && row.replicaIdentity !== 'full');
  const alone = rows.filter((row) => !leftOut.has(row));
  const tables = alone.map((row) => findingOf(input, row));
  const partitions = rows.flatMap((row) => {
    const above = leftOut.get(row);
    return above === undefined ? [] : [partitionFinding(input, row, above)];
  });
  return [
    ...groupBeyond(5, partitions, (count) => ({
      title: `${countOf(count, 'partition')} are in no set, though their tables are in one`,
      detail:
        'Their rows stay on the node where they are written, while those of the other partitions are replicated.',
      remedy: { text: 'Add each to the set of its table, on all nodes.' },
    })),
    ...groupBeyond(5, tables, (count) => ({
      title: `${countOf(count, 'table')} are in no set`,
      detail: 'Their rows stay on the node where they are written.',
      remedy: {
        text: 'Add them to a set on all nodes, unless they should not be replicated.',
        ...addAll(input.facts.cluster, alone),
      },
    })),
  ];
};

function findingOf({ facts }: AdviceInput, row: Row): RuleFinding {
  const nodes = nodesWith(row);
  return {
    severity: 'info',
    subject: { schema: row.schema, table: row.table },
    // A table is made first, and put into a set a moment later.
    compares: { nodes, what: 'in no set' },
    title: `${nameOf(row)} is in no set`,
    detail: 'Its rows stay on the node where they are written.',
    evidence: [{ name: 'on', value: formatNames(nodes) }],
    remedy: {
      text: `Add it to the set default on ${formatNames(nodes)}, unless it should not be replicated.`,
      plan: addTo(facts.cluster, row, 'default'),
    },
  };
}

function partitionFinding(
  { facts }: AdviceInput,
  row: Row,
  { of, sets }: { of: string; sets: string[] },
): RuleFinding {
  const nodes = nodesWith(row);
  const [only] = sets;
  return {
    severity: 'warning',
    // What is written to it now is on one node.
    effect: 'stops-data',
    subject: { schema: row.schema, table: row.table },
    compares: { nodes, what: 'left out' },
    title: `${nameOf(row)} is in no set, though it is a partition of ${of}, which is in ${formatNames(sets)}`,
    detail: `Rows of ${of} in this partition stay on the node where they are written. A partition that is created later is not added to a set by itself.`,
    evidence: [
      { name: 'on', value: formatNames(nodes) },
      { name: `sets of ${of}`, value: sets.join(', ') },
    ],
    remedy: {
      text: `Add it to ${sets.length === 1 ? `the set ${only}` : 'the sets of its table'} on ${formatNames(nodes)}. Existing rows are not copied by this.`,
      ...(only !== undefined && sets.length === 1 && { plan: addTo(facts.cluster, row, only) }),
    },
  };
}

/** One plan for all of them, where all are on the same nodes and few enough to be named. */
function addAll(cluster: string, rows: readonly Row[]): { plan?: PlanRequest } {
  const [first] = rows;
  if (first === undefined || rows.length > NAMED_AT_MOST) return {};
  const nodes = nodesWith(first);
  if (rows.some((row) => nodesWith(row).join() !== nodes.join())) return {};
  const add = rows.map(({ schema, table }) => ({ schema, table }));
  return { plan: { kind: 'set-tables', cluster, nodes, set: 'default', add } };
}

const addTo = (cluster: string, row: Row, set: string) => ({
  kind: 'set-add-table' as const,
  cluster,
  nodes: nodesWith(row),
  set,
  schema: row.schema,
  table: row.table,
});
