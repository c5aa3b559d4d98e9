/** The scenes of what hardly shows raise the findings that they were made for, in the order in which the page has them. */
import { expect, test } from 'vitest';
import { compareFindings } from '#core/advice/order.ts';
import { mockWorld } from './node.ts';
import type { ScenarioName } from './scenarios.ts';

const scenes: [ScenarioName, string, string[]][] = [
  ['silent-losses', 'critical', ['sync-failed', 'set-not-taken', 'set-differs', 'filter-unsafe']],
  ['unknown-readers', 'ok', ['unknown-reader', 'unknown-reader', 'unknown-reader']],
  ['standby', 'critical', ['standby']],
  ['node-replaced', 'critical', ['node-replaced']],
  ['node-full', 'warning', ['node-unreachable']],
  ['provider-unwatched', 'warning', ['provider-unwatched']],
  ['facts-unread', 'warning', ['facts-unread']],
  ['upkeep', 'warning', ['wraparound', 'xmin-held', 'archiver-failing']],
];

test.each(scenes)('%s', { timeout: 60_000 }, (name, health, codes) => {
  const { world } = mockWorld(name);
  const [cluster] = [...world.clusters.values()];
  world.advance(1000);
  const snapshot = cluster?.snapshot;
  const found = [...(snapshot?.findings ?? [])].sort(compareFindings);
  // The shop's own cluster has one table that wants a key, in every scene.
  const told = found.map(({ code }) => code).filter((code) => codes.includes(code));
  expect([...told].sort()).toEqual([...codes].sort());
  expect(snapshot?.health).toBe(health);
});
