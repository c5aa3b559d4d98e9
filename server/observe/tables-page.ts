/** A page of the tables × nodes grid, out of what the slow polls brought: no query. */
import type { TablePage, TableRow } from '#core/contract/tables.ts';
import { compareKeys } from '#core/model/change.ts';
import type { TableComparison } from '#core/model/tables.ts';

export interface TablesQuery {
  filter?: string | undefined;
  show: 'all' | 'differ' | 'no-key' | 'in-no-set';
  limit: number;
  cursor?: string | undefined;
}

/** `comparison.rows` are in the order of schema and table; the cursor is the last one given, so rows that come and go shift nothing. */
export function tablesPage(
  comparison: Pick<TableComparison, 'rows' | 'partial'>,
  observedAt: Record<string, string | null>,
  query: TablesQuery,
): TablePage {
  const filter = query.filter?.trim().toLowerCase() ?? '';
  const found = filter === '' ? comparison.rows : comparison.rows.filter((row) => matches(row, filter));
  const counts = { all: found.length, differ: 0, noKey: 0, inNoSet: 0 };
  for (const row of found) {
    if (row.differs) counts.differ++;
    if (hasNoKey(row)) counts.noKey++;
    if (isInNoSet(row)) counts.inNoSet++;
  }
  const shown = found.filter(SHOWN[query.show]);
  const after = decodeCursor(query.cursor);
  const from = after === null ? 0 : firstAfter(shown, after);
  const items = shown.slice(from, from + query.limit);
  const last = items.at(-1);
  const more = from + items.length < shown.length;
  return {
    items,
    nextCursor: more && last !== undefined ? encodeCursor(last) : null,
    counts,
    observedAt,
    partial: comparison.partial,
  };
}

const hasNoKey = (row: TableRow) => row.replicaIdentity === 'none' || row.replicaIdentity === 'nothing';
const isInNoSet = (row: TableRow) =>
  Object.values(row.nodes).every((onNode) => onNode === null || onNode.sets.length === 0);

const SHOWN: Record<TablesQuery['show'], (row: TableRow) => boolean> = {
  all: () => true,
  differ: (row) => row.differs,
  'no-key': hasNoKey,
  'in-no-set': isInNoSet,
};

function matches(row: TableRow, filter: string): boolean {
  if (`${row.schema}.${row.table}`.toLowerCase().includes(filter)) return true;
  return Object.values(row.nodes).some((onNode) =>
    onNode?.sets.some((set) => set.toLowerCase().includes(filter)),
  );
}

function firstAfter(rows: readonly TableRow[], [schema, table]: [string, string]): number {
  const index = rows.findIndex((row) => {
    const bySchema = compareKeys(row.schema, schema);
    return bySchema > 0 || (bySchema === 0 && compareKeys(row.table, table) > 0);
  });
  return index < 0 ? rows.length : index;
}

function encodeCursor(row: TableRow): string {
  return Buffer.from(JSON.stringify([row.schema, row.table])).toString('base64url');
}

function decodeCursor(cursor: string | undefined): [string, string] | null {
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor ?? '', 'base64url').toString('utf8'));
    if (!Array.isArray(parts) || parts.length !== 2 || !parts.every((part) => typeof part === 'string'))
      return null;
    return parts as [string, string];
  } catch {
    return null;
  }
}
