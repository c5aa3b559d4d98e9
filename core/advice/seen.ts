/** Findings on recorded clusters, for the tests of the rules. */

import type { Version } from '#core/engines/spock/recorded.ts';
import { RecordedCluster } from '#core/engines/spock/recorded-cluster.ts';
import type { FindingCode } from '#core/model/finding.ts';
import type { Snapshot } from '#core/model/snapshot.ts';
import type { NodeInput } from './rule.ts';

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
