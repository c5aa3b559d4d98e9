import type { TableRow } from '#core/contract/tables.ts';
import type { ClusterWatch } from '#mocks/world/watch.ts';
import { os, paged, watched } from './base.ts';

const setsOf = (row: TableRow): string[] => Object.values(row.nodes).flatMap((node) => node?.sets ?? []);
const inNoSet = (row: TableRow): boolean => setsOf(row).length === 0;
const hasNoKey = (row: TableRow): boolean =>
  row.replicaIdentity === 'none' || row.replicaIdentity === 'nothing';

function matches(row: TableRow, filter: string): boolean {
  const wanted = filter.toLowerCase();
  return [`${row.schema}.${row.table}`, ...setsOf(row)].some((name) => name.toLowerCase().includes(wanted));
}

function readAt(watch: ClusterWatch): Record<string, string | null> {
  return Object.fromEntries(
    watch.cluster.nodes.map(({ name }) => {
      const at = watch.tablesReadAt(name);
      return [name, at === null ? null : new Date(at).toISOString()];
    }),
  );
}

export const tables = {
  list: os.tables.list.handler(({ input, context }) => {
    const watch = watched(context.world, input.cluster);
    const filter = input.filter?.trim() ?? '';
    const rows = watch.tables.rows.filter((row) => filter === '' || matches(row, filter));
    const shown = rows.filter((row) => {
      if (input.show === 'differ') return row.differs;
      if (input.show === 'no-key') return hasNoKey(row);
      return input.show === 'all' || inNoSet(row);
    });
    return {
      ...paged(shown, input.limit, input.cursor),
      counts: {
        all: rows.length,
        differ: rows.filter((row) => row.differs).length,
        noKey: rows.filter(hasNoKey).length,
        inNoSet: rows.filter(inNoSet).length,
      },
      observedAt: readAt(watch),
      partial: watch.tables.partial,
    };
  }),
};
