import { expect, test } from 'vitest';
import { iso, nodeOf, START } from '#core/testing/snapshots.ts';
import { isPolledAfter, isRead } from './read-nodes.ts';

test('a standby is not the node, and one that cannot be read is not read', () => {
  expect(isRead(nodeOf('n1'))).toBe(true);
  expect(isRead(nodeOf('n1', { standby: null }))).toBe(true);
  expect(isRead(nodeOf('n1', { standby: true }))).toBe(false);
  expect(isRead(nodeOf('n1', { state: 'unknown' }))).toBe(false);
});

test('a snapshot speaks of a moment when every node was read since, or is silent for so long that this is known', () => {
  const at = (...seconds: number[]) =>
    seconds.map((one) => nodeOf('n', { observedAt: iso(START + one * 1000) }));
  const snapshot = (built: number, ...seconds: number[]) => ({
    observedAt: iso(START + built * 1000),
    nodes: at(...seconds),
  });
  const moment = iso(START);
  expect(isPolledAfter(snapshot(1, 0.5, 0.9), moment)).toBe(true);
  // Built after it, of polls that were before.
  expect(isPolledAfter(snapshot(1, -0.1, 0.9), moment)).toBe(false);
  expect(isPolledAfter(snapshot(4.9, -60, 4), moment)).toBe(false);
  expect(isPolledAfter(snapshot(5, -60, 4), moment)).toBe(true);
  expect(isPolledAfter({ observedAt: moment, nodes: [nodeOf('n', { observedAt: null })] }, moment)).toBe(
    false,
  );
});
