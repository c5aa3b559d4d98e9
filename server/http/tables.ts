import { tablesPage } from '#core/snapshot/tables-page.ts';
import { findCluster } from './clusters.ts';
import { os } from './implement.ts';

const list = os.tables.list.handler(({ input, context: { services } }) => {
  const { watcher } = findCluster(services, input.cluster);
  const observedAt = watcher
    .inputs()
    .map(({ name, slow }) => [name, slow === null ? null : new Date(slow.receivedAt).toISOString()] as const);
  return tablesPage(watcher.tables(), Object.fromEntries(observedAt), input);
});

export const tables = { list };
