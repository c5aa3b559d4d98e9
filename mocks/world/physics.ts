/** How a simulated cluster moves: WAL grows on running nodes, slots follow where both ends run and the link is on. */
import type { SimCluster, SimNode, SimSubscription } from './model.ts';
import { drift, seedOf } from './random.ts';

export function nodeOf(cluster: SimCluster, name: string): SimNode | undefined {
  return cluster.nodes.find((node) => node.name === name);
}

/** Bytes of WAL a second that a node writes at a moment; nothing while it does not run. */
export function writeRate(cluster: SimCluster, node: SimNode, at: number): number {
  if (node.state !== 'running' || node.standby) return 0;
  const sandbox = cluster.sandbox;
  if (sandbox && !sandbox.traffic.on) return 0;
  const scale = sandbox ? sandbox.traffic.transactionsPerSecond / 50 : 1;
  const wander = drift(cluster.seed ^ seedOf(node.name), at / 1000, 7);
  return node.writeBytesPerSecond * scale * (1 + 0.12 * wander);
}

/** Do changes flow over this link now? */
export function flows(cluster: SimCluster, sub: SimSubscription): boolean {
  return (
    sub.enabled &&
    !sub.broken &&
    sub.copy === null &&
    sub.confirmed !== null &&
    sub.walStatus !== 'lost' &&
    nodeOf(cluster, sub.provider)?.state === 'running' &&
    nodeOf(cluster, sub.receiver)?.state === 'running'
  );
}

/** Moves the whole cluster from `at - ms` to `at`. */
export function move(cluster: SimCluster, at: number, ms: number): void {
  const seconds = ms / 1000;
  const nodes = new Map(cluster.nodes.map((node) => [node.name, node]));
  const rates = new Map<string, number>();
  for (const node of cluster.nodes) {
    const rate = writeRate(cluster, node, at);
    rates.set(node.name, rate);
    node.wal += Math.round(rate * seconds);
  }
  for (const sub of cluster.subscriptions) {
    const provider = nodes.get(sub.provider);
    if (!provider) continue;
    copyOn(cluster, sub, provider, seconds);
    if (flows(cluster, sub)) follow(cluster, sub, provider, rates.get(sub.provider) ?? 0, at, seconds);
    if (sub.restart !== null) loseSlot(cluster, sub, provider);
  }
}

/** A receiver that copies its tables; at the end its slot stands where the copy was taken. */
function copyOn(cluster: SimCluster, sub: SimSubscription, provider: SimNode, seconds: number): void {
  if (sub.copy === null || !sub.enabled || provider.state !== 'running') return;
  if (nodeOf(cluster, sub.receiver)?.state !== 'running') return;
  sub.copy.done += sub.copy.tablesPerSecond * seconds;
  if (sub.copy.done >= sub.copy.tables.length) sub.copy = null;
}

function follow(
  cluster: SimCluster,
  sub: SimSubscription,
  provider: SimNode,
  rate: number,
  at: number,
  seconds: number,
): void {
  if (sub.confirmed === null || sub.restart === null) return;
  const seed = cluster.seed ^ seedOf(sub.slot);
  const wanted = (sub.baseLagSeconds + sub.applyDelaySeconds) * (1 + 0.2 * drift(seed, at / 1000, 5));
  const target = Math.floor(provider.wal - wanted * rate);
  const most = Math.floor(sub.confirmed + sub.applyBytesPerSecond * seconds);
  sub.confirmed = Math.max(sub.confirmed, Math.min(target, most));
  if (sub.pinned) return;
  const held = sub.heldBytes * (1 + 0.3 * drift(seed ^ 0x5bd1, at / 1000, 11));
  sub.restart = Math.max(sub.restart, Math.floor(sub.confirmed - held));
}

/** max_slot_wal_keep_size is at work: what is further back than that is gone, and the slot with it. */
function loseSlot(cluster: SimCluster, sub: SimSubscription, provider: SimNode): void {
  if (cluster.slotKeepBytes === null || sub.restart === null) return;
  const held = provider.wal - sub.restart;
  if (held > cluster.slotKeepBytes) {
    sub.walStatus = 'lost';
    sub.restart = null;
  } else if (sub.walStatus !== 'lost') {
    sub.walStatus = held > 1024 ** 3 ? 'extended' : 'reserved';
  }
}
