import { describe, expect, it } from 'vitest';
import { fitness, type PaletteItem, search } from './palette-items.ts';

const item = (group: PaletteItem['group'], text: string, note?: string): PaletteItem => ({
  id: `${group}:${text}`,
  group,
  text,
  note,
});
const items = [
  item('Pages', 'Nodes', 'orders'),
  item('Nodes', 'n1', '10.3.0.1:5432/orders'),
  item('Nodes', 'n13', '10.3.0.13:5432/orders'),
  item('Links', 'n3 → n1'),
  item('Links', 'n1 → n3'),
  item('Subscriptions', 'sub_n1n3', 'on n1'),
];

describe('the palette', () => {
  it('puts the exact name first', () => {
    expect(search(items, 'n1')[0]?.text).toBe('n1');
  });
  it('reads two names as a link, in their order', () => {
    const links = search(items, 'n1 n3').filter((found) => found.group === 'Links');
    expect(links.map((found) => found.text)).toEqual(['n1 → n3', 'n3 → n1']);
    expect(search(items, 'n1>n3')).toEqual(search(items, 'n1 n3'));
  });
  it('finds a node by its address, and nothing by what no item has', () => {
    expect(search(items, '10.3.0.13').map((found) => found.text)).toEqual(['n13']);
    expect(fitness(items[0] as PaletteItem, 'zzz')).toBeNull();
  });
  it('shows pages and nodes, not every link, while nothing is typed', () => {
    expect(search(items, '  ').map((found) => found.group)).toEqual(['Pages', 'Nodes', 'Nodes']);
  });
});
