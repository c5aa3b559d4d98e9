/** Tables × nodes of a simulated cluster, and where the nodes differ. */

import type { z } from 'zod';
import type { TableDifference, TableOnNode, TablePage, TableRow } from '#core/contract/tables.ts';
import type { SimTable } from './model.ts';
import type { ClusterWatch } from './watch.ts';

function onNode(table: SimTable): TableOnNode {
  const first = table.sets[0];
  return {
    sets: table.sets.map((member) => member.set),
    rowFilter: table.sets.find((member) => member.rowFilter !== null)?.rowFilter ?? null,
    columns: first?.columns ?? null,
    deltaColumns: table.deltaColumns,
    memberships: table.sets,
    tableColumns: table.columns,
    keyColumns: table.key,
    rowsEstimate: table.rows,
  };
}

function differencesOf(nodes: (TableOnNode | null)[]): z.infer<typeof TableDifference>[] {
  const there = nodes.filter((node) => node !== null);
  const differ = (read: (node: TableOnNode) => unknown) =>
    new Set(there.map((node) => JSON.stringify(read(node)))).size > 1;
  const found: z.infer<typeof TableDifference>[] = [];
  if (there.length < nodes.length) found.push('absent');
  if (differ((node) => [...node.sets].sort())) found.push('membership');
  if (differ((node) => node.tableColumns)) found.push('schema');
  if (differ((node) => node.rowFilter)) found.push('row-filter');
  if (differ((node) => node.columns)) found.push('columns');
  if (differ((node) => node.deltaColumns)) found.push('delta-columns');
  return found;
}

export function listTables(
  watch: ClusterWatch,
): { rows: TableRow[] } & Pick<TablePage, 'counts' | 'observedAt'> {
  const { cluster, snapshot } = watch;
  const seen = cluster.nodes.filter((node) =>
    snapshot.nodes.some((known) => known.name === node.name && known.observedAt !== null),
  );
  const byName = new Map<string, Map<string, SimTable>>();
  for (const node of seen)
    for (const table of node.tables) {
      const key = JSON.stringify([table.schema, table.name]);
      const found = byName.get(key) ?? new Map<string, SimTable>();
      found.set(node.name, table);
      byName.set(key, found);
    }
  const rows = [...byName.keys()].sort().map((key): TableRow => {
    const [schema = '', table = ''] = JSON.parse(key) as string[];
    const found = byName.get(key) ?? new Map<string, SimTable>();
    const nodes = Object.fromEntries(
      seen.map((node) => {
        const own = found.get(node.name);
        return [node.name, own ? onNode(own) : null];
      }),
    );
    const any = [...found.values()][0];
    const differences = differencesOf(Object.values(nodes));
    return {
      schema,
      table,
      replicaIdentity: any?.identity ?? 'none',
      partitionOf: any?.partitionOf ?? null,
      nodes,
      differs: differences.length > 0,
      differences,
    };
  });
  const inNoSet = (row: TableRow) => Object.values(row.nodes).every((node) => (node?.sets.length ?? 0) === 0);
  return {
    rows,
    counts: {
      all: rows.length,
      differ: rows.filter((row) => row.differs).length,
      noKey: rows.filter((row) => row.replicaIdentity === 'none').length,
      inNoSet: rows.filter(inNoSet).length,
    },
    observedAt: Object.fromEntries(
      cluster.nodes.map((node) => [
        node.name,
        snapshot.nodes.find((known) => known.name === node.name)?.observedAt ?? null,
      ]),
    ),
  };
}
