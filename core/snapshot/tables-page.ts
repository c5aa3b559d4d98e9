/** A page of the tables × nodes grid, out of what the slow polls brought: no query. The server and the mock world answer by it. */
import type { TablePage, TableRow, TablesSort } from '#core/contract/tables.ts';
import { compareKeys } from '#core/model/keys.ts';
import { isInNoSet, isKeyless, needsLook, type TableComparison } from './tables.ts';

export interface TablesQuery {
  filter?: string | undefined;
  show: 'all' | 'differ' | 'no-key' | 'in-no-set';
  sort?: TablesSort | undefined;
  limit: number;
  cursor?: string | undefined;
}

/**
 * `comparison.rows` are in the order of schema and table. The cursor names the last row that was given, so rows that come and go
 * shift nothing; one that went itself, in another order than by name, is taken to have stood where it was.
 */
export function tablesPage(
  comparison: Pick<TableComparison, 'rows' | 'partial'>,
  observedAt: Record<string, string | null>,
  query: TablesQuery,
): TablePage {
  const filter = query.filter?.trim().toLowerCase() ?? '';
  const sort = query.sort ?? 'name';
  const all = inOrder(comparison.rows, sort);
  const found = filter === '' ? all : all.filter((row) => matches(row, filter));
  const counts = { all: found.length, differ: 0, noKey: 0, inNoSet: 0 };
  for (const row of found) {
    if (row.differs) counts.differ++;
    if (isKeyless(row)) counts.noKey++;
    if (isInNoSet(row)) counts.inNoSet++;
  }
  const shown = query.show === 'all' ? found : found.filter(SHOWN[query.show]);
  const after = decodeCursor(query.cursor);
  const from = after === null ? 0 : firstAfter(shown, after, sort);
  const items = shown.slice(from, from + query.limit);
  const end = from + items.length;
  const last = items.at(-1);
  return {
    items,
    nextCursor: end < shown.length && last !== undefined ? encodeCursor(last, end) : null,
    counts,
    observedAt,
    partial: comparison.partial,
  };
}

const SHOWN: Record<TablesQuery['show'], (row: TableRow) => boolean> = {
  all: () => true,
  differ: (row) => row.differs,
  'no-key': isKeyless,
  'in-no-set': isInNoSet,
};

/** Kept as long as the rows are: twenty thousand are asked for page by page. */
const ordered = new WeakMap<readonly TableRow[], Map<TablesSort, readonly TableRow[]>>();

function inOrder(rows: readonly TableRow[], sort: TablesSort): readonly TableRow[] {
  if (sort === 'name') return rows;
  const kept = ordered.get(rows) ?? new Map<TablesSort, readonly TableRow[]>();
  ordered.set(rows, kept);
  const known = kept.get(sort);
  if (known) return known;
  const made = SORTS[sort](rows);
  kept.set(sort, made);
  return made;
}

/** Rows that are equal in an order stay by name. */
const SORTS: Record<Exclude<TablesSort, 'name'>, (rows: readonly TableRow[]) => readonly TableRow[]> = {
  '-name': (rows) => [...rows].reverse(),
  rows: (rows) => byEstimate(rows, 1),
  '-rows': (rows) => byEstimate(rows, -1),
  worst: (rows) => [...rows.filter(needsLook), ...rows.filter((row) => !needsLook(row))],
};

/** A table that was never analysed stands last, whichever way. */
function byEstimate(rows: readonly TableRow[], way: 1 | -1): readonly TableRow[] {
  return rows
    .map((row) => ({ row, estimate: rowsEstimate(row) }))
    .sort((a, b) => {
      if (a.estimate === null || b.estimate === null)
        return Number(a.estimate === null) - Number(b.estimate === null);
      return (a.estimate - b.estimate) * way;
    })
    .map(({ row }) => row);
}

/** The largest estimate of the nodes, as a table's size is not told by an empty copy of it; null: never analysed. */
export function rowsEstimate(row: TableRow): number | null {
  let most: number | null = null;
  for (const node of Object.values(row.nodes)) {
    const estimate = node?.rowsEstimate ?? null;
    if (estimate !== null && (most === null || estimate > most)) most = estimate;
  }
  return most;
}

function matches(row: TableRow, filter: string): boolean {
  if (`${row.schema}.${row.table}`.toLowerCase().includes(filter)) return true;
  return Object.values(row.nodes).some((onNode) =>
    onNode?.sets.some((set) => set.toLowerCase().includes(filter)),
  );
}

interface Cursor {
  schema: string;
  table: string;
  /** How many rows had been given with it. */
  end: number;
}

function firstAfter(rows: readonly TableRow[], after: Cursor, sort: TablesSort): number {
  if (sort === 'name') {
    const index = rows.findIndex((row) => {
      const bySchema = compareKeys(row.schema, after.schema);
      return bySchema > 0 || (bySchema === 0 && compareKeys(row.table, after.table) > 0);
    });
    return index < 0 ? rows.length : index;
  }
  const index = rows.findIndex((row) => row.schema === after.schema && row.table === after.table);
  return index < 0 ? after.end : index + 1;
}

const encodeCursor = (row: TableRow, end: number): string => JSON.stringify([row.schema, row.table, end]);

/** Null for one that is none: the list then begins anew. */
function decodeCursor(cursor: string | undefined): Cursor | null {
  try {
    const parts: unknown = JSON.parse(cursor ?? '');
    if (!Array.isArray(parts)) return null;
    const [schema, table, end] = parts as unknown[];
    if (typeof schema !== 'string' || typeof table !== 'string' || !Number.isInteger(end)) return null;
    return { schema, table, end: Math.max(0, Number(end)) };
  } catch {
    return null;
  }
}
