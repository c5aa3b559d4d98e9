/** The stream and the snapshot never tell two stories: on every step of recorded clusters. */
import { describe, expect, test } from 'vitest';
import { ChangeEvent } from '#core/model/events.ts';
import { compareKeys } from '#core/model/keys.ts';
import type { Snapshot } from '#core/model/snapshot.ts';
import { scenariosOf, versions } from '#core/testing/recorded.ts';
import { RecordedCluster } from '#core/testing/recorded-cluster.ts';
import { applyChange, applyFacts, diffSnapshots } from './change.ts';

function history(version: (typeof versions)[number]): Snapshot[] {
  const cluster = new RecordedCluster(version);
  return scenariosOf(version).flatMap((scenario) => [
    cluster.show(scenario),
    cluster.hold(1),
    cluster.hold(90),
  ]);
}

describe.each(versions)('Spock %s', (version) => {
  const snapshots = history(version);

  test('a snapshot with its change applied is the next one, for any two', () => {
    for (const [index, before] of snapshots.entries()) {
      const after = snapshots[(index * 7 + 3) % snapshots.length];
      const next = snapshots[(index + 1) % snapshots.length];
      if (!after || !next) throw new Error('The history is empty.');
      expect(applyChange(before, diffSnapshots(before, after))).toEqual(after);
      expect(applyChange(before, diffSnapshots(before, next))).toEqual(next);
    }
  });

  test('facts without times: the same facts, and what was not sent stays the same object', () => {
    const timeless = (snapshot: Snapshot) =>
      JSON.parse(JSON.stringify(snapshot, (key, value) => (key === 'observedAt' ? undefined : value)));
    for (const [index, before] of snapshots.entries()) {
      const after = snapshots[index + 1];
      if (after === undefined) break;
      const change = diffSnapshots(before, after);
      const applied = applyFacts(before, change);
      expect(timeless(applied)).toEqual(timeless(after));
      expect(applied.nodes).toEqual(after.nodes);
      const sent = new Set<unknown>(change.links);
      expect(applied.links.filter((link) => !sent.has(link) && !before.links.includes(link))).toEqual([]);
    }
  });

  test('a change is what the API says it is, and survives JSON', () => {
    const [a, b] = snapshots.slice(-2);
    if (!a || !b) throw new Error('The history is empty.');
    const change = diffSnapshots(a, b);
    expect(() => ChangeEvent.parse(change)).not.toThrow();
    expect(applyChange(JSON.parse(JSON.stringify(a)), JSON.parse(JSON.stringify(change)))).toEqual(b);
  });

  test('of what stood still only the nodes travel, since they were polled', () => {
    const cluster = new RecordedCluster(version);
    cluster.show('healthy');
    const before = cluster.hold(60);
    const change = diffSnapshots(before, cluster.hold(1));
    expect(change.nodes.length).toBe(3);
    expect([change.subscriptions, change.links, change.replicationSets, change.findings]).toEqual([
      [],
      [],
      [],
      [],
    ]);
  });
});

test('what is gone is named by its key', () => {
  const cluster = new RecordedCluster('6.0.0');
  const before = cluster.show('n2-read-only');
  const after = cluster.show('nodes-no-subscriptions');
  const change = diffSnapshots(before, after);
  expect(change.removed.subscriptions).toContain('["n1","sub_n1n2"]');
  expect(change.removed.findings.some((id) => id.includes('read-only'))).toBe(true);
});

test('nothing changes between a snapshot and itself', () => {
  const [snapshot] = history('6.0.0');
  if (!snapshot) throw new Error('The history is empty.');
  const { nodes, links, findings, removed } = diffSnapshots(snapshot, snapshot);
  expect([nodes, links, findings, ...Object.values(removed)]).toEqual([[], [], [], [], [], [], [], []]);
});

test('keys are ordered by code unit, the same everywhere', () => {
  expect(['b', 'a', 'ä', 'B', 'a'].sort(compareKeys)).toEqual(['B', 'a', 'a', 'b', 'ä']);
});
