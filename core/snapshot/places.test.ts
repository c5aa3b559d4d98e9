import { expect, test } from 'vitest';
import { linkKey, pairKey } from '#core/model/keys.ts';
import { RecordedCluster } from '#core/testing/recorded-cluster.ts';
import { applyFacts, diffSnapshots } from './change.ts';
import { linkOfKey } from './places.ts';

test('a link is found by its key, in a list and in those that changes make of it', () => {
  const cluster = new RecordedCluster('6.0.0');
  cluster.show('healthy');
  const before = cluster.hold(1);
  for (const link of before.links) expect(linkOfKey(before.links, linkKey(link))).toBe(link);
  expect(linkOfKey(before.links, pairKey('n1', 'n9'))).toBeUndefined();
  const [first, second, ...others] = before.links;
  if (!first || !second) throw new Error('There are no links.');
  const moved = { ...before, links: [first, { ...second, lagBytes: 77 }, ...others] };
  const after = applyFacts(before, diffSnapshots(before, moved));
  expect(linkOfKey(after.links, linkKey(second))?.lagBytes).toBe(77);
  const fewer = applyFacts(after, diffSnapshots(after, { ...after, links: others }));
  expect(linkOfKey(fewer.links, linkKey(first))).toBeUndefined();
  expect(linkOfKey(fewer.links, linkKey(others[0] ?? first))).toBe(others[0]);
});
