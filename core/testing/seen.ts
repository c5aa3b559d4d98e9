/** Findings on recorded clusters, for the tests of the rules. */

import type { FindingCode } from '#core/model/finding.ts';
import type { Snapshot } from '#core/model/snapshot.ts';
import type { NodeInput } from '#core/snapshot/assembled.ts';
import type { Version } from './recorded.ts';
import { RecordedCluster } from './recorded-cluster.ts';

/** A recording to show, or quiet seconds. */
export type Step = string | number;

/** A cluster that went through recordings (names) and quiet times (seconds). */
export function seenAfter(
  version: Version,
  steps: Step[],
  prepare?: (cluster: RecordedCluster) => void,
): Snapshot {
  const cluster = new RecordedCluster(version);
  prepare?.(cluster);
  const snapshots = steps.map((step) => (typeof step === 'string' ? cluster.show(step) : cluster.hold(step)));
  const last = snapshots.at(-1);
  if (!last) throw new Error('A cluster without a moment has no findings.');
  return last;
}

export const titles = (code: FindingCode, ...cluster: Parameters<typeof seenAfter>) =>
  seenAfter(...cluster)
    .findings.filter((finding) => finding.code === code)
    .map(({ title }) => title);

/** The slots of this name were those of a subscription that has been seen, and is gone. */
export function seenGone(cluster: RecordedCluster, ...slots: string[]): void {
  const owner = { receiver: 'n3', catalogName: 'n3', subscription: 'sub_gone', named: true };
  cluster.memory.slots.restore(slots.map((slot) => [slot, owner]));
}

/** The node with other facts than were recorded. */
export function changeFast(name: string, change: (facts: NonNullable<NodeInput['fast']>['value']) => object) {
  return (node: NodeInput): NodeInput =>
    node.name !== name || !node.fast
      ? node
      : { ...node, fast: { ...node.fast, value: { ...node.fast.value, ...change(node.fast.value) } } };
}

export const changeSlow =
  (change: (facts: NonNullable<NodeInput['slow']>['value'], name: string) => object) =>
  (node: NodeInput): NodeInput =>
    node.slow
      ? {
          ...node,
          slow: { ...node.slow, value: { ...node.slow.value, ...change(node.slow.value, node.name) } },
        }
      : node;

/** Recorded with a set that nobody takes, which is a finding: the cluster without it, for what else is said of it. */
export const withoutIdleSet = changeSlow(({ tables }) => ({
  tables:
    tables?.map((table) => ({
      ...table,
      memberships: table.memberships.filter(({ set }) => set !== 'eu_only'),
    })) ?? null,
}));
