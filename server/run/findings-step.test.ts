import { expect, test } from 'vitest';
import type { Snapshot } from '#core/model/snapshot.ts';
import { settlesWithin } from './findings-step.ts';

const links = (...failing: boolean[]) =>
  ({ links: failing.map((each) => ({ failing: each })) }) as unknown as Snapshot;

test('a link whose worker failed while a deploy was under way is given the minute that it must stand', () => {
  expect(settlesWithin(links(false, false))).toBe(20_000);
  expect(settlesWithin(links(false, true))).toBe(80_000);
});
