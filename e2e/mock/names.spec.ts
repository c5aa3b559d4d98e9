/** Names that a server chose, on every page: what turns text around, controls a terminal or shows nothing is made visible. */
import { expect, type Page } from '@playwright/test';
import { looking, test } from './mock-page.ts';

const CLUSTER = '/clusters/orders';

/** Texts and labels of the page in which a character stands as the server sent it. */
function rawTexts(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    // But newlines and tabs, which stand in sentences and statements.
    const unseen =
      // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
      /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/;
    const found: string[] = [];
    const say = (text: string | null, where: string) => {
      if (text !== null && unseen.test(text)) found.push(`${where}: ${JSON.stringify(text.slice(0, 120))}`);
    };
    const pathOf = (element: Element | null) =>
      element === null
        ? '?'
        : `${element.parentElement?.className ?? ''} > ${element.tagName}.${element.getAttribute('class') ?? ''}`;
    say(document.title, 'title of the tab');
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const parent = node.parentElement;
      if (parent?.closest('script, style')) continue;
      say(node.textContent, `text in ${pathOf(parent)}`);
    }
    for (const element of document.querySelectorAll('*'))
      for (const name of ['title', 'aria-label', 'aria-description', 'placeholder', 'alt'])
        say(element.getAttribute(name), `${name} of ${pathOf(element)}`);
    return [...new Set(found)];
  });
}

async function shown(page: Page): Promise<void> {
  await expect(page.locator('h1').first()).toBeVisible();
  await expect(page.locator('[aria-busy="true"]')).toHaveCount(0);
}

const part = (name: string) => encodeURIComponent(name);
const BROKEN = part('line\nbreak');
const TURNED = part('left\u202Ethgir\u001B[31m');
const SUB = part('sub "line\nbreak" ← left\u202Ethgir\u001B[31m');

for (const [name, path] of [
  ['clusters', '/clusters'],
  ['overview', CLUSTER],
  ['nodes', `${CLUSTER}/nodes`],
  ['a node', `${CLUSTER}/nodes/${TURNED}`],
  ['a node that is not there', `${CLUSTER}/nodes/${TURNED}x`],
  ['subscriptions', `${CLUSTER}/subscriptions`],
  ['a subscription', `${CLUSTER}/subscriptions/${BROKEN}/${SUB}`],
  ['a subscription that is not there', `${CLUSTER}/subscriptions/${BROKEN}/${TURNED}`],
  ['sets', `${CLUSTER}/sets`],
  ['a table', `${CLUSTER}/sets?table=${part('public.new\nline\ttab')}`],
  ['lag', `${CLUSTER}/lag`],
  ['conflicts', `${CLUSTER}/conflicts`],
  ['conflicts of a node', `${CLUSTER}/conflicts?node=${TURNED}`],
  ['exceptions', `${CLUSTER}/exceptions`],
  ['a conflict', `${CLUSTER}/conflicts?event=${part('line\nbreak:1')}`],
  ['an exception', `${CLUSTER}/exceptions?transaction=${part('line\nbreak:x/1')}`],
  ['activity', '/activity'],
  ['settings', '/settings'],
] as const)
  looking(`${name}: no name is shown raw`, async ({ page, open }) => {
    await open(path, 'hostile-names');
    await shown(page);
    expect(await rawTexts(page)).toEqual([]);
  });

test('the palette, a dialog, a plan, a run and its receipt: no name is shown raw', async ({ page, open }) => {
  await open(`${CLUSTER}/subscriptions/${BROKEN}/${SUB}`, 'hostile-names');
  await shown(page);
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox').fill('left');
  await expect(page.getByRole('option').first()).toBeVisible();
  expect(await rawTexts(page)).toEqual([]);
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: /^Disable/ }).click();
  await page.getByRole('button', { name: /^Disable sub .* on / }).waitFor();
  expect(await rawTexts(page)).toEqual([]);
  await page.getByRole('button', { name: /^Disable sub .* on / }).click();
  await expect(page.getByRole('region', { name: 'Receipt' })).toBeVisible();
  expect(await rawTexts(page)).toEqual([]);
});

test('on a narrow page: no name is shown raw', async ({ page, open }) => {
  await page.setViewportSize({ width: 390, height: 900 });
  for (const path of [CLUSTER, `${CLUSTER}/nodes`, `${CLUSTER}/sets`, `${CLUSTER}/lag`]) {
    await open(path, 'hostile-names');
    await shown(page);
    expect(await rawTexts(page), path).toEqual([]);
  }
});
