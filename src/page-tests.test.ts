/** Each page has two tests in a browser at least: what one does there, and one that goes wrong. They say so by a tag. */
import { expect, test } from 'vitest';
import { pageList } from './pages.ts';

const specs = import.meta.glob<string>('/e2e/mock/*.spec.ts', {
  query: '?raw',
  import: 'default',
  eager: true,
});
const tags = Object.values(specs).flatMap((spec) =>
  [...spec.matchAll(/\btag: (\[[^\]]*\]|'[^']*')/g)].map(([, text = '']) => text),
);

test.each(pageList.map(([id]) => id))('%s is tested, and with something that goes wrong there', (id) => {
  const ofPage = tags.filter((text) => text.includes(`'@page:${id}'`));
  expect(ofPage.length).toBeGreaterThanOrEqual(2);
  expect(ofPage.some((text) => text.includes("'@wrong'"))).toBe(true);
  expect(ofPage.some((text) => !text.includes("'@wrong'"))).toBe(true);
});
