import { useQueries } from '@tanstack/react-query';
import { api } from '#src/api/client.ts';
import type { TableFacts } from './event-list.tsx';

/** More tables than these are not asked for: their rows are called by a column that both versions have in common. */
const MOST = 12;
const NONE: TableFacts = { keyColumns: [], deltaColumns: [] };

/** Key and summed columns of the tables in the inbox. What could not be read is empty, and nothing waits for it. */
export function useTableFacts(
  cluster: string,
  tables: { schema: string | null; table: string }[],
): (schema: string | null, table: string) => TableFacts {
  const names = [...new Set(tables.map(({ schema, table }) => JSON.stringify([schema, table])))].slice(
    0,
    MOST,
  );
  const results = useQueries({
    queries: names.map((name) => {
      const [schema, table] = JSON.parse(name) as [string | null, string];
      return {
        queryKey: ['table-facts', cluster, name],
        staleTime: 60_000,
        queryFn: async ({ signal }: { signal: AbortSignal }): Promise<TableFacts> => {
          const filter = schema === null ? table : `${schema}.${table}`;
          const page = await api.tables.list(
            { cluster, filter: filter.slice(0, 200), limit: 50 },
            { signal },
          );
          const row = page.items.find(
            (one) => one.table === table && (schema === null || one.schema === schema),
          );
          const nodes = Object.values(row?.nodes ?? {}).filter((node) => node !== null);
          return {
            keyColumns: nodes[0]?.keyColumns ?? [],
            deltaColumns: [...new Set(nodes.flatMap((node) => node.deltaColumns))],
          };
        },
      };
    }),
  });
  return (schema, table) => results[names.indexOf(JSON.stringify([schema, table]))]?.data ?? NONE;
}
