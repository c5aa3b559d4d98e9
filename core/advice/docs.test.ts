/** The page of findings says what the code does: each code once, with the place that it has in the order. */
import { expect, test } from 'vitest';

import { effectOf } from './order.ts';

const pages = import.meta.glob<string>('/docs/findings.md', {
  query: '?raw',
  import: 'default',
  eager: true,
});
const page = pages['/docs/findings.md'] ?? '';

test('docs/findings.md has each code with its effect', () => {
  const rows = [...page.matchAll(/^\| `([a-z-]+)` \| ([a-z-]+) \|/gm)].map(([, code, effect]) => [
    code,
    effect,
  ]);
  expect(Object.fromEntries(rows)).toEqual(effectOf);
  expect(rows).toHaveLength(Object.keys(effectOf).length);
});
