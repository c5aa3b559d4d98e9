/** Tables of which an UPDATE or DELETE could not find its row on another node. */

import type { TableRow } from '#core/contract/tables.ts';
import { quoteIdent, quoteQualified } from '#core/engines/quote.ts';
import { countOf, formatNames } from '#core/model/format.ts';
import { isInASet } from '#core/snapshot/tables.ts';
import { groupBeyond } from './group.ts';
import type { Rule, RuleFinding } from './rule.ts';
import { nameOf, nodesWith } from './tables-of.ts';

export const noReplicaIdentity: Rule = (input) => {
  const { advice, words } = input.engineOf(input.facts.engine);
  const { full, insertOnlySet } = advice.remedies['no-replica-identity'];
  const withUpdates = new Set(
    input.facts.replicationSets
      .filter((set) => set.update || set.delete)
      .map((set) => JSON.stringify([set.node, set.name])),
  );
  const findings = input.tables.keyless.flatMap((row): RuleFinding[] => {
    const inUpdates = Object.entries(row.nodes).some(([node, table]) =>
      table?.sets.some((set) => withUpdates.has(JSON.stringify([node, set]))),
    );
    // A set that sends INSERT and TRUNCATE only needs no key.
    if (isInASet(row) && !inUpdates) return [];
    const name = nameOf(row);
    const [what, detail, remedy, sql] = troubleOf(row, name, inUpdates, full);
    return [
      {
        severity: 'warning',
        subject: { schema: row.schema, table: row.table },
        // A key may be added a moment after the table was made.
        compares: { nodes: nodesWith(row), what: row.replicaIdentity },
        title: `${name} ${what}`,
        detail,
        evidence: [
          { name: 'on', value: formatNames(nodesWith(row)) },
          { name: 'sets', value: setsText(row.nodes) },
        ],
        remedy: {
          text: `${remedy}${insertOnlySet === null ? '' : ` If its rows are only inserted, it can be in ${insertOnlySet} as it is.`}`,
          sql,
          ...(!inUpdates &&
            insertOnlySet !== null && {
              plan: {
                kind: 'set-add-table' as const,
                cluster: input.facts.cluster,
                nodes: nodesWith(row),
                set: insertOnlySet,
                schema: row.schema,
                table: row.table,
              },
            }),
        },
      },
    ];
  });
  return groupBeyond(5, findings, (count) => ({
    title: `${countOf(count, 'table')} have no ${findings.every(({ compares }) => compares?.what === 'none') ? 'primary key' : `key that ${words.name} can use`}`,
    detail:
      'They cannot be in a set that sends UPDATE and DELETE: their rows stay on the node where they are written.',
    remedy: {
      text: 'On all nodes, give them a primary key that is not deferrable and make it their replica identity; then add the tables to a set.',
    },
  }));
};

/** What is wrong with it, what comes of that, and what is done about it. */
function troubleOf(
  row: TableRow,
  name: string,
  inUpdates: boolean,
  full: string,
): [what: string, detail: string, remedy: string, sql: string[]] {
  const quoted = quoteQualified(row.schema, row.table);
  const detail = inUpdates
    ? 'The table is in a set that sends UPDATE and DELETE. They cannot find their row on the other nodes, and fail there.'
    : 'The table cannot be in a set that sends UPDATE and DELETE, and it is in no set: its rows stay on the node where they are written.';
  const identity = `ALTER TABLE ${quoted} REPLICA IDENTITY DEFAULT`;
  switch (row.replicaIdentity) {
    case 'full':
      return [
        'has REPLICA IDENTITY FULL',
        `${full} ${detail}`,
        `Make its primary key its identity on all nodes (where it has none, add one), then add it to a set.`,
        [identity],
      ];
    case 'nothing':
      return [
        'has no replica identity',
        detail,
        `Make its primary key its identity on all nodes (where it has none, add one), then add it to a set.`,
        [identity],
      ];
    case 'deferrable': {
      const key = Object.values(row.nodes).find((table) => table !== null)?.keyColumns ?? [];
      return [
        'has a deferrable primary key',
        `A deferrable key cannot be a replica identity. ${detail}`,
        `On all nodes, create a unique index and make it the replica identity, or recreate the key without DEFERRABLE; then add the table to a set.`,
        [
          `CREATE UNIQUE INDEX ${quoteIdent(`${row.table.slice(0, 40)}_identity`)} ON ${quoted} (${key.map(quoteIdent).join(', ')})`,
          `ALTER TABLE ${quoted} REPLICA IDENTITY USING INDEX ${quoteIdent(`${row.table.slice(0, 40)}_identity`)}`,
        ],
      ];
    }
    default:
      return [
        'has no primary key',
        detail,
        `Add a primary key to ${name} on all nodes, then add it to a set.`,
        [`ALTER TABLE ${quoted} ADD PRIMARY KEY (…)`],
      ];
  }
}

function setsText(nodes: Record<string, { sets: string[] } | null>): string {
  const sets = new Set(Object.values(nodes).flatMap((table) => table?.sets ?? []));
  return sets.size === 0 ? 'none' : [...sets].join(', ');
}
