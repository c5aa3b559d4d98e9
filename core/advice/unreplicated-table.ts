/** Tables with a key that are in no set on any node: perhaps meant so, so it is said without alarm. */
import { countOf, formatNames } from '#core/model/format.ts';
import { groupBeyond } from './group.ts';
import type { FindingDraft, Rule } from './rule.ts';
import { nameOf, nodesWith } from './tables-of.ts';

export const unreplicatedTable: Rule = (input) => {
  if (input.facts.subscriptions.length === 0) return [];
  const drafts = input.tables.inNoSet.flatMap((row): FindingDraft[] => {
    if (row.replicaIdentity === 'none' || row.replicaIdentity === 'nothing') return [];
    const nodes = nodesWith(row);
    return [
      {
        severity: 'info',
        subject: { schema: row.schema, table: row.table },
        title: `${nameOf(row)} is in no set`,
        detail: 'Its rows stay on the node where they are written.',
        evidence: [{ name: 'on', value: formatNames(nodes) }],
        remedy: {
          text: `Add it to the set default on ${formatNames(nodes)}, unless its rows are meant to stay.`,
          plan: {
            kind: 'set-add-table',
            cluster: input.facts.cluster,
            nodes,
            set: 'default',
            schema: row.schema,
            table: row.table,
          },
        },
      },
    ];
  });
  return groupBeyond(5, drafts, (count) => ({
    title: `${countOf(count, 'table')} are in no set`,
    detail: 'Their rows stay on the node where they are written.',
    remedy: { text: 'Add them to a set on all nodes, unless their rows are meant to stay.' },
  }));
};
