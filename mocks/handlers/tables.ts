import { listTables } from '#mocks/world/table-grid.ts';
import { os, paged, watched } from './base.ts';

export const tables = {
  list: os.tables.list.handler(({ input, context }) => {
    const { rows, counts, observedAt } = listTables(watched(context.world, input.cluster));
    const wanted = input.filter?.toLowerCase() ?? '';
    const shown = rows.filter((row) => {
      const names = Object.values(row.nodes).flatMap((node) => node?.sets ?? []);
      const matches =
        wanted === '' ||
        [`${row.schema}.${row.table}`, ...names].some((name) => name.toLowerCase().includes(wanted));
      if (!matches) return false;
      if (input.show === 'differ') return row.differs;
      if (input.show === 'no-key') return row.replicaIdentity === 'none';
      return input.show === 'all' || names.length === 0;
    });
    return { ...paged(shown, input.limit, input.cursor), counts, observedAt };
  }),
};
