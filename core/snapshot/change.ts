/**
 * The difference between two snapshots, and a snapshot with a difference applied. For any two snapshots of one cluster
 * `applyChange(a, diffSnapshots(a, b))` equals `b`: the stream and the snapshot never tell two stories.
 */
import type { ChangeEvent } from '#core/model/events.ts';
import {
  compareKeys,
  findingKey,
  linkKey,
  nodeKey,
  replicationSetKey,
  subscriptionKey,
} from '#core/model/keys.ts';
import type { Snapshot } from '#core/model/snapshot.ts';
import { placesOf, samePlaces } from './places.ts';

/** Equality of plain JSON values, without regard to `observedAt`, which follows from the node (see `reobserve`). */
function sameFacts(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keysA = Object.keys(a);
  if (keysA.length !== Object.keys(b).length) return false;
  return keysA.every(
    (key) => key === 'observedAt' || sameFacts(a[key as keyof typeof a], b[key as keyof typeof b]),
  );
}

function diffList<T>(before: T[], after: T[], key: (item: T) => string): { changed: T[]; removed: string[] } {
  const old = new Map(before.map((item) => [key(item), item]));
  const changed = after.filter((item) => {
    const was = old.get(key(item));
    old.delete(key(item));
    return was === undefined || !sameFacts(was, item);
  });
  return { changed, removed: [...old.keys()] };
}

/** What has to be sent to somebody who has `before` so that he has `after`. */
export function diffSnapshots(before: Snapshot, after: Snapshot): ChangeEvent {
  const nodes = diffList(before.nodes, after.nodes, nodeKey);
  const subscriptions = diffList(before.subscriptions, after.subscriptions, subscriptionKey);
  const links = diffList(before.links, after.links, linkKey);
  const replicationSets = diffList(before.replicationSets, after.replicationSets, replicationSetKey);
  const findings = diffList(before.findings, after.findings, findingKey);
  // A node that answered again with the same facts was still polled: its own observedAt has to travel.
  const polled = after.nodes.filter(
    (node) =>
      !nodes.changed.includes(node) &&
      before.nodes.find((was) => was.name === node.name)?.observedAt !== node.observedAt,
  );
  return {
    type: 'change',
    cluster: after.cluster,
    observedAt: after.observedAt,
    health: after.health,
    healthSince: after.healthSince,
    sentence: after.sentence,
    thresholds: after.thresholds,
    nodes: [...nodes.changed, ...polled],
    subscriptions: subscriptions.changed,
    links: links.changed,
    replicationSets: replicationSets.changed,
    findings: findings.changed,
    removed: {
      nodes: nodes.removed,
      subscriptions: subscriptions.removed,
      links: links.removed,
      replicationSets: replicationSets.removed,
      findings: findings.removed,
    },
  };
}

/** Keeps the order of what was there (rows must not jump under the pointer); with new or removed objects all is sorted by key. */
function applyList<T>(before: T[], changed: T[], removed: string[], key: (item: T) => string): T[] {
  if (changed.length === 0 && removed.length === 0) return before;
  const at = placesOf(before, key);
  const known = changed.map((item) => at.get(key(item)));
  if (removed.length === 0 && known.every((place) => place !== undefined)) {
    const next = [...before];
    changed.forEach((item, index) => {
      next[known[index] ?? 0] = item;
    });
    samePlaces(next, before);
    return next;
  }
  const byKey = new Map(before.map((item) => [key(item), item]));
  for (const gone of removed) byKey.delete(gone);
  for (const item of changed) byKey.set(key(item), item);
  return sortedByKey(byKey);
}

/** Items in the order of their keys, each key made once. */
export function sortedByKey<T>(items: Iterable<[string, T]>): T[] {
  return [...items].sort(([a], [b]) => compareKeys(a, b)).map(([, item]) => item);
}

/** Facts that are read from one node are as old as that node's last good poll. */
function reobserve<T extends { observedAt: string | null }>(
  items: T[],
  nodeOf: (item: T) => string,
  at: Map<string, string | null>,
): T[] {
  let touched = false;
  const next = items.map((item) => {
    const observedAt = at.get(nodeOf(item)) ?? null;
    if (observedAt === item.observedAt) return item;
    touched = true;
    return { ...item, observedAt };
  });
  if (!touched) return items;
  samePlaces(next, items);
  return next;
}

/**
 * The snapshot after a change, as whoever asks the API for it would get it: `observedAt` of links, subscriptions and sets follows
 * from their nodes.
 */
export function applyChange(before: Snapshot, change: ChangeEvent): Snapshot {
  const after = applyFacts(before, change);
  const at = new Map(after.nodes.map((node) => [node.name, node.observedAt]));
  return {
    ...after,
    subscriptions: reobserve(after.subscriptions, (sub) => sub.receiver, at),
    links: reobserve(after.links, (link) => link.provider, at),
    replicationSets: reobserve(after.replicationSets, (set) => set.node, at),
  };
}

/**
 * The same without those times: what was not sent anew stays the same object, its `observedAt` that of its last change. For a page,
 * which would else make thousands of objects each second for a time that their nodes tell as well.
 */
export function applyFacts(before: Snapshot, change: ChangeEvent): Snapshot {
  const nodes = applyList(before.nodes, change.nodes, change.removed.nodes, nodeKey);
  const subscriptions = applyList(
    before.subscriptions,
    change.subscriptions,
    change.removed.subscriptions,
    subscriptionKey,
  );
  const links = applyList(before.links, change.links, change.removed.links, linkKey);
  const replicationSets = applyList(
    before.replicationSets,
    change.replicationSets,
    change.removed.replicationSets,
    replicationSetKey,
  );
  return {
    ...before,
    cluster: change.cluster,
    observedAt: change.observedAt,
    health: change.health,
    healthSince: change.healthSince,
    sentence: change.sentence,
    thresholds: change.thresholds,
    nodes,
    subscriptions,
    links,
    replicationSets,
    findings: applyList(before.findings, change.findings, change.removed.findings, findingKey),
  };
}
