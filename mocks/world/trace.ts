/** A trace: a mark sent from one node, and when it came to the others. */
import { noNode } from '#core/contract/faults.ts';
import { errors } from '#mocks/errors.ts';
import { flows, nodeOf, nodesOf, serves } from './physics.ts';
import { chance, seedOf } from './random.ts';
import { lsnText } from './wal.ts';
import type { ClusterWatch } from './watch.ts';
import type { World } from './world.ts';

export function traceFrom(world: World, watch: ClusterWatch, from: string) {
  const { cluster } = watch;
  const node = nodeOf(cluster, from);
  if (!node) throw errors.NOT_FOUND(noNode(cluster, from));
  if (!serves(node))
    throw errors.GATEWAY_TIMEOUT({
      message: `${from} does not answer, so no mark can be sent from it. Start its server and try again.`,
      data: { node: from },
    });
  node.wal += 56;
  const nodes = nodesOf(cluster);
  const arrivals = cluster.nodes
    .filter((other) => other !== node)
    .map((other) => {
      const sub = cluster.subscriptions.find(
        (found) => found.provider === from && found.receiver === other.name,
      );
      if (!sub) return { node: other.name, ms: null, error: `${other.name} does not subscribe to ${from}` };
      if (!flows(sub, nodes))
        return { node: other.name, ms: null, error: `${from} → ${other.name} does not replicate now` };
      const link = watch.snapshot.links.find(
        (found) => found.provider === from && found.receiver === other.name,
      );
      const ms =
        ((link?.lagSeconds ?? 0) + sub.applyDelaySeconds) * 1000 +
        1.2 +
        chance(seedOf(sub.slot), world.now) * 3;
      if (ms > 10_000) return { node: other.name, ms: null, error: 'not there after 10 s' };
      return { node: other.name, ms: Math.round(ms * 10) / 10, error: null };
    });
  return { from, lsn: lsnText(node.wal), sentAt: world.isoNow, arrivals };
}
