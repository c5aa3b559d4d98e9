import { tablesPage } from '#core/snapshot/tables-page.ts';
import type { ClusterWatch } from '#mocks/world/watch.ts';
import { os, watched } from './base.ts';

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
    return tablesPage(watch.tables, readAt(watch), input);
  }),
};
