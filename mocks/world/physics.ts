/** How a simulated cluster moves: WAL grows on running nodes, slots follow where both ends run and the link is on. */
import type { SimCluster, SimNode, SimSubscription } from './model.ts';
import { drift, seedOf } from './random.ts';

export function nodeOf(cluster: SimCluster, name: string): SimNode | undefined {
  return cluster.nodes.find((node) => node.name === name);
}

/** The server runs, whatever it tells the console. */
export const serves = (node: SimNode | undefined): boolean =>
  node !== undefined && node.state !== 'stopped' && node.state !== 'hung';

/** Bytes of WAL a second that a node writes at a moment; nothing while it does not run. */
export function writeRate(cluster: SimCluster, node: SimNode, at: number): number {
  if (!serves(node) || node.standby) return 0;
  const { sandbox } = cluster;
  if (sandbox && !sandbox.traffic.on) return 0;
  const scale = sandbox ? sandbox.traffic.transactionsPerSecond / 50 : 1;
  const wander = drift(cluster.seed ^ seedOf(node.name), at / 1000, 7);
  return node.writeBytesPerSecond * scale * (1 + 0.12 * wander);
}

type Nodes = ReadonlyMap<string, SimNode>;

/** Is the receiver's worker connected to its slot? */
export function connected(sub: SimSubscription, nodes: Nodes): boolean {
  return (
    sub.enabled &&
    !sub.cut &&
    sub.confirmed !== null &&
    sub.walStatus !== 'lost' &&
    serves(nodes.get(sub.provider)) &&
    serves(nodes.get(sub.receiver))
  );
}

/** Do changes flow over this link now? */
export const flows = (sub: SimSubscription, nodes: Nodes): boolean =>
  connected(sub, nodes) && !sub.broken && sub.copy === null;

export const nodesOf = (cluster: SimCluster): Nodes =>
  new Map(cluster.nodes.map((node) => [node.name, node]));

/** The subscriptions that a node takes, or those that take from it. */
export function subscriptionsOf(
  cluster: SimCluster,
  end: 'provider' | 'receiver',
  node: string,
): SimSubscription[] {
  const { subscriptions } = cluster;
  let index = indexes.get(subscriptions);
  if (index?.length !== subscriptions.length) {
    index = {
      length: subscriptions.length,
      provider: groupBy(subscriptions, (sub) => sub.provider),
      receiver: groupBy(subscriptions, (sub) => sub.receiver),
    };
    indexes.set(subscriptions, index);
  }
  return index[end].get(node) ?? [];
}

interface Index {
  length: number;
  provider: Map<string, SimSubscription[]>;
  receiver: Map<string, SimSubscription[]>;
}
const indexes = new WeakMap<SimSubscription[], Index>();

function groupBy(
  subs: SimSubscription[],
  key: (sub: SimSubscription) => string,
): Map<string, SimSubscription[]> {
  const groups = new Map<string, SimSubscription[]>();
  for (const sub of subs) {
    const group = groups.get(key(sub));
    if (group) group.push(sub);
    else groups.set(key(sub), [sub]);
  }
  return groups;
}

/** Moves the whole cluster from `at - ms` to `at`. */
export function move(cluster: SimCluster, at: number, ms: number): void {
  while (cluster.script[0] && cluster.script[0].at <= at) cluster.script.shift()?.act(cluster);
  const seconds = ms / 1000;
  const nodes = nodesOf(cluster);
  for (const node of cluster.nodes) {
    node.wal += Math.round(writeRate(cluster, node, at) * seconds);
    if (serves(node)) node.track.add(at, node.wal);
  }
  for (const sub of cluster.subscriptions) {
    const provider = nodes.get(sub.provider);
    if (!provider) continue;
    if (sub.copy !== null && connected(sub, nodes)) copyOn(sub, seconds);
    if (flows(sub, nodes)) follow(cluster, sub, provider, at, seconds);
    if (sub.restart !== null) strain(cluster, sub, provider);
  }
  for (const node of cluster.nodes)
    for (const slot of node.otherSlots) if (slot.active) slot.restart = node.wal - 4096;
}

/** A receiver that copies its tables. */
function copyOn(sub: SimSubscription, seconds: number): void {
  if (sub.copy === null) return;
  sub.copy.done += sub.copy.tablesPerSecond * seconds;
  if (sub.copy.done >= sub.copy.tables.length) sub.copy = null;
}

function follow(
  cluster: SimCluster,
  sub: SimSubscription,
  provider: SimNode,
  at: number,
  seconds: number,
): void {
  if (sub.confirmed === null || sub.restart === null) return;
  const seed = cluster.seed ^ seedOf(sub.slot);
  const behind = sub.lead?.(at) ?? sub.baseLagSeconds * (1 + 0.2 * drift(seed, at / 1000, 5));
  const target = provider.track.positionAt(at - (behind + sub.applyDelaySeconds) * 1000);
  const most = sub.lead ? target : Math.floor(sub.confirmed + sub.applyBytesPerSecond * seconds);
  sub.confirmed = Math.max(sub.confirmed, Math.min(target, most));
  if (sub.pinned) return;
  const held = sub.heldBytes * (1 + 0.3 * drift(seed ^ 0x5bd1, at / 1000, 11));
  sub.restart = Math.max(sub.restart, Math.floor(sub.confirmed - held));
}

/** max_slot_wal_keep_size is at work: what is further back than that is gone, and the slot with it. */
function strain(cluster: SimCluster, sub: SimSubscription, provider: SimNode): void {
  if (sub.restart === null || sub.walStatus === 'lost') return;
  const held = provider.wal - sub.restart;
  if (cluster.slotKeepBytes !== null && held > cluster.slotKeepBytes) {
    sub.walStatus = 'lost';
    sub.restart = null;
  } else sub.walStatus = held > 1024 ** 3 ? 'extended' : 'reserved';
}
