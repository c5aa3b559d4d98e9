import { expect, it } from 'vitest';
import type { ConflictFacts, ExceptionMark, SlowFacts } from '#core/model/facts.ts';
import type { NodeInput } from '#core/snapshot/assembled.ts';
import { RecordedCluster } from '#core/testing/recorded-cluster.ts';
import { BurstChronicle } from './bursts.ts';

const START = Date.parse('2025-11-20T14:00:00Z');

/** Facts of a node as they were recorded, with other rows in them. */
function recorded(): SlowFacts {
  const cluster = new RecordedCluster('5.0.11');
  let slow: SlowFacts | null = null;
  cluster.change = (node) => {
    slow ??= node.slow?.value ?? null;
    return node;
  };
  cluster.show('healthy');
  if (slow === null) throw new Error('nothing was recorded');
  return slow;
}
const facts = recorded();

type Rows = Partial<Pick<SlowFacts, 'conflicts' | 'exceptions'>>;
const reading = (second: number, rows: Rows): NodeInput => ({
  name: 'n2',
  address: '127.0.0.1:5432/n2',
  capabilities: null,
  fast: null,
  slow: {
    value: { ...facts, conflicts: [], exceptions: [], ...rows },
    sentAt: START + second * 1000 - 1,
    receivedAt: START + second * 1000,
  },
  failure: null,
  walRoom: null,
});

/** One reading of each list, 15 s apart and looked at each second; what was told, as `second: text`. */
function story(readings: Rows[], seconds = readings.length * 15): string[] {
  const chronicle = new BurstChronicle();
  return Array.from({ length: seconds }, (_, second) => {
    const last = Math.min(Math.floor(second / 15), readings.length - 1);
    const at = START + second * 1000;
    return chronicle
      .follow([reading(last * 15, readings[last] ?? {})], at)
      .map(({ severity, text }) => `${second}: ${severity}: ${text}`);
  }).flat();
}

const conflicts = (from: number, to: number, schema = 'public', table = 'acct'): ConflictFacts[] =>
  Array.from({ length: to - from + 1 }, (_, index) => ({
    id: String(to - index),
    at: START,
    schema,
    table,
    type: 'update_update',
    resolution: 'apply_remote',
    bothInserted: false,
    remoteOriginId: '1',
  }));
const exception = (second: number, more: Partial<ExceptionMark> = {}): ExceptionMark => ({
  originId: '1',
  commitAt: START,
  commandCounter: 1,
  loggedAt: START + second * 1000,
  xid: '700',
  schema: 'public',
  table: 'acct',
  operation: 'INSERT',
  disables: false,
  message: 'duplicate key',
  resolved: false,
  ...more,
});

it('tells nothing of what was there before it looked, nor of a list that stands still', () => {
  const old = { conflicts: conflicts(1, 100), exceptions: [exception(-9)] };
  expect(story([old, old, old])).toEqual([]);
});

it('tells a burst in one line with its tables, at once', () => {
  const rows = [...conflicts(11, 11, 'shop', 'orders'), ...conflicts(9, 10), ...conflicts(1, 8)];
  expect(story([{ conflicts: conflicts(1, 8) }, { conflicts: rows }], 300)).toEqual([
    '15: info: 3 conflicts on n2: 2 in acct, 1 in shop.orders',
  ]);
});

it('counts what goes on, and tells it when it is over', () => {
  const readings = [0, 5, 7, 7, 12].map((to) => ({ conflicts: conflicts(1, to) }));
  expect(story(readings, 300)).toEqual([
    '15: info: 5 conflicts in acct on n2',
    '120: info: 7 conflicts in acct on n2',
  ]);
});

it('tells one that does not end each 15 minutes, not each poll', () => {
  const readings = Array.from({ length: 130 }, (_, index) => ({ conflicts: conflicts(1, index) }));
  const told = story(readings, 130 * 15);
  expect(told).toEqual([
    '15: info: 1 conflict in acct on n2',
    '915: info: 60 conflicts in acct on n2',
    '1815: info: 60 conflicts in acct on n2',
  ]);
});

it('says that there may be more where only the newest were read', () => {
  expect(story([{ conflicts: [] }, { conflicts: conflicts(900, 999) }], 20)).toEqual([
    '15: info: At least 100 conflicts in acct on n2',
  ]);
});

it('counts many tables together', () => {
  const rows = ['a', 'b', 'c', 'd', 'e'].flatMap((table, index) =>
    conflicts(index + 1, index + 1, 'public', table),
  );
  expect(story([{ conflicts: [] }, { conflicts: rows }], 20)).toEqual([
    '15: info: 5 conflicts on n2: 1 in a, 1 in b, 1 in c, 2 in 2 other tables',
  ]);
});

it('begins anew where ids went back', () => {
  const readings = [conflicts(1, 50), conflicts(1, 2), conflicts(1, 3)].map((rows) => ({
    conflicts: rows,
  }));
  expect(story(readings)).toEqual(['30: info: 1 conflict in acct on n2']);
});

it('tells new exceptions by their origin, and leaves out that a subscription was disabled', () => {
  const before = [exception(-60), exception(-5, { originId: '2' })];
  const after = [
    exception(20, { operation: 'SUB_DISABLE', disables: true }),
    exception(19, { table: 'orders' }),
    exception(-2),
    ...before,
  ];
  expect(story([{ exceptions: before }, { exceptions: after }], 40)).toEqual([
    '15: warning: 2 exceptions on n2: 1 in acct, 1 in orders',
  ]);
});

it('tells nothing where the rows may not be read', () => {
  expect(
    story([
      { conflicts: null, exceptions: null },
      { conflicts: null, exceptions: null },
    ]),
  ).toEqual([]);
});
