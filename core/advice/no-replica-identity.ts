/** Tables of which an UPDATE or DELETE could not find its row on another node. */
import { quoteQualified } from '#core/engines/quote.ts';
import { countOf, formatNames } from '#core/model/format.ts';
import { isInASet } from '#core/model/tables.ts';
import { groupBeyond } from './group.ts';
import type { FindingDraft, Rule } from './rule.ts';
import { nameOf, nodesWith } from './tables-of.ts';

export const noReplicaIdentity: Rule = (input) => {
  const withUpdates = new Set(
    input.facts.replicationSets
      .filter((set) => set.update || set.delete)
      .map((set) => JSON.stringify([set.node, set.name])),
  );
  const drafts = input.tables.keyless.flatMap((row): FindingDraft[] => {
    const inUpdates = Object.entries(row.nodes).some(([node, table]) =>
      table?.sets.some((set) => withUpdates.has(JSON.stringify([node, set]))),
    );
    // A set that sends INSERT and TRUNCATE only needs no key.
    if (isInASet(row) && !inUpdates) return [];
    const name = nameOf(row);
    return [
      {
        severity: 'warning',
        subject: { schema: row.schema, table: row.table },
        title:
          row.replicaIdentity === 'none' ? `${name} has no primary key` : `${name} has no replica identity`,
        detail: inUpdates
          ? 'It is in a set that sends UPDATE and DELETE, which cannot find their row: they fail on the other nodes.'
          : 'So it can be in no set that sends UPDATE and DELETE, and it is in none: its rows stay on the node where they are written.',
        evidence: [
          { name: 'on', value: formatNames(nodesWith(row)) },
          { name: 'sets', value: setsText(row.nodes) },
        ],
        remedy: {
          text: `Add a primary key to ${name} on all nodes, then add it to a set. If its rows are only ever inserted, default_insert_only takes it as it is.`,
          sql: [`ALTER TABLE ${quoteQualified(row.schema, row.table)} ADD PRIMARY KEY (…)`],
          ...(!inUpdates && {
            plan: {
              kind: 'set-add-table' as const,
              cluster: input.facts.cluster,
              nodes: nodesWith(row),
              set: 'default_insert_only',
              schema: row.schema,
              table: row.table,
            },
          }),
        },
      },
    ];
  });
  return groupBeyond(5, drafts, (count) => ({
    title: `${countOf(count, 'table')} have no primary key`,
    detail:
      'They can be in no set that sends UPDATE and DELETE: their rows stay on the node where they are written.',
    remedy: { text: 'Add primary keys on all nodes, then add the tables to a set.' },
  }));
};

function setsText(nodes: Record<string, { sets: string[] } | null>): string {
  const sets = new Set(Object.values(nodes).flatMap((table) => table?.sets ?? []));
  return sets.size === 0 ? 'none' : [...sets].join(', ');
}
