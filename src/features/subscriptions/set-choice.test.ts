import { expect, it } from 'vitest';
import { offeredSets, setsAsked } from './set-choice.ts';

const snapshot = {
  nodes: [
    { name: 'n1', observedAt: '2026-11-20T12:00:00.000Z' },
    { name: 'n3', observedAt: null },
  ],
  replicationSets: [
    { node: 'n1', name: 'default' },
    { node: 'n1', name: 'audit' },
    { node: 'n2', name: 'other' },
  ],
} as unknown as Parameters<typeof offeredSets>[1];

it('offers what a provider has or a subscription takes, and says who lacks it', () => {
  const subs = [
    { provider: 'n1', replicationSets: ['default', 'gone'] },
    { provider: 'n3', replicationSets: ['default'] },
  ];
  expect(offeredSets(subs, snapshot)).toEqual([
    { name: 'audit', taken: 'none', lackedBy: [] },
    { name: 'default', taken: 'all', lackedBy: [] },
    { name: 'gone', taken: 'some', lackedBy: ['n1'] },
  ]);
});

it('asks for what was ticked on or off, and for nothing that is so already', () => {
  const offered = offeredSets(
    [
      { provider: 'n1', replicationSets: ['default', 'gone'] },
      { provider: 'n1', replicationSets: ['default'] },
    ],
    snapshot,
  );
  expect(setsAsked(offered, {})).toEqual({ add: [], remove: [] });
  expect(setsAsked(offered, { audit: true, default: false, gone: false })).toEqual({
    add: ['audit'],
    remove: ['default', 'gone'],
  });
  // Some take it: on is for the others, off for those that do.
  expect(setsAsked(offered, { gone: true, audit: false, default: true })).toEqual({
    add: ['gone'],
    remove: [],
  });
});
