/** A node that has joined comes into the registry of its cluster. */
import type { Executor } from './step-context.ts';

export const watchNode: Executor<'watch-node'> = {
  async run({ node }, { cluster, registry, willMake, dsn, peerDsn }) {
    const record = registry.get(cluster);
    if (record === undefined || record.nodes.some(({ name }) => name === node)) return { skipped: true };
    const own = dsn(node);
    const peer = peerDsn(node);
    willMake(0);
    const added = { name: node, dsn: own, peerDsn: peer === own ? null : peer, walRoom: null };
    registry.replace(cluster, { ...record, nodes: [...record.nodes, added] });
    return { skipped: false };
  },
  async undo({ node }, { cluster, registry, made }) {
    const record = registry.get(cluster);
    if (!made(0) || record === undefined) return;
    registry.replace(cluster, { ...record, nodes: record.nodes.filter(({ name }) => name !== node) });
  },
};
