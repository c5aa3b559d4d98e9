/** A page is entered once: whatever is made from the table has all of them. */
import { matchPath, type RouteObject } from 'react-router';
import { describe, expect, it } from 'vitest';
import { addressOf, paths } from '#src/lib/paths.ts';
import { isAlone, type Page, pageList, pages, tabTitle } from './pages.ts';
import { routes } from './routes.tsx';

const all = (list: RouteObject[]): RouteObject[] =>
  list.flatMap((route) => [route, ...all(route.children ?? [])]);

describe('the table of pages', () => {
  it('says of each page what it is called, its icon, and the words that find it', () => {
    for (const [id, page] of pageList) {
      expect(page.title, id).not.toBe('');
      expect(page.icon, id).toBeDefined();
      expect(page.words.split(' ').length, id).toBeGreaterThan(1);
      expect(page.load, id).toBeTypeOf('function');
    }
    const titles = pageList.filter(([, page]) => isAlone(page)).map(([, page]) => page.title);
    expect(new Set(titles).size).toBe(titles.length);
  });
  it('is where each lazy route comes from, and each page is a route', () => {
    const lazy = all(routes).filter((route) => route.lazy !== undefined);
    expect(new Set(lazy.map((route) => route.handle))).toEqual(new Set(Object.values(pages)));
    for (const route of lazy) expect(route.path).toBe((route.handle as Page).path);
  });
  it('has a page at every address that the console links to', () => {
    for (const [name, path] of Object.entries(paths)) {
      const address = typeof path === 'string' ? path : path('a b', 'c' as never, 'd/e');
      const found = pageList.some(([, page]) => matchPath(page.path, address.split('?')[0] ?? ''));
      expect(found, `${name}: ${address}`).toBe(true);
    }
  });
  it('puts only pages into the rail whose address needs no more than a cluster', () => {
    for (const [id, page] of pageList.filter(([, one]) => one.rail)) expect(isAlone(page), id).toBe(true);
    for (const [id, { within }] of pageList)
      if (within !== undefined) expect(pages[within as keyof typeof pages], id).toHaveProperty('rail');
  });
});

describe('the title of the tab', () => {
  it('names the page, then the cluster', () => {
    expect(tabTitle(pages.nodes, { cluster: 'orders' }, undefined)).toBe('Nodes · orders · Tricorder');
    expect(tabTitle(pages.activity, {}, undefined)).toBe('Activity · Tricorder');
    expect(tabTitle(pages.node, { cluster: 'orders', node: 'n\n1' }, undefined)).toBe(
      'n⏎1 · orders · Tricorder',
    );
  });
  it('follows what a page has fetched', () => {
    expect(tabTitle(pages.run, { id: '1' }, undefined)).toBe('Run · Tricorder');
    expect(tabTitle(pages.run, { id: '1' }, { title: 'Deploy orders', state: 'failed' })).toBe(
      'Deploy orders: failed · Tricorder',
    );
  });
});

describe('an address', () => {
  it('keeps names with slashes and spaces whole', () => {
    expect(addressOf(pages.node.path, { cluster: 'a/b', node: 'n 1' })).toBe('/clusters/a%2Fb/nodes/n%201');
  });
});
