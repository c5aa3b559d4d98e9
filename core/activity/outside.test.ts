import { expect, it } from 'vitest';
import type { Snapshot, SubscriptionSnapshot } from '#core/model/snapshot.ts';
import { nodeOf, START, snapshotOf } from '#core/testing/snapshots.ts';
import { OutsideChanges } from './outside.ts';

const setting = (value: string) => ({
  name: 'max_slot_wal_keep_size',
  value,
  unit: 'MB',
  wanted: null,
  ok: null,
  pendingRestart: false,
});
const node = (name: string, change: Parameters<typeof nodeOf>[1] = {}) =>
  nodeOf(name, { settings: [setting('1024')], ...change });
const sub = (change: Partial<SubscriptionSnapshot> = {}): SubscriptionSnapshot => ({
  name: 'sub_n2n1',
  receiver: 'n2',
  engine: 'spock',
  provider: 'n1',
  status: 'replicating',
  failing: false,
  reportedStatus: 'replicating',
  enabled: true,
  slot: 'spk_n1',
  replicationSets: ['default'],
  forwardOrigins: [],
  applyDelaySeconds: 0,
  forceTextTransfer: null,
  skipLsn: null,
  skipSchema: null,
  createdAt: null,
  providerDsn: null,
  workerPid: null,
  workerStatus: null,
  sync: [],
  observedAt: null,
  ...change,
});
const set = {
  node: 'n1',
  name: 'eu',
  insert: true,
  update: true,
  delete: true,
  truncate: true,
  tables: 0,
  sequences: 0,
  observedAt: null,
};
const well = snapshotOf(START, {
  nodes: [node('n1'), node('n2')],
  subscriptions: [sub()],
  replicationSets: [set],
});

/** A snapshot each five seconds; `runs`: those at which a run is under way. */
function story(snapshots: Snapshot[], runs: readonly number[] = []): string[] {
  const outside = new OutsideChanges();
  return snapshots.flatMap((snapshot, index) =>
    outside
      .follow(snapshot, START + index * 5000, runs.includes(index))
      .map(({ text, severity }) => `${index}: ${severity}: ${text}`),
  );
}

it('tells nothing at first sight, and nothing of a cluster that stays as it is', () => {
  expect(story([well, well, well])).toEqual([]);
});

it('tells of a subscription dropped in psql, once it is gone for good', () => {
  const without = { ...well, subscriptions: [] };
  expect(story([well, without, without, without])).toEqual([
    '2: warning: Subscription sub_n2n1 on n2 was dropped outside the console',
  ]);
  // Not seen once, as when a reading meets a change in its midst.
  expect(story([well, without, well, well])).toEqual([]);
});

it('tells what was created, enabled, disabled and changed', () => {
  const more = { ...well, subscriptions: [sub(), sub({ name: 'sub_n2n1_b' })] };
  const off = { ...well, subscriptions: [sub({ enabled: false })] };
  const sets = { ...well, subscriptions: [sub({ replicationSets: ['eu', 'default'] })] };
  const sends = { ...well, replicationSets: [{ ...set, truncate: false }] };
  const size = { ...well, nodes: [node('n1'), node('n2', { settings: [setting('-1')] })] };
  expect(story([well, more])).toEqual([
    '1: info: Subscription sub_n2n1_b on n2 was created outside the console',
  ]);
  expect(story([well, off, well])).toEqual([
    '1: info: Subscription sub_n2n1 on n2 was disabled outside the console',
    '2: info: Subscription sub_n2n1 on n2 was enabled outside the console',
  ]);
  expect(story([well, sets])).toEqual([
    '1: info: Subscription sub_n2n1 on n2 was changed (sets is default, eu, and was default) outside the console',
  ]);
  expect(story([well, sends])).toEqual([
    '1: info: Replication set eu on n1 was changed (what it sends is insert, update and delete, and was insert, update, delete and truncate) outside the console',
  ]);
  expect(story([well, size])).toEqual([
    '1: info: Setting max_slot_wal_keep_size on n2 was changed (value is -1 MB, and was 1024 MB) outside the console',
  ]);
});

it("leaves a run's own changes to the run, also those that are read some time after it", () => {
  const off = { ...well, subscriptions: [sub({ enabled: false })] };
  const size = { ...off, nodes: [node('n1'), node('n2', { settings: [setting('-1')] })] };
  expect(story([well, off, off, size], [1])).toEqual([]);
  const later = Array<Snapshot>(8).fill(off);
  expect(story([well, ...later, well], [1])).toEqual([
    '9: info: Subscription sub_n2n1 on n2 was enabled outside the console',
  ]);
});

it('takes nothing for dropped on a node that cannot be read, or where a role sees less than before', () => {
  const down = {
    ...well,
    nodes: [node('n1'), node('n2', { state: 'down' })],
    subscriptions: [],
  };
  expect(story([well, down, down, down, well])).toEqual([]);
  const blind = {
    ...well,
    nodes: [node('n1'), node('n2', { unseen: ['the subscriptions'] })],
    subscriptions: [],
  };
  expect(story([well, blind, blind, blind, well, well])).toEqual([]);
});
