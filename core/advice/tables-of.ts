/** What the rules on tables have in common. */
import type { TableRow } from '#core/contract/tables.ts';
import { formatNames, formatTable } from '#core/model/format.ts';

/** `acct`, or `sales.acct` outside schema public. */
export const nameOf = ({ schema, table }: Pick<TableRow, 'schema' | 'table'>): string =>
  formatTable(schema, table);

/** Names of the nodes that have the table, in order. */
export const nodesWith = (row: TableRow): string[] =>
  Object.entries(row.nodes).flatMap(([node, table]) => (table === null ? [] : [node]));

/** `n1 and n3: a; n2: b`: what each node has, those that agree together. */
export function byValue(row: TableRow, value: (node: string) => string): { name: string; value: string }[] {
  const groups = new Map<string, string[]>();
  for (const node of Object.keys(row.nodes)) {
    const text = value(node);
    const nodes = groups.get(text);
    if (nodes) nodes.push(node);
    else groups.set(text, [node]);
  }
  return [...groups].map(([text, nodes]) => ({ name: formatNames(nodes), value: text }));
}
