import { expect, it } from 'vitest';
import type { Snapshot } from '#core/model/snapshot.ts';
import { findingOf, iso, START, snapshotOf, withLink, withNode } from '#core/testing/snapshots.ts';
import { Chronicle } from './chronicle.ts';

/** Feeds one snapshot a second; what happened, as `second: text`. */
function story(snapshots: Snapshot[], chronicle = new Chronicle()): string[] {
  return snapshots.flatMap((snapshot, second) =>
    chronicle
      .follow(snapshot, START + second * 1000)
      .map(({ text, severity }) => `${second}: ${severity}: ${text}`),
  );
}
const times = (count: number, snapshot: Snapshot) => Array<Snapshot>(count).fill(snapshot);
const well = snapshotOf(START);
const down = (name: string, second: number) =>
  withNode(well, name, {
    state: 'down',
    since: iso(START + second * 1000),
    error: {
      code: 'timeout',
      message: 'n3:5432 did not answer a query within 2.5 s.',
      sqlstate: null,
      since: iso(START + second * 1000),
      tries: 1,
    },
  });

it('tells nothing of a cluster that is well', () => {
  expect(story(times(10, well))).toEqual([]);
});

it('tells that a node fell silent and came back, and not what followed from it for its links', () => {
  const without = withLink(withLink(down('n3', 2), 'n3', 'n1', { state: 'unknown' }), 'n1', 'n3', {
    state: 'down',
  });
  const back = withLink(withNode(well, 'n3', { since: iso(START + 6000) }), 'n1', 'n3', { state: 'down' });
  expect(story([...times(2, well), ...times(4, without), ...times(2, back), ...times(9, well)])).toEqual([
    '2: critical: n3 does not answer: n3:5432 did not answer a query within 2.5 s.',
    '6: info: n3 answers again after 4 s',
  ]);
});

it('tells of a link when its state has lasted, with the time at which it began', () => {
  const broken = withLink(well, 'n1', 'n3', { state: 'down', reason: 'the slot is inactive' });
  const chronicle = new Chronicle();
  const snapshots = [...times(2, well), ...times(5, broken), ...times(5, well)];
  const happenings = snapshots.flatMap((snapshot, second) =>
    chronicle.follow(snapshot, START + second * 1000),
  );
  expect(happenings.map(({ at, text }) => [at, text])).toEqual([
    [iso(START + 2000), 'n1 → n3 is down: the slot is inactive'],
    [iso(START + 7000), 'n1 → n3 replicates'],
  ]);
  expect(happenings[0]?.subject).toEqual({ provider: 'n1', receiver: 'n3' });
});

it('does not tell of a worker that restarts within three seconds', () => {
  const broken = withLink(well, 'n1', 'n3', { state: 'down' });
  expect(story([well, broken, broken, well, well, broken, well, ...times(6, well)])).toEqual([]);
});

it('tells of a link that falls behind and catches up', () => {
  const behind = withLink(well, 'n1', 'n3', { behind: true, lagSeconds: 84 });
  expect(story([well, ...times(5, behind), ...times(5, well)])).toEqual([
    '4: warning: n1 → n3 is behind, 1 m 24 s',
    '9: info: n1 → n3 has caught up',
  ]);
});

it('tells of findings when they come, and when they have gone for five seconds', () => {
  const found = { ...well, findings: [findingOf('a')] };
  expect(story([well, found, well, found, ...times(8, well)])).toEqual([
    '1: warning: Finding a',
    '9: info: No longer: Finding a',
  ]);
});

it('does not take a finding as over while its node cannot be read', () => {
  const chronicle = new Chronicle([findingOf('a', { subject: { node: 'n3' } })]);
  const blind = down('n3', 0);
  expect(story(times(20, blind), chronicle)).toHaveLength(1);
});

it('tells nothing anew of what stood before the console was restarted', () => {
  const found = { ...well, findings: [findingOf('a')] };
  expect(story(times(10, found), new Chronicle([findingOf('a')]))).toEqual([]);
  expect(story(times(10, well), new Chronicle([findingOf('a')]))).toEqual(['5: info: No longer: Finding a']);
});
